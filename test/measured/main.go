// Measured plays the laboratory over a matrix of markets, groups, boots and seeds, and prints the table of
// docs/measured.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

type strategy struct {
	Name           string  `json:"name"`
	SavingsPercent float64 `json:"savings_percent"`
	Captured       float64 `json:"captured"`
	Availability   float64 `json:"availability"`
	Deficit        float64 `json:"deficit_seconds"`
	ByUs           float64 `json:"deficit_by_us_seconds"`
	Interruptions  int     `json:"interruptions"`
}

type result struct {
	Strategies []strategy `json:"strategies"`
	Best       float64    `json:"best_pool_percent"`
}

func (r result) of(name string) strategy {
	return r.Strategies[slices.IndexFunc(r.Strategies, func(s strategy) bool { return s.Name == name })]
}

// lab is what is fixed over the matrix.
type lab struct {
	spotctl, market, storm string
}

func main() {
	l := lab{}
	var prices, seeds, types, sizes, boots string
	flag.StringVar(&l.spotctl, "spotctl", "bin/spotctl", "the binary")
	flag.StringVar(&l.market, "market", "../shared/market", "directory of the market's files")
	flag.StringVar(&l.storm, "storm", "1", "as of spotctl simulate")
	flag.StringVar(&prices, "prices", "", "price files, separated by commas; all of the market's without")
	flag.StringVar(&seeds, "seeds", "1,2,3", "seeds, separated by commas; a fresh one comes on top")
	flag.StringVar(&types, "types", "m5.large,c5.2xlarge", "instance types")
	flag.StringVar(&sizes, "sizes", "20,100", "sizes of the group")
	flag.StringVar(&boots, "boots", "90s,180s", "boot times")
	fresh := flag.Bool("fresh", true, "a fresh seed on top, from the clock")
	flag.Parse()
	if err := run(l, prices, strings.Split(types, ","), strings.Split(sizes, ","), strings.Split(boots, ","), seedList(seeds, *fresh)); err != nil {
		fmt.Fprintln(os.Stderr, "measured:", err)
		os.Exit(1)
	}
}

func seedList(list string, fresh bool) []string {
	seeds := strings.Split(list, ",")
	if fresh {
		seeds = append(seeds, strconv.FormatInt(time.Now().Unix(), 10))
	}
	return seeds
}

func run(l lab, prices string, types, sizes, boots, seeds []string) error {
	files := strings.Split(prices, ",")
	if prices == "" {
		var err error
		if files, err = filepath.Glob(filepath.Join(l.market, "prices", "*.csv*")); err != nil || len(files) == 0 {
			return fmt.Errorf("no price files in %s/prices: name the market's directory with -market", l.market)
		}
	}
	var rows []row
	for _, f := range files {
		for _, t := range types {
			for _, n := range sizes {
				for _, b := range boots {
					for _, seed := range seeds {
						rows = append(rows, row{f, t, n, b, seed})
					}
				}
			}
		}
	}
	return l.table(rows)
}

// row is one simulation.
type row struct{ file, typ, size, boot, seed string }

func (r row) String() string {
	return fmt.Sprintf("%s, %s × %s, boot %s, seed %s", r.file, r.size, r.typ, r.boot, r.seed)
}

// table plays the rows, as many at once as there are processors, and prints them in their order.
func (l lab) table(rows []row) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	played := make([]func() (result, error), len(rows))
	free := make(chan struct{}, runtime.NumCPU())
	for i, r := range rows {
		done := make(chan struct{})
		var got result
		var err error
		go func() {
			defer close(done)
			free <- struct{}{}
			defer func() { <-free }()
			got, err = l.simulate(ctx, r)
		}()
		played[i] = func() (result, error) { <-done; return got, err }
	}
	fmt.Println("| prices | group | boot | seed | saved % | best pools % | oracle % | captured | available % | missing s | native's | part | by us s | interrupted | native's | met |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	reached, least := map[string]map[string]int{}, math.Inf(1)
	for i, r := range rows {
		got, err := played[i]()
		if err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
		least = min(least, r.print(got))
		if reached[r.boot] == nil {
			reached[r.boot] = map[string]int{}
		}
		for _, f := range append(strings.Fields(met(got.of("coordinator"), got.of("native"))), "rows") {
			reached[r.boot][f]++
		}
	}
	fmt.Printf("\nlowest captured %.4f\n", least)
	for _, boot := range slices.Sorted(maps.Keys(reached)) {
		n := reached[boot]
		fmt.Printf("boot %s, of %d rows: captured %d, available %d, missing a tenth of native's %d, by us none %d\n", boot, n["rows"], n["c"], n["a"], n["m"], n["u"])
	}
	return nil
}

// print writes the row and returns the part of the oracle's saving that was captured.
func (r row) print(got result) float64 {
	us, native := got.of("coordinator"), got.of("native")
	part := "–"
	if native.Deficit > 0 {
		part = fmt.Sprintf("%.3f", us.Deficit/native.Deficit)
	}
	name, _, _ := strings.Cut(filepath.Base(r.file), ".")
	fmt.Printf("| %s | %s × %s | %s | %s | %.2f | %.2f | %.2f | %.4f | %.5f | %.0f | %.0f | %s | %.0f | %d | %d | %s |\n", name, r.size, r.typ, r.boot, r.seed,
		us.SavingsPercent, got.Best, got.of("oracle").SavingsPercent, us.Captured, 100*us.Availability, us.Deficit, native.Deficit, part, us.ByUs, us.Interruptions, native.Interruptions, met(us, native))
	return us.Captured
}

// met names the figures to reach that were: captured, available, missing, by us.
func met(us, native strategy) string {
	var s []string
	for _, one := range []struct {
		name string
		ok   bool
	}{{"c", us.Captured >= 0.95}, {"a", us.Availability >= 0.9999}, {"m", us.Deficit <= native.Deficit/10 || us.Deficit == 0}, {"u", us.ByUs < 1e-9}} {
		if one.ok {
			s = append(s, one.name)
		}
	}
	return strings.Join(s, " ")
}

func (l lab) simulate(ctx context.Context, r row) (result, error) {
	at := func(name string) string { return filepath.Join(l.market, name) }
	cmd := exec.CommandContext(ctx, l.spotctl, "simulate", "--prices", r.file, "--types", at("instance-types.jsonl.gz"), "--on-demand", at("linux-prices-by-region.csv.gz"),
		"--advisor", at("spot-advisor-2021-02.json.gz"), "--outages", at("outages"), "--type", r.typ, "--size", r.size, "--zones", "3", "--boot", r.boot, "--seed", r.seed, "--storm", l.storm, "--format", "json")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return result{}, errors.New(strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return result{}, err
	}
	var got result
	if err := json.Unmarshal(out, &got); err != nil {
		return got, err
	}
	if math.IsNaN(got.Best) || len(got.Strategies) == 0 {
		return got, errors.New("an empty result")
	}
	return got, nil
}
