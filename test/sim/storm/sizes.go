package storm

import (
	"math/rand/v2"
	"slices"
	"time"

	"autospotting/pkg/cloudsim"
)

// sizing are the scenarios in which somebody else names the group's numbers, its zones change, or an attach does not hold.
var sizing = []Scenario{
	{"target-tracking", "a policy names totals that it reckons from a load that comes and goes, while debts stay open for a minute", func(rng *rand.Rand) Script {
		s := named(rng, []string{"load", "load", "load", "notice", "kill"}, 6*time.Minute)
		s.Groups[0].Max = 9
		s.Track = 0.4 + 0.3*rng.Float64()
		return s
	}},
	{"predictive-max", "predictive scaling raises desired to its forecast, and MaxSize too", func(rng *rand.Rand) Script {
		s := named(rng, []string{"forecast", "forecast", "desired", "notice", "policy"}, 8*time.Minute)
		return s
	}},
	{"scheduled-sizes", "scheduled actions set min, max and desired at once, often to the very numbers that they have by our hand", func(rng *rand.Rand) Script {
		return named(rng, []string{"sizes", "sizes", "sizes", "notice", "policy", "interrupt"}, 6*time.Minute)
	}},
	{"zonal-shift", "zones are shifted away from, evacuated or not, and back", func(rng *rand.Rand) Script {
		return named(rng, []string{"shift", "shift", "shift", "notice", "desired", "policy", "no-spot"}, 10*time.Minute)
	}},
	{"standby", "members are put in Standby, with and without decrement, and back", func(rng *rand.Rand) Script {
		return named(rng, []string{"aside", "aside", "back", "notice", "policy"}, 4*time.Minute)
	}},
	{"no-on-demand", "on-demand has nothing for six hours, spot has, and members are lost", func(rng *rand.Rand) Script {
		s := named(rng, []string{"kill", "kill", "unhealthy", "no-spot"}, 12*time.Minute)
		delete(s.Groups[0].Tags, "autospotting:keep-on-demand")
		kind := "drought of on-demand"
		if rng.IntN(4) == 0 { // what the owner keeps on-demand is waited for
			s.Groups[0].Tags["autospotting:keep-on-demand"], kind = "100%", "shortage of on-demand"
		}
		s.Deeds = append([]Deed{{At: 30 * time.Minute, Kind: kind}}, slices.DeleteFunc(s.Deeds, func(d Deed) bool { return d.At <= 30*time.Minute })...)
		return s
	}},
	{"slow-attach-that-fails-later", "attaches are answered, and some fail minutes later", func(rng *rand.Rand) Script {
		s := named(rng, []string{"notice", "notice", "interrupt", "kill", "desired"}, 15*time.Minute)
		s.Faults.AttachFails = 0.1 + 0.6*rng.Float64()
		return s
	}},
}

// named is an hour and a half of one group in a kind cloud, with such deeds so far apart. Where it is behind a load balancer, debts stay open for
// a minute.
func named(rng *rand.Rand, kinds []string, apart time.Duration) Script {
	s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: 90 * time.Minute,
		Timing: cloudsim.Timing{TargetHealthy: time.Minute}}
	s.Deeds = deeds(rng, s.For, 1, apart, kinds)
	return s
}

// sized plays the deeds of these scenarios.
func (p *player) sized(kind string, g cloudsim.GroupView, m cloudsim.MemberView, rng *rand.Rand) {
	switch kind {
	case "load": // of a few members, fully used
		_ = p.Cloud.SetLoad(g.Name, p.track*float64(2+rng.IntN(7))-0.1*rng.Float64())
	case "forecast":
		p.forecast(g, rng)
	case "sizes":
		p.sizes(g, rng)
	case "shift":
		p.shift(g, m, rng)
	case "aside":
		_ = p.Cloud.EnterStandby(m.ID, rng.IntN(3) > 0)
	case "back":
		p.awaken(g.Name)
	}
}

// awaken puts back in service who is in Standby. Where there is no room for it, it leaves for good.
func (p *player) awaken(group string) {
	g, _ := p.Cloud.Group(group)
	for _, m := range g.Members {
		if m.State == "Standby" && p.Cloud.ExitStandby(m.ID) != nil {
			_ = p.Cloud.TerminateByOwner(m.ID)
		}
	}
}

// forecast is predictive scaling's word. The very number that we raised MaxSize to would say nothing that anybody could hear.
func (p *player) forecast(g cloudsim.GroupView, rng *rand.Rand) {
	n, buffer := 2+rng.IntN(8), 10*rng.IntN(3)
	l := p.Record(g.Name).Books.Lease()
	if l.Ours((n*(100+buffer)+99)/100) || p.Cloud.Now().Sub(p.named[g.Name]) <= time.Minute {
		return
	}
	p.named[g.Name] = p.Cloud.Now()
	_ = p.Cloud.PredictiveScaling(g.Name, n, buffer, rng.IntN(4) > 0)
}

// sizes is a scheduled action of the morning or of the evening: min, max and desired, or some of them.
func (p *player) sizes(g cloudsim.GroupView, rng *rand.Rand) {
	n := max(2, []int{g.Max, g.Desired, g.Desired + 1, 2 + rng.IntN(5)}[rng.IntN(4)])
	lo, hi, want := max(1, n-rng.IntN(3)), n+rng.IntN(3), n
	switch rng.IntN(4) {
	case 0:
		want = -1
	case 1:
		lo = -1
	}
	l := p.Record(g.Name).Books.Lease()
	unheard := l.Ours(hi) || hi == g.Max && want == g.Desired
	if hi < 2 || unheard || p.Cloud.Now().Sub(p.named[g.Name]) <= time.Minute {
		return
	}
	p.named[g.Name] = p.Cloud.Now()
	_ = p.Cloud.ScheduledSizes(g.Name, lo, hi, want)
}

// shift begins a zonal shift and empties the zone, perhaps, or ends the shift.
func (p *player) shift(g cloudsim.GroupView, m cloudsim.MemberView, rng *rand.Rand) {
	if p.shifted[g.Name] {
		p.shifted[g.Name] = false
		_ = p.Cloud.ShiftZone(g.Name, "", false)
		return
	}
	p.shifted[g.Name] = true
	_ = p.Cloud.ShiftZone(g.Name, m.Zone, rng.IntN(2) == 0)
	if rng.IntN(2) == 0 { // what the zone cannot carry goes
		return
	}
	gone := slices.DeleteFunc(slices.Clone(g.Members), func(o cloudsim.MemberView) bool { return o.Zone != m.Zone })
	for _, one := range gone {
		_ = p.Cloud.TerminateByOwner(one.ID)
	}
}

// settleSizes ends what these scenarios began.
func (p *player) settleSizes(name string) {
	if p.shifted[name] {
		p.shifted[name] = false
		_ = p.Cloud.ShiftZone(name, "", false)
	}
	if p.track > 0 {
		_ = p.Cloud.SetLoad(name, 4.95*p.track)
	}
}
