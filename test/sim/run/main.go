// Command run plays seeds of the deterministic simulation, and the checker's own test: deliberate mistakes that it must catch.
//
//	run -seeds 1000 [-seed S] [-scenario NAME] [-mutant NAME]
//	run -mutants [-seeds N]
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"

	"autospotting/coordinator/lab/invariant"
	"autospotting/test/sim/storm"
)

// replays is how often a failing seed is played again to find a shorter way to the same broken promise.
const replays = 60

func main() {
	seeds := flag.Int("seeds", 100, "how many seeds")
	seed := flag.Int64("seed", 0, "the first seed; alone it runs just this one; by default fresh ones are taken")
	name := flag.String("scenario", "", "one of the scenarios, see -list; a mutant's own by default, else "+storm.Standard)
	mutant := flag.String("mutant", "", "play with this mistake in the coordinator")
	mutants := flag.Bool("mutants", false, "play with every mistake, one after the other: each must be caught")
	list := flag.Bool("list", false, "list the scenarios and the mistakes")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	debug.SetGCPercent(400) // worlds are small and short-lived: time is better spent on seeds
	story := flag.Bool("story", false, "with one seed: print its transcript whatever comes of it")
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if given["seed"] && !given["seeds"] {
		*seeds = 1
	}
	if !given["seed"] {
		*seed = time.Now().UnixNano() % 1e9 * 1000
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			os.Exit(fail(err))
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			os.Exit(fail(err))
		}
	}
	if *story {
		os.Exit(tellOne(*seed, *name, *mutant))
	}
	code := run(*seeds, *seed, *name, *mutant, *mutants, *list)
	pprof.StopCPUProfile()
	os.Exit(code)
}

func run(seeds int, seed int64, name, mutant string, all, list bool) int {
	if list {
		listAll()
		return 0
	}
	if all {
		return catchAll(seeds, seed)
	}
	m, err := storm.FindMutant(mutant)
	if err != nil {
		return fail(err)
	}
	if m != nil {
		name = cmp.Or(name, m.Scenario)
	}
	sc, err := storm.Find(cmp.Or(name, storm.Standard))
	if err != nil {
		return fail(err)
	}
	return play(sc, m, seed, seeds)
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 2
}

func listAll() {
	for _, s := range storm.Scenarios {
		fmt.Printf("scenario %-15s %s\n", s.Name, s.What)
	}
	for _, m := range storm.Mutants {
		fmt.Printf("mutant   %-30s %s\n", m.Name, m.What)
	}
}

func play(sc storm.Scenario, m *storm.Mutant, first int64, seeds int) int {
	began, passed, failed, worst := time.Now(), 0, 0, 0
	forgiven := map[string]int{}
	storm.Seeds(sc, m, first, seeds, func(seed int64, r storm.Result, err error) bool {
		for row, uses := range r.Forgiven {
			forgiven[row] += uses
		}
		switch {
		case err != nil:
			failed++
			fmt.Printf("seed %d: %v\n", seed, err)
		case r.Failed():
			failed++
			fmt.Printf("FAILED seed %d: %s\n", seed, r.Violations[0])
			if worst++; worst <= 3 {
				explain(seed, storm.Shrink(r, m, replays))
			}
		default:
			passed++
		}
		return m == nil || failed == 0 // one transcript of a mistake will do
	})
	took := time.Since(began)
	fmt.Fprintf(os.Stderr, "scenario %s, seeds %d to %d, in %s: %.0f a minute\n", sc.Name, first, first+int64(passed+failed)-1, took.Round(time.Second), float64(passed+failed)/took.Minutes())
	fmt.Printf("%d passed, %d failed; %s\n", passed, failed, invariant.Summary(forgiven))
	if failed > 0 {
		return 1
	}
	return 0
}

// tellOne prints the whole transcript of one seed.
func tellOne(seed int64, name, mutant string) int {
	m, err := storm.FindMutant(mutant)
	if err != nil {
		return fail(err)
	}
	if m != nil {
		name = cmp.Or(name, m.Scenario)
	}
	sc, err := storm.Find(cmp.Or(name, storm.Standard))
	if err != nil {
		return fail(err)
	}
	script := sc.Script(seed)
	script.Tell = true
	r, err := storm.Play(script, m)
	if err != nil {
		return fail(err)
	}
	fmt.Printf("%s%s\n", script, strings.Join(r.Story, "\n"))
	for _, v := range r.Violations {
		fmt.Println("FAILED", v)
		return 1
	}
	return 0
}

func explain(seed int64, r storm.Result) {
	fmt.Printf("shortest script found, %d deeds, which breaks %s:\n%s", len(r.Script.Deeds), r.Violations[0], r.Script)
	fmt.Println(strings.Join(r.Story, "\n"))
	for _, l := range r.Ledgers {
		fmt.Println("ledger:", l)
	}
	fmt.Printf("again: make sim SCENARIO=%s SEED=%d\n\n", r.Script.Scenario, seed)
}

// catchAll plays every mistake until it is caught.
func catchAll(seeds int, first int64) int {
	caught := 0
	for i := range storm.Mutants {
		m := &storm.Mutants[i]
		by, after, err := storm.Catch(m, first, seeds)
		switch {
		case err != nil:
			return fail(fmt.Errorf("mutant %s: %w", m.Name, err))
		case by == "":
			fmt.Printf("SURVIVED %s (%d seeds of %s)\n", m.Name, seeds, m.Scenario)
		default:
			caught++
			fmt.Printf("caught %s by %s after %d seeds\n", m.Name, by, after)
		}
	}
	fmt.Printf("%d of %d caught\n", caught, len(storm.Mutants))
	if caught < len(storm.Mutants) {
		return 1
	}
	return 0
}
