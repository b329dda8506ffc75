package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/settings"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var start = time.Date(2025, 3, 10, 0, 0, 0, 0, time.UTC)

var loaded = sync.OnceValues(func() (*dataset.Data, error) { return dataset.Load(dataset.Files{}) })

// sample is the built-in market; its maps are shared.
func sample(t testing.TB) *dataset.Data {
	t.Helper()
	d, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	mine := *d
	return &mine
}

// small is a run on the built-in market.
func small(t testing.TB, days, size int, seed int64) Config {
	t.Helper()
	d := sample(t)
	return Config{
		Data: d, Groups: []dataset.Group{{Name: "web", Type: "m5.large", Min: 1, Max: size, Desired: size, Zones: d.Zones("m5.large")[:3]}},
		Period: Period{From: start, To: start.Add(time.Duration(days) * 24 * time.Hour), Seed: seed}, Boot: 90 * time.Second, Storm: 1, Settings: settings.Defaults(),
	}
}

func run(t testing.TB, cfg Config) *Result {
	t.Helper()
	r, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestATinyRunReadsAsBefore(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	r := run(t, small(t, 3, 6, 7))
	if err := r.Table(&got); err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Strategies {
		fmt.Fprintf(&got, "%s: %s\n", s.Name, strings.ReplaceAll(callList(s.APICalls), "\u202f", ""))
	}
	const golden = "testdata/tiny.txt"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the run differs from %s (go test ./coordinator/lab/simulate -update rewrites it):\n%s", golden, got.String())
	}
}

func TestTheSameSeedGivesTheSameResultAndAnotherDoesNot(t *testing.T) {
	t.Parallel()
	encoded := func(seed int64) string {
		b, err := json.Marshal(run(t, small(t, 6, 10, seed)))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := encoded(1)
	if encoded(1) != first {
		t.Error("two runs of one seed differ")
	}
	if strings.Replace(encoded(2), `"seed":2`, `"seed":1`, 1) == first {
		t.Error("another seed changes nothing")
	}
}

func TestNobodyBeatsTheOracle(t *testing.T) {
	t.Parallel()
	for seed := range int64(6) {
		cfg := small(t, 4, 4+3*int(seed), seed)
		cfg.Storm = []float64{0, 1, 5}[seed%3]
		r := run(t, cfg)
		oracle := r.of(Oracle)
		for _, s := range r.Strategies {
			if s.Availability >= oracle.Availability && s.SavingsPercent > oracle.SavingsPercent+1e-6 {
				t.Errorf("seed %d, storm %g: %s saves %.4f %% at availability %v, the oracle %.4f %% at %v", seed, cfg.Storm, s.Name, s.SavingsPercent, s.Availability, oracle.SavingsPercent, oracle.Availability)
			}
			if s.DeficitByUsSeconds > s.DeficitSeconds || s.Availability < 0 || s.Availability > 1 || s.CostUSD <= 0 {
				t.Errorf("seed %d: impossible: %+v", seed, s)
			}
		}
		if us := r.of(Coordinator); us.DeficitByUsSeconds != 0 {
			t.Errorf("seed %d, storm %g: %v s are missing by our own hand", seed, cfg.Storm, us.DeficitByUsSeconds)
		}
		if best := r.BestPoolPercent; best < oracle.SavingsPercent-1e-6 {
			t.Errorf("seed %d: the cheapest pools save %.4f %%, less than the oracle's %.4f %%", seed, best, oracle.SavingsPercent)
		}
	}
}

func TestTheOraclesPlanKeepsTheRules(t *testing.T) {
	t.Parallel()
	cfg := small(t, 10, 11, 3)
	cfg.Storm = 5
	w := newWorld(cfg.Data, cfg.Groups[0], cfg.Period, cfg.Storm)
	o := askOracle(w, cfg.Boot, 11)
	for z, zone := range w.zones {
		wanted := share(11, 3, z)
		for at := time.Duration(0); at < w.span; at += 7 * time.Minute {
			n, perPool := 0, map[*pool]int{}
			for _, l := range o.lives {
				boot := cfg.Boot
				if l.from == 0 {
					boot = 0
				}
				if l.zone != zone || at < l.from+boot || at >= l.to {
					continue
				}
				n += l.n
				if perPool[l.pool] += l.n; l.pool != nil && perPool[l.pool] > (wanted+1)/2 {
					t.Fatalf("%s: %d of %d in %s", at, perPool[l.pool], wanted, l.pool)
				}
				if l.pool != nil && l.pool.levelOf(at) < 1 {
					t.Fatalf("%s: it sits in %s, which is out", at, l.pool)
				}
			}
			if n != wanted {
				t.Fatalf("%s: %d in %s, want %d", at, n, zone, wanted)
			}
		}
	}
}

func (p *pool) levelOf(at time.Duration) float64 {
	level := p.start
	for _, c := range p.changes {
		if c.at <= at {
			level = c.after
		}
	}
	return level
}

func TestTheResultsNamesAreTheContract(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(run(t, small(t, 2, 3, 1)))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Strategies []map[string]any `json:"strategies"`
		Best       *float64         `json:"best_pool_percent"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	want := []string{"api_calls", "availability", "captured", "cost_usd", "deficit_by_us_seconds", "deficit_seconds", "interruptions", "name", "savings_percent", "swaps"}
	var names []string
	for _, s := range doc.Strategies {
		if got := slices.Sorted(maps.Keys(s)); !slices.Equal(got, want) {
			t.Errorf("%v has %v: want %v", s["name"], got, want)
		}
		if _, ok := s["api_calls"].(map[string]any); !ok {
			t.Errorf("%v: api_calls is %v: want an object", s["name"], s["api_calls"])
		}
		names = append(names, s["name"].(string))
	}
	if !slices.Equal(names, Names()) || doc.Best == nil {
		t.Errorf("strategies %v, best_pool_percent %v", names, doc.Best)
	}
}

func TestTheReportNeedsNothingElse(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	r := run(t, small(t, 2, 3, 1))
	if err := r.Report(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, never := range []string{"http://", "https://", "src=", "<script", "@import", "{{", "}}", "NaN", "+Inf"} {
		if strings.Contains(page, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	for _, want := range append(Names(), "prefers-color-scheme: dark", "viewport", r.Assumptions[0][:20]) {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(page, "<svg viewBox=\"0 0 720"); n != 2*len(r.Strategies)+2 {
		t.Errorf("%d pictures", n)
	}
}

func TestWhatCannotBePlayedIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"an unknown type":            {func(c *Config) { c.Groups[0].Type = "m5.lagre" }, `type "m5.lagre" is not among`},
		"a zone of another region":   {func(c *Config) { c.Groups[0].Zones = []string{"eu-west-1a"} }, "zone eu-west-1a"},
		"a period of nothing":        {func(c *Config) { c.Period.To = c.Period.From }, "--from and --to"},
		"a boot of no time":          {func(c *Config) { c.Boot = 0 }, "boot 0s"},
		"a storm that is none":       {func(c *Config) { c.Storm = -1 }, "storm -1"},
		"a type that nobody can buy": {func(c *Config) { c.Data.OnDemandUSD = map[string]float64{} }, "no on-demand price of m5.large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := small(t, 1, 3, 1)
			c.change(&cfg)
			if _, err := Run(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: want %q", err, c.want)
			}
		})
	}
}
