// Measured plays the laboratory over a matrix of markets, groups, boots and seeds, and prints the table of
// docs/measured.md.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
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
	coordinator, market, storm string
}

func main() {
	l := lab{}
	var prices, seeds, types, sizes, boots string
	flag.StringVar(&l.coordinator, "coordinator", "bin/coordinator", "the binary")
	flag.StringVar(&l.market, "market", "../shared/market", "directory of the market's files")
	flag.StringVar(&l.storm, "storm", "1", "as of coordinator simulate")
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
	fmt.Println("| prices | group | boot | seed | saved % | best pools % | oracle % | captured | available % | missing s | native's | part | by us s | interrupted | native's | met |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, f := range files {
		for _, t := range types {
			for _, n := range sizes {
				for _, b := range boots {
					if err := l.rows(f, t, n, b, seeds); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (l lab) rows(file, typ, size, boot string, seeds []string) error {
	for _, seed := range seeds {
		r, err := l.simulate(file, typ, size, boot, seed)
		if err != nil {
			return fmt.Errorf("%s, %s × %s, boot %s, seed %s: %w", file, size, typ, boot, seed, err)
		}
		us, native := r.of("coordinator"), r.of("native")
		part := "–"
		if native.Deficit > 0 {
			part = fmt.Sprintf("%.3f", us.Deficit/native.Deficit)
		}
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		fmt.Printf("| %s | %s × %s | %s | %s | %.2f | %.2f | %.2f | %.4f | %.5f | %.0f | %.0f | %s | %.0f | %d | %d | %s |\n", name, size, typ, boot, seed,
			us.SavingsPercent, r.Best, r.of("oracle").SavingsPercent, us.Captured, 100*us.Availability, us.Deficit, native.Deficit, part, us.ByUs, us.Interruptions, native.Interruptions, met(us, native))
	}
	return nil
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

func (l lab) simulate(file, typ, size, boot, seed string) (result, error) {
	at := func(name string) string { return filepath.Join(l.market, name) }
	cmd := exec.Command(l.coordinator, "simulate", "--prices", file, "--types", at("instance-types.jsonl.gz"), "--on-demand", at("linux-prices-by-region.csv.gz"),
		"--advisor", at("spot-advisor-2021-02.json.gz"), "--outages", at("outages"), "--type", typ, "--size", size, "--zones", "3", "--boot", boot, "--seed", seed, "--storm", l.storm, "--format", "json")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return result{}, errors.New(strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return result{}, err
	}
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		return r, err
	}
	if math.IsNaN(r.Best) || len(r.Strategies) == 0 {
		return r, errors.New("an empty result")
	}
	return r, nil
}
