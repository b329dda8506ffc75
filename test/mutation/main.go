// Command mutation makes small mistakes in packages and counts those that no test of the package itself notices. See docs/proof.md.
//
//	mutation [-sample N] [-seed S] [-min PACKAGE=PERCENT,…] [PACKAGE …]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"autospotting/test/mutation/trial"
)

// packages are those that are tried by default, below the module's root.
var packages = []string{"coordinator/decide", "coordinator/decide/books", "coordinator/decide/view", "coordinator/ledger", "coordinator/handle", "coordinator/act", "coordinator/market"}

// options are what is asked for.
type options struct {
	root     string
	packages []string
	sample   int // of each package; 0 is all
	seed     uint64
	least    bounds
	excused  string // the file
	jobs     int
	leeway   time.Duration
}

var (
	errUsage = errors.New("usage")
	errWeak  = errors.New("the tests are weaker than asked for")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := read(os.Args[1:], os.Stderr)
	if err == nil {
		err = o.run(ctx, os.Stdout, os.Stderr)
	}
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errWeak):
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, "mutation:", err)
	os.Exit(2)
}

func read(args []string, help io.Writer) (o options, err error) {
	o.least = bounds{}
	fs := flag.NewFlagSet("mutation", flag.ContinueOnError)
	fs.SetOutput(help)
	fs.IntVar(&o.sample, "sample", 0, "how many mutants of each package; 0 is all")
	fs.Uint64Var(&o.seed, "seed", 1, "which sample")
	fs.Var(o.least, "min", "PACKAGE=PERCENT, several between commas: the least share that must be killed; by default 95 in decide's books and view, 90 in the rest of decide, else 85")
	fs.StringVar(&o.excused, "excused", "", "the list of those that may survive (test/mutation/excused.txt)")
	fs.IntVar(&o.jobs, "jobs", runtime.NumCPU(), "how many processes at once")
	fs.DurationVar(&o.leeway, "leeway", trial.Leeway, "what tests may take beside eight times what they take without a mutant")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	for _, arg := range fs.Args() {
		o.packages = append(o.packages, strings.FieldsFunc(arg, func(r rune) bool { return r == ' ' || r == ',' })...)
	}
	if len(o.packages) == 0 {
		o.packages = packages
	}
	for i, p := range o.packages {
		o.packages[i] = strings.TrimPrefix(filepath.ToSlash(filepath.Clean(p)), "./")
	}
	if o.sample < 0 || o.jobs < 1 || o.leeway <= 0 {
		return o, fmt.Errorf("%w: -sample %d, -jobs %d, -leeway %s: write numbers, but for -sample above nothing", errUsage, o.sample, o.jobs, o.leeway)
	}
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return o, fmt.Errorf("find the module: %w", err)
	}
	o.root = filepath.Dir(strings.TrimSpace(string(out)))
	if o.excused == "" {
		o.excused = filepath.Join(o.root, "test", "mutation", "excused.txt")
	}
	return o, nil
}
