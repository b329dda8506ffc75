// Command run plays the census: every row of a groups.csv as a group of the simulated cloud.
//
//	run [-rows FILE] [-only TEXT] [-csv FILE] [-seed N] [-baked] [-opaque] [-mixed-on-demand] [-world NAME] [-accept-all] [-min-served P] [-min-step P] [-max-harms N]
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"autospotting/test/census"
)

type options struct {
	rows, only, csv    string
	by                 census.Reading
	play               census.Options
	minServed, minStep float64
	maxHarms           int
	world              string
	tell, story        bool
}

func main() {
	var o options
	flag.StringVar(&o.rows, "rows", "test/census/testdata/sample.csv", "the census")
	flag.StringVar(&o.only, "only", "", "only rows whose source holds this text")
	flag.StringVar(&o.csv, "csv", "", "write the table here; - is the standard output")
	flag.Int64Var(&o.play.Seed, "seed", 1, "the seed of the simulated cloud")
	flag.BoolVar(&o.by.Baked, "baked", false, "where the census saw no user data, the image brings the application")
	flag.BoolVar(&o.by.Opaque, "opaque", false, "a script of the image does what the application needs, and its name says nothing")
	flag.BoolVar(&o.by.MixedOnDemand, "mixed-on-demand", false, "mixed instances policies are at 100 % on-demand")
	flag.BoolVar(&o.play.AcceptAll, "accept-all", false, "the tags allow everything: harm is expected")
	flag.StringVar(&o.world, "world", "", "only this reading of what AWS does not say: "+strings.Join(names(), ", ")+"; without it all of them, one after the other")
	flag.BoolVar(&o.tell, "reasons", true, "count the reasons")
	flag.BoolVar(&o.story, "story", false, "with one row: print all that happens, also after the step")
	flag.Float64Var(&o.minServed, "min-served", 0, "fail below this percentage of production-like rows that are served as they are")
	flag.Float64Var(&o.minStep, "min-step", 0, "fail below this percentage that are served after one step at most")
	flag.IntVar(&o.maxHarms, "max-harms", -1, "fail above this number of harms, of all rows; negative does not")
	flag.Parse()
	debug.SetGCPercent(400)
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "census:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	rows, err := census.Load(o.rows)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r census.Row) bool { return !strings.Contains(r.Source, o.only) })
	if len(rows) == 1 && o.story {
		o.play.Tell = func(line string) { fmt.Println(line) }
	}
	if len(rows) == 0 {
		return fmt.Errorf("no row of %s holds %q", o.rows, o.only)
	}
	if o.world != "" && !slices.Contains(names(), o.world) {
		return fmt.Errorf("there is no world %q: %s", o.world, strings.Join(names(), ", "))
	}
	var missed []error
	for k, w := range census.Worlds() {
		if o.world != "" && o.world != w.Name {
			continue
		}
		o.play.Readings = w.Readings
		results, err := census.PlayAll(rows, o.by, o.play, runtime.GOMAXPROCS(0))
		if err != nil {
			return err
		}
		fmt.Printf("world %s\n", w.Name)
		if k == 0 || o.world != "" { // one table is enough
			if err := table(o.csv, results); err != nil {
				return err
			}
			o.reasons(results)
		}
		if err := o.sum(results); err != nil {
			missed = append(missed, fmt.Errorf("world %s: %w", w.Name, err))
		}
	}
	return errors.Join(missed...)
}

func names() (list []string) {
	for _, w := range census.Worlds() {
		list = append(list, w.Name)
	}
	return list
}

func table(path string, results []census.Result) error {
	switch path {
	case "":
		return nil
	case "-":
		return census.Write(os.Stdout, results)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return census.Write(f, results)
}

// reasons prints why groups are refused, for each class.
func (o options) reasons(results []census.Result) {
	if !o.tell {
		return
	}
	for _, class := range []struct {
		name string
		of   func(census.Row) bool
	}{{"production-like", census.Row.Production}, {"tutorial", census.Row.Tutorial}} {
		fmt.Println(class.name)
		for _, line := range census.Reasons(results, class.of) {
			fmt.Println(line)
		}
	}
}

// sum prints what the classes came to, and says which thresholds were missed.
func (o options) sum(results []census.Result) error {
	production, tutorial := census.Sum(results, census.Row.Production), census.Sum(results, census.Row.Tutorial)
	for _, r := range results {
		if r.Harms() > 0 {
			fmt.Printf("HARM %s: %s\n", r.Row.Source, strings.Join(harms(r), "; "))
		}
	}
	fmt.Printf("production-like: %v\ntutorial: %v\n", production, tutorial)
	total := production.Harms + tutorial.Harms
	var missed []error
	if o.maxHarms >= 0 && total > o.maxHarms {
		missed = append(missed, fmt.Errorf("%d harms, at most %d are allowed", total, o.maxHarms))
	}
	if is := production.Percent(production.Served); is < o.minServed {
		missed = append(missed, fmt.Errorf("%.1f %% of the production-like rows are served as they are, want %.1f %%", is, o.minServed))
	}
	if is := production.Percent(production.AfterStep); is < o.minStep {
		missed = append(missed, fmt.Errorf("%.1f %% of the production-like rows are served after one step at most, want %.1f %%", is, o.minStep))
	}
	return errors.Join(missed...)
}

func harms(r census.Result) (out []string) {
	for _, h := range r.As.Harms {
		out = append(out, h.String())
	}
	if r.After != nil {
		for _, h := range r.After.Harms {
			out = append(out, "after the step: "+h.String())
		}
	}
	return out
}
