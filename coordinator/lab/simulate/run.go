package simulate

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// Config is one run.
type Config struct {
	Data   *dataset.Data
	Groups []dataset.Group
	Period Period
	// Boot is the time from a launch to its application being up.
	Boot time.Duration
	// Storm multiplies how often pools are struck; 1 is what the advisor says.
	Storm float64
	// Settings are the coordinator's, its installation's defaults.
	Settings settings.Settings
	// Progress, if set, is told how much of the whole is done, 0 to 1. It is called from several goroutines, one at a time.
	Progress func(float64)
}

// Period is when, and which day's luck.
type Period struct {
	From, To time.Time
	Seed     int64
}

// Run plays every strategy on every group and adds up. The same configuration gives the same result.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	r := newRunner(cfg)
	for _, g := range cfg.Groups {
		w := newWorld(cfg.Data, g, cfg.Period, cfg.Storm)
		if err := w.usable(cfg.Data, g); err != nil {
			return nil, err
		}
		r.worlds = append(r.worlds, w)
	}
	if err := r.play(ctx); err != nil {
		return nil, err
	}
	return r.result(), nil
}

func (cfg Config) check() error {
	switch {
	case len(cfg.Groups) == 0:
		return fmt.Errorf("no group to simulate")
	case !cfg.Period.From.Before(cfg.Period.To):
		return fmt.Errorf("the period ends (%s) before it begins (%s): give --from and --to in order", cfg.Period.To.Format(time.RFC3339), cfg.Period.From.Format(time.RFC3339))
	case cfg.Boot <= 0 || cfg.Boot > time.Hour:
		return fmt.Errorf("boot %s: give a time above 0 and up to 1h", cfg.Boot)
	case cfg.Storm < 0 || cfg.Storm > 1000:
		return fmt.Errorf("storm %g: give a factor from 0 to 1000", cfg.Storm)
	}
	return nil
}

// usable says what makes a group impossible to play.
func (w *world) usable(d *dataset.Data, g dataset.Group) error {
	if _, ok := d.Types[g.Type]; !ok {
		return fmt.Errorf("group %s: type %q is not among the %d types of %s: give --types with it, or another --type", g.Name, g.Type, len(d.Types), d.Files[0].From)
	}
	if w.od <= 0 {
		return fmt.Errorf("group %s: no on-demand price of %s in %s: give --on-demand with it", g.Name, g.Type, d.Region)
	}
	for _, z := range g.Zones {
		if len(w.byZone[z]) == 0 {
			return fmt.Errorf("group %s: no spot price of a type that could replace %s in zone %s: its zones are to be of %s, for example %s", g.Name, g.Type, z, d.Region, strings.Join(d.Zones(g.Type), ", "))
		}
	}
	return nil
}

// runner holds the runs under way.
type runner struct {
	cfg    Config
	worlds []*world
	mu     sync.Mutex
	done   map[string]time.Duration
	total  time.Duration
	played map[string][]*cloud // by strategy, in the groups' order
	oracle []oracle
	notes  []string
}

func newRunner(cfg Config) *runner {
	return &runner{cfg: cfg, done: map[string]time.Duration{}, played: map[string][]*cloud{}}
}

// play runs strategies in parallel, each on its own cloud: they share nothing that changes.
func (r *runner) play(ctx context.Context) error {
	names := slices.DeleteFunc(Names(), func(n string) bool { return n == Oracle })
	for _, n := range names {
		r.played[n] = make([]*cloud, len(r.worlds))
	}
	r.oracle = make([]oracle, len(r.worlds))
	type job struct {
		name  string
		group int
	}
	var jobs []job
	for i := range r.worlds {
		jobs = append(jobs, job{Coordinator, i}) // the longest first
		for _, n := range Names() {
			if n != Coordinator {
				jobs = append(jobs, job{n, i})
			}
		}
		r.total += r.worlds[i].span * time.Duration(len(names))
	}
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	slots := make(chan struct{}, max(1, runtime.GOMAXPROCS(0)))
	for n, j := range jobs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if errs[n] = ctx.Err(); errs[n] == nil {
				errs[n] = r.one(j.name, j.group)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) one(name string, n int) error {
	w, size := r.worlds[n], r.cfg.Groups[n].Desired
	if name == Oracle {
		r.oracle[n] = askOracle(w, r.cfg.Boot, size)
		return nil
	}
	c, finish := r.open(name, n)
	r.played[name][n] = c
	c.run(func(at time.Duration) { r.progress(fmt.Sprint(name, n), at) })
	r.progress(fmt.Sprint(name, n), w.span)
	return finish()
}

// open sets one strategy up on a cloud of its own.
func (r *runner) open(name string, n int) (*cloud, func() error) {
	w, g := r.worlds[n], r.cfg.Groups[n]
	c := newCloud(w, r.cfg.Boot, g.Desired)
	group := newGroup(c, w.zones, g.Min, g.Max, g.Desired)
	group.launch = func(zones []string) *instance { return c.launchOnDemand(w.victim, zones[0]) }
	finish := func() error { return nil }
	switch name {
	case OnDemand:
		group.begin()
	case Native:
		native(c, group, priceCapacityOptimized)
	case LowestPrice:
		native(c, group, lowestPrice)
	case NativeRebalance:
		rebalancing(c, group)
	case Predecessor:
		runPredecessor(c, group)
	case Coordinator:
		k := runCoordinator(c, group, r.cfg.Settings)
		finish = func() error {
			rec, err := k.ledger.Memory.Get(context.Background(), groupName)
			r.endedAs(g.Name, rec.Status)
			return errors.Join(k.err, err)
		}
	}
	return c, finish
}

// endedAs notes why the coordinator did nothing for a group, where it did not.
func (r *runner) endedAs(group string, s ledger.Status) {
	if s.Code == "refused" {
		r.note("coordinator refused %s at the end: %s", group, s.Reason)
	}
}

// note keeps what a reader of the result has to know.
func (r *runner) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

func (r *runner) progress(who string, at time.Duration) {
	if r.cfg.Progress == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[who] = at
	sum := time.Duration(0)
	for _, d := range r.done {
		sum += d
	}
	r.cfg.Progress(float64(sum) / float64(r.total))
}
