package dataset

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/market"
	"autospotting/pkg/snapshot"
)

// Files names what to read; whatever is empty is taken from the built-in data.
type Files struct {
	Prices   []string
	Types    string
	OnDemand string
	Advisor  string
	Outages  string // a directory
	// Region is wanted where the prices are of several, and for the built-in market; us-east-1 by default.
	Region string
}

// Load reads a market.
func Load(f Files) (*Data, error) {
	d := &Data{Region: f.Region, Prices: map[market.Pool]Series{}}
	if err := d.loadPrices(f); err != nil {
		return nil, err
	}
	if err := d.loadTypes(f.Types); err != nil {
		return nil, err
	}
	od, err := d.loadOnDemand(f.OnDemand)
	if err != nil {
		return nil, err
	}
	if err := d.loadAdvisor(f.Advisor, od); err != nil {
		return nil, err
	}
	if err := d.loadOutages(f.Outages); err != nil {
		return nil, err
	}
	if len(f.Prices) == 0 {
		d.samplePrices()
	}
	d.finish()
	return d, nil
}

func (d *Data) from(what, file, builtIn string) {
	d.Files = append(d.Files, Source{what, cmp.Or(file, builtIn)})
}

func (d *Data) assume(format string, args ...any) {
	d.Assumptions = append(d.Assumptions, fmt.Sprintf(format, args...))
}

func (d *Data) loadPrices(f Files) error {
	for _, file := range f.Prices {
		if err := read(file, func(r io.Reader) error { return readPrices(d.Prices, r) }); err != nil {
			return err
		}
		d.from("spot prices", file, "")
	}
	regions := map[string]int{}
	for p := range d.Prices {
		regions[regionOf(p.Zone)]++
	}
	names := slices.Sorted(maps.Keys(regions))
	switch {
	case len(names) == 0:
		d.Region = cmp.Or(d.Region, "us-east-1")
		return nil
	case d.Region == "" && len(names) == 1:
		d.Region = names[0]
	case d.Region == "":
		return &Error{File: strings.Join(f.Prices, ", "), Reason: "its prices are of several regions: " + some(names), Remedy: "choose one with --region"}
	case regions[d.Region] == 0:
		return &Error{File: strings.Join(f.Prices, ", "), Reason: "no price of region " + d.Region + " in it, but of " + some(names), Remedy: "choose one of them with --region"}
	}
	maps.DeleteFunc(d.Prices, func(p market.Pool, _ Series) bool { return regionOf(p.Zone) != d.Region })
	return nil
}

func (d *Data) loadTypes(file string) error {
	d.Types = map[string]market.Type{}
	list := snapshot.Types()
	if file != "" {
		err := read(file, func(r io.Reader) (err error) {
			list, err = snapshot.ReadTypes(r)
			return err
		})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return &Error{File: file, Reason: "it holds no instance type", Remedy: "give one JSON object a line"}
		}
	}
	for _, t := range list {
		d.Types[t.Name] = market.Type(t)
	}
	d.from("instance types", file, "built-in snapshot of "+snapshot.Date)
	return nil
}

func (d *Data) loadOnDemand(file string) (onDemand, error) {
	od := builtInOnDemand(d.Region)
	if file != "" {
		err := read(file, func(r io.Reader) (err error) {
			if od, err = readOnDemand(r, d.Region); err == nil && len(od.usd) == 0 {
				err = &Error{Reason: "no on-demand price of region " + d.Region + " in it, but of " + some(slices.Sorted(maps.Keys(od.regions))), Remedy: "give a file of that region"}
			}
			return err
		})
		if err != nil {
			return od, err
		}
	}
	d.OnDemandUSD = od.usd
	d.from("on-demand prices", file, "built-in snapshot of "+snapshot.Date)
	if len(od.usd) == 0 {
		return od, &Error{File: "built-in snapshot", Reason: "it has no on-demand prices of region " + d.Region, Remedy: "give them with --on-demand"}
	}
	return od, nil
}

func (d *Data) loadAdvisor(file string, od onDemand) error {
	if file == "" {
		d.Advisor = Advisor{Buckets: published(), ByType: od.buckets, Fallback: middling}
		d.from("interruption buckets", "", "the pct_interrupt of the on-demand prices")
		return nil
	}
	d.from("interruption buckets", file, "")
	return read(file, func(r io.Reader) (err error) {
		d.Advisor, err = readAdvisor(r, d.Region)
		return err
	})
}

func (d *Data) loadOutages(dir string) (err error) {
	if dir == "" {
		d.Traces = sampleTraces()
		d.from("outage traces", "", fmt.Sprintf("%d synthetic ones: up for hours to days, out for minutes to days, in clusters", len(d.Traces)))
		return nil
	}
	d.from("outage traces", dir, "")
	d.Traces, err = readOutages(dir)
	return err
}

// finish sorts the histories, finds their period, and says what had to be assumed.
func (d *Data) finish() {
	unlisted, unknown, unpriced := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for p, s := range d.Prices {
		last := slices.MaxFunc(s, func(a, b Point) int { return a.At.Compare(b.At) }).At
		d.Prices[p] = settle(s)
		if first := d.Prices[p][0].At; d.First.IsZero() || first.Before(d.First) {
			d.First = first
		}
		if last.After(d.Last) {
			d.Last = last
		}
		if _, listed := d.Advisor.Of(p.Type); !listed {
			unlisted[p.Type] = true
		}
		if _, ok := d.Types[p.Type]; !ok {
			unknown[p.Type] = true
		}
		if d.OnDemandUSD[p.Type] == 0 {
			unpriced[p.Type] = true
		}
	}
	for name, t := range d.Types { // sold as spot is what has a spot price
		t.Spot = false
		d.Types[name] = t
	}
	for p := range d.Prices {
		if t, ok := d.Types[p.Type]; ok {
			t.Spot = true
			d.Types[p.Type] = t
		}
	}
	d.lacking(unlisted, "are not in the advisor: taken for its bucket "+d.Advisor.Buckets[d.Advisor.Fallback].Label)
	d.lacking(unknown, "have prices but no data sheet: left out")
	d.lacking(unpriced, "have no on-demand price: left out")
	if d.Last.Sub(d.First) > 0 && d.Last.Before(snapshot.AsOf.Add(-180*24*time.Hour)) && slices.ContainsFunc(d.Files, func(s Source) bool { return s.What == "spot prices" && s.From != "" }) {
		d.assume("on-demand prices are of a later day than the spot prices (%s to %s)", d.First.Format(time.DateOnly), d.Last.Format(time.DateOnly))
	}
}

func (d *Data) lacking(types map[string]bool, what string) {
	if names := slices.Sorted(maps.Keys(types)); len(names) > 0 {
		d.assume("%d types (%s) %s", len(names), some(names), what)
	}
}

// Zones are the zones that sell the type as spot, in order.
func (d *Data) Zones(name string) []string {
	var zones []string
	for p := range d.Prices {
		if p.Type == name {
			zones = append(zones, p.Zone)
		}
	}
	slices.Sort(zones)
	return zones
}
