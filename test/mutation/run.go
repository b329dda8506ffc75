package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"autospotting/test/mutation/excuse"
	"autospotting/test/mutation/mutant"
	"autospotting/test/mutation/trial"
)

// sum is what became of mutants.
type sum struct {
	mutants, killed, excused, survived, unreached int
}

func (s *sum) add(other sum) {
	s.mutants, s.killed, s.excused = s.mutants+other.mutants, s.killed+other.killed, s.excused+other.excused
	s.survived, s.unreached = s.survived+other.survived, s.unreached+other.unreached
}

// share is how many percent were killed of those that have no excuse.
func (s sum) share() float64 {
	if s.mutants == s.excused {
		return 100
	}
	return 100 * float64(s.killed) / float64(s.mutants-s.excused)
}

// run tries the packages one after the other. What must be known before the first is: that all are there, and that the excuses are good.
func (o options) run(ctx context.Context, out, progress io.Writer) error {
	var all []*mutant.Package
	for _, path := range o.packages {
		p, err := mutant.Load(o.root, path)
		if err != nil {
			return err
		}
		all = append(all, p)
	}
	excuses, err := o.excuses()
	if err != nil {
		return err
	}
	weak := check(excuses, o.packages, all)
	var total sum
	for i, p := range all {
		begun := time.Now()
		s, needless, err := o.try(ctx, p, excuses, out)
		if err != nil {
			return err
		}
		total.add(s)
		least := o.least.of(o.packages[i])
		fmt.Fprintf(out, "%s: %d mutants of %d, %d killed, %d excused, %d survived, %d of these reached by no test: %.1f %%, at least %g %%\n",
			o.packages[i], s.mutants, len(p.Mutants), s.killed, s.excused, s.survived, s.unreached, s.share(), least)
		fmt.Fprintf(progress, "%s took %s\n", o.packages[i], time.Since(begun).Round(time.Second))
		if s.share() < least {
			needless = append(needless, fmt.Errorf("%s: %.1f %% are killed, at least %g %% must be", o.packages[i], s.share(), least))
		}
		weak = append(weak, needless...)
	}
	fmt.Fprintf(out, "%d mutants, %d killed, %d excused, %d survived\n", total.mutants, total.killed, total.excused, total.survived)
	if len(weak) > 0 {
		return fmt.Errorf("%w: %w", errWeak, errors.Join(weak...))
	}
	return nil
}

func (o options) excuses() ([]excuse.Excuse, error) {
	f, err := os.Open(o.excused)
	if err != nil {
		return nil, fmt.Errorf("read the excuses: %w", err)
	}
	defer f.Close()
	return excuse.Read(f, o.excused)
}

// try tries a sample of a package's mutants and prints those that survive. Needless are excuses of what is killed.
func (o options) try(ctx context.Context, p *mutant.Package, excuses []excuse.Excuse, out io.Writer) (s sum, needless []error, err error) {
	tmp, err := os.MkdirTemp("", "mutation-")
	if err != nil {
		return s, nil, err
	}
	defer os.RemoveAll(tmp)
	chosen := o.choose(p)
	b, err := trial.Build(ctx, p, chosen, tmp, o.jobs)
	if err != nil {
		return s, nil, err
	}
	b.Leeway = o.leeway
	if err := b.Measure(ctx); err != nil {
		return s, nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	outcomes, errs := make([]trial.Outcome, len(chosen)), make([]error, len(chosen))
	trial.Each(len(chosen), o.jobs, func(i int) { outcomes[i], errs[i] = b.Try(ctx, i+1) })
	if err := errors.Join(errs...); err != nil {
		return s, nil, err
	}
	var left []mutant.Mutant
	for i, of := range outcomes {
		m := p.Mutants[chosen[i]]
		e := slices.IndexFunc(excuses, func(e excuse.Excuse) bool { return e.Of(m) })
		s.mutants++
		switch {
		case of.Killed && e >= 0:
			s.killed++
			needless = append(needless, fmt.Errorf("%s:%d: excused, but a test fails: take the excuse away", o.excused, excuses[e].Line))
		case of.Killed:
			s.killed++
		case e >= 0:
			s.excused++
		default:
			s.survived++
			if of.Unreached {
				s.unreached++
			}
			left = append(left, m)
		}
	}
	slices.SortStableFunc(left, func(a, b mutant.Mutant) int { return cmp.Or(cmp.Compare(a.File, b.File), a.Line-b.Line) })
	for _, m := range left {
		fmt.Fprintln(out, m)
	}
	return s, needless, nil
}

// choose takes a sample, the same for the same seed.
func (o options) choose(p *mutant.Package) []int {
	h := fnv.New64a()
	fmt.Fprint(h, p.Path)
	all := rand.New(rand.NewPCG(o.seed, h.Sum64())).Perm(len(p.Mutants))
	if o.sample > 0 && o.sample < len(all) {
		all = all[:o.sample]
	}
	slices.Sort(all)
	return all
}
