// Package trial runs a package's own tests against its mutants: all of them compiled into one test binary, each tried in a process of its
// own by the tests that it could make a difference to.
package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"autospotting/test/mutation/mutant"
)

// Binary is a package's test binary with mutants in it.
type Binary struct {
	// Leeway is given beside several times what the tests take without a mutant: the machine may have other work.
	Leeway time.Duration

	bin, dir, tmp string
	jobs          int
	tests         []test
	reached       map[int][]int // by mutant, the tests that reach it
}

// test is one test, fuzz target or example, as it is without a mutant.
type test struct {
	name string
	took time.Duration
}

// Build compiles the tests with the chosen mutants of the package, in the directory tmp. Jobs is how many processes may run at once.
func Build(ctx context.Context, p *mutant.Package, chosen []int, tmp string, jobs int) (*Binary, error) {
	b := &Binary{Leeway: Leeway, bin: filepath.Join(tmp, "package.test"), dir: p.Dir, tmp: tmp, jobs: jobs, reached: map[int][]int{}}
	if !p.Tested {
		return b, nil
	}
	overlay, err := b.overlay(p.Rewrite(chosen))
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", overlay, "-o", b.bin, p.Path)
	cmd.Dir = p.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the tests of %s with its mutants: %w\n%s", p.Path, err, out)
	}
	return b, b.list(ctx)
}

// overlay writes the files and says which they stand for.
func (b *Binary) overlay(files map[string][]byte) (name string, err error) {
	var doc struct{ Replace map[string]string }
	doc.Replace = map[string]string{}
	for of, text := range files {
		to := filepath.Join(b.tmp, filepath.Base(of))
		if err := os.WriteFile(to, text, 0o600); err != nil {
			return "", err
		}
		doc.Replace[of] = to
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return "", err
	}
	name = filepath.Join(b.tmp, "overlay.json")
	return name, os.WriteFile(name, raw, 0o600)
}

var testName = regexp.MustCompile(`^(Test|Fuzz|Example)\w*$`)

func (b *Binary) list(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, b.bin, "-test.list", ".")
	cmd.Dir = b.dir
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("list the tests: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); testName.MatchString(line) {
			b.tests = append(b.tests, test{name: line})
		}
	}
	return nil
}

// Leeway is the usual one.
const Leeway = 5 * time.Second

// ErrFails says that a test fails without any mutant.
var ErrFails = errors.New("it fails without a mutant")

// longest is what a test may take without a mutant.
const longest = 10 * time.Minute

// Measure runs every test by itself, without a mutant: how long it takes, and which mutants could make a difference to it.
func (b *Binary) Measure(ctx context.Context) error {
	var mu sync.Mutex
	var errs []error
	Each(len(b.tests), b.jobs, func(i int) {
		reached, took, err := b.measure(ctx, i)
		mu.Lock()
		defer mu.Unlock()
		b.tests[i].took = took
		errs = append(errs, err)
		for _, id := range reached {
			b.reached[id] = append(b.reached[id], i)
		}
	})
	return errors.Join(errs...)
}

func (b *Binary) measure(ctx context.Context, i int) (reached []int, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	file := filepath.Join(b.tmp, fmt.Sprintf("reached-%d", i))
	cmd := b.command(ctx, []string{b.tests[i].name}, longest, "MUTANTS_REACHED="+file)
	begun := time.Now()
	out, err := cmd.CombinedOutput()
	took = time.Since(begun)
	if err != nil {
		return nil, took, fmt.Errorf("%s: %w: %w\n%s", b.tests[i].name, ErrFails, err, out)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, took, fmt.Errorf("what %s reaches: %w", b.tests[i].name, err)
	}
	for _, word := range strings.Fields(string(raw)) {
		id, err := strconv.Atoi(word)
		if err != nil {
			return nil, took, fmt.Errorf("what %s reaches: %w", b.tests[i].name, err)
		}
		reached = append(reached, id)
	}
	return reached, took, nil
}

// command runs tests by their names, and no others.
func (b *Binary) command(ctx context.Context, names []string, limit time.Duration, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.bin, "-test.run", "^("+strings.Join(names, "|")+")$", "-test.failfast", "-test.timeout", limit.String())
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second // what a test started may hold its output
	return cmd
}

// Each does something n times, so many at once.
func Each(n, jobs int, do func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(1, min(jobs, n)) {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
