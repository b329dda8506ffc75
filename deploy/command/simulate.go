package command

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/lab/simulate"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cli"
)

// simulation is the command line of simulate.
type simulation struct {
	files              dataset.Files
	groups, group, typ string
	zones              string
	size               int
	boot               time.Duration
	from, to           string
	seed               int64
	storm              float64
	report, format     string
}

// manyFiles is a flag that may be given several times, and several files at once.
type manyFiles []string

func (m *manyFiles) String() string { return strings.Join(*m, ",") }

// Set adds one file, or some separated by commas.
func (m *manyFiles) Set(s string) error {
	for _, f := range strings.Split(s, ",") {
		if f = strings.TrimSpace(f); f != "" {
			*m = append(*m, f)
		}
	}
	return nil
}

// Simulate plays strategies side by side on a market.
func Simulate() cli.Command {
	var s simulation
	return cli.Command{Name: "simulate", Help: "play strategies side by side on a market of real or sampled prices and outages", Flags: s.flags, Spread: spread,
		Run: func(ctx context.Context, _ []string, st cli.Streams) error { return s.run(ctx, st) }}
}

func (s *simulation) run(ctx context.Context, st cli.Streams) error {
	if err := s.check(); err != nil {
		return err
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	bar := newBar(st.Err)
	cfg.Progress = bar.show
	result, err := simulate.Run(ctx, cfg)
	bar.done()
	if err != nil {
		return err
	}
	if s.report != "" {
		if err := writeReport(s.report, result); err != nil {
			return err
		}
	}
	if s.format == "json" {
		return json.NewEncoder(st.Out).Encode(result)
	}
	return result.Table(st.Out)
}

func (s *simulation) flags(fs *flag.FlagSet) error {
	fs.Var((*manyFiles)(&s.files.Prices), "prices", "`FILE`…: spot price histories: type,zone,time,USD per hour; the built-in sample market without")
	fs.StringVar(&s.files.Types, "types", "", "`FILE` of instance types, one JSON object a line; built-in without")
	fs.StringVar(&s.files.OnDemand, "on-demand", "", "`FILE` of on-demand prices: CSV with instance_type,region,ondemand; built-in without")
	fs.StringVar(&s.files.Advisor, "advisor", "", "`FILE`: the Spot Instance Advisor's JSON; built-in buckets without")
	fs.StringVar(&s.files.Outages, "outages", "", "`DIR` of outage traces; synthetic ones without")
	fs.StringVar(&s.files.Region, "region", "", "the region, where the prices are of several; us-east-1 for the built-in market")
	fs.StringVar(&s.groups, "groups", "", "`FILE`: the output of aws autoscaling describe-auto-scaling-groups, instead of --type, --size and --zones")
	fs.StringVar(&s.group, "group", "", "only this group of --groups")
	fs.StringVar(&s.typ, "type", "m5.large", "the group's instance type")
	fs.IntVar(&s.size, "size", 20, "its desired capacity")
	fs.StringVar(&s.zones, "zones", "3", "how many zones, the first that sell the type; or their names, separated by commas")
	fs.DurationVar(&s.boot, "boot", 90*time.Second, "from the launch of an instance to its application being up")
	fs.StringVar(&s.from, "from", "", "`TIME`: beginning, a date or RFC 3339; a day after the first price without")
	fs.StringVar(&s.to, "to", "", "`TIME`: end; the last price without")
	fs.Int64Var(&s.seed, "seed", 1, "decides which pool is struck when, and by which trace")
	fs.Float64Var(&s.storm, "storm", 1, "how often pools are struck: 1 is the hard case, 0.1 what the advisor says to the letter")
	fs.StringVar(&s.report, "report", "", "`FILE`.html: write a self-contained page")
	fs.StringVar(&s.format, "format", "text", "text or json")
	return nil
}

func (s *simulation) check() error {
	if err := cli.Format(s.format); err != nil {
		return err
	}
	if s.size <= 0 || s.size > 10_000 {
		return fmt.Errorf("%w: --size %d: give a number from 1 to 10000", cli.ErrUsage, s.size)
	}
	return nil
}

// spread lets --prices take several arguments, as a shell's * makes them.
func spread(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		out = append(out, args[i])
		if args[i] != "--prices" && args[i] != "-prices" {
			continue
		}
		for n := 0; i+1 < len(args) && !strings.HasPrefix(args[i+1], "-"); n++ {
			if n > 0 {
				out = append(out, args[i-n])
			}
			i++
			out = append(out, args[i])
		}
	}
	return out
}

func (s *simulation) config() (simulate.Config, error) {
	data, err := dataset.Load(s.files)
	if err != nil {
		return simulate.Config{}, err
	}
	groups, err := s.chosen(data)
	if err != nil {
		return simulate.Config{}, err
	}
	period, err := s.period(data)
	return simulate.Config{
		Data: data, Groups: groups, Period: period, Boot: s.boot, Storm: s.storm, Settings: settings.Defaults(),
	}, err
}

// chosen are the groups to be played.
func (s *simulation) chosen(data *dataset.Data) ([]dataset.Group, error) {
	if s.groups != "" {
		all, err := dataset.ReadGroups(s.groups, "")
		if err != nil || s.group == "" {
			return all, err
		}
		all = slices.DeleteFunc(all, func(g dataset.Group) bool { return g.Name != s.group })
		if len(all) == 0 {
			return nil, fmt.Errorf("--group %s: no such group in %s", s.group, s.groups)
		}
		return all, nil
	}
	zones, err := s.chosenZones(data)
	return []dataset.Group{{Name: s.typ, Type: s.typ, Min: 0, Max: max(s.size, 2), Desired: s.size, Zones: zones}}, err
}

func (s *simulation) chosenZones(data *dataset.Data) ([]string, error) {
	sold := data.Zones(s.typ)
	if len(sold) == 0 {
		return nil, fmt.Errorf("--type %s: no spot price of it in %s: check its name, or give --prices that have it", s.typ, data.Region)
	}
	n, err := strconv.Atoi(s.zones)
	if err != nil {
		var names []string
		for _, z := range strings.Split(s.zones, ",") {
			names = append(names, strings.TrimSpace(z))
		}
		slices.Sort(names)
		return slices.Compact(names), nil
	}
	if n < 1 || n > len(sold) {
		return nil, fmt.Errorf("--zones %d: %s is sold as spot in %d zones of %s (%s): give a number from 1 to that, or another --type", n, s.typ, len(sold), data.Region, strings.Join(sold, ", "))
	}
	return sold[:n], nil
}

// period is what was asked for, within what the prices cover.
func (s *simulation) period(data *dataset.Data) (simulate.Period, error) {
	p := simulate.Period{From: data.First.Add(24 * time.Hour).Truncate(time.Hour), To: data.Last.Truncate(time.Hour), Seed: s.seed}
	if !p.From.Before(p.To) {
		p.From = data.First
	}
	for _, t := range []struct {
		flag, text string
		at         *time.Time
	}{{"--from", s.from, &p.From}, {"--to", s.to, &p.To}} {
		if t.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, t.text)
		if err != nil {
			if at, err = time.Parse(time.DateOnly, t.text); err != nil {
				return p, fmt.Errorf("%w: %s %q: write 2021-03-04 or 2021-03-04T15:00:00Z", cli.ErrUsage, t.flag, t.text)
			}
		}
		if at.Before(data.First.Add(-24*time.Hour)) || at.After(data.Last.Add(24*time.Hour)) {
			return p, fmt.Errorf("%s %s lies outside of the prices, which go from %s to %s: choose a time between", t.flag, t.text, data.First.Format(time.RFC3339), data.Last.Format(time.RFC3339))
		}
		*t.at = at.UTC()
	}
	return p, nil
}

// bar shows on a terminal how far it is; elsewhere it says so at every quarter.
type bar struct {
	out      io.Writer
	terminal bool
	last     int
}

func newBar(out io.Writer) *bar {
	f, ok := out.(*os.File)
	return &bar{out: out, terminal: ok && isatty.IsTerminal(f.Fd()), last: -1}
}

func (b *bar) show(part float64) {
	percent := int(100 * min(part, 1))
	step := cmp.Or(map[bool]int{true: 1}[b.terminal], 25)
	if b.last >= 0 && percent/step <= b.last/step {
		return
	}
	b.last = percent
	if b.terminal {
		fmt.Fprintf(b.out, "\rsimulating %s%s %3d %%", strings.Repeat("█", percent/4), strings.Repeat("░", 25-percent/4), percent)
		return
	}
	fmt.Fprintf(b.out, "simulating: %d %%\n", percent)
}

func (b *bar) done() {
	if b.terminal {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}

func writeReport(file string, result *simulate.Result) error {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	if err := result.Report(f); err != nil {
		_ = f.Close() // the first error is the one to tell
		return fmt.Errorf("--report %s: %w", file, err)
	}
	return f.Close()
}
