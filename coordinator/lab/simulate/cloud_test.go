package simulate

import (
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

// still is a market of two types in two zones at steady prices, in which pools lose everything when the test says.
func still(outs map[market.Pool][]dataset.Step) *world {
	d := &dataset.Data{Region: "us-east-1", Types: map[string]market.Type{}, OnDemandUSD: map[string]float64{}, Prices: map[market.Pool]dataset.Series{},
		Advisor: dataset.Advisor{Buckets: []dataset.Bucket{{}}}, Traces: []dataset.Trace{{Span: time.Hour, Steps: []dataset.Step{{At: 0, Level: 1}}}}}
	for name, usd := range map[string]float64{"m5.large": 0.030, "m5a.large": 0.035} {
		d.Types[name] = market.Type{Name: name, VCPU: 2, MemoryMiB: 8192, Arch: []string{"x86_64"}, Virtualization: []string{"hvm"}, NVMe: true, ENA: market.ENARequired, Spot: true}
		d.OnDemandUSD[name] = 0.1
		for _, z := range []string{"us-east-1a", "us-east-1b"} {
			d.Prices[market.Pool{Type: name, Zone: z}] = dataset.Series{{At: start.Add(-time.Hour), USD: usd}}
		}
	}
	g := dataset.Group{Type: "m5.large", Zones: []string{"us-east-1a", "us-east-1b"}, Desired: 4}
	w := newWorld(d, g, Period{From: start, To: start.Add(12 * time.Hour), Seed: 1}, 1)
	w.changes = nil
	for _, p := range w.pools {
		p.changes = nil
		p.level(outs[p.Pool], p.dear(w.od), w.span)
		w.changes = append(w.changes, p.changes...)
	}
	slices.SortStableFunc(w.changes, func(a, b change) int { return int(a.at - b.at) })
	return w
}

func out(from, to time.Duration) []dataset.Step {
	return []dataset.Step{{At: 0, Level: 1}, {At: from, Level: 0}, {At: to, Level: 1}}
}

func play(t *testing.T, w *world, name string, boot time.Duration, size int) *cloud {
	t.Helper()
	r := newRunner(Config{Boot: boot, Settings: settings.Defaults(), Groups: []dataset.Group{{Type: "m5.large", Max: size, Desired: size, Zones: w.zones}}})
	r.worlds = []*world{w}
	c, finish := r.open(name, 0)
	c.run(func(time.Duration) {})
	if err := finish(); err != nil {
		t.Fatal(err)
	}
	return c
}

var cheapA = market.Pool{Type: "m5.large", Zone: "us-east-1a"}

func TestANativeGroupIsShortFromTheDeathUntilTheNextBoot(t *testing.T) {
	t.Parallel()
	c := play(t, still(map[market.Pool][]dataset.Step{cheapA: out(6*time.Hour, 7*time.Hour)}), Native, 90*time.Second, 4)
	// Two of four sit in the pool. Each is missing for 30 s until the group notices and 90 s of boot.
	if c.taken != 2 || c.meter.deficit != 2*(30+90) || c.meter.byUs != 0 {
		t.Errorf("%d taken, %v s missing, %v by us: want 2, 240, 0", c.taken, c.meter.deficit, c.meter.byUs)
	}
	for _, i := range c.all {
		if i.pool.Pool == cheapA && i.launched >= 6*time.Hour && i.launched < 7*time.Hour {
			t.Errorf("launched into %s at %s, while it was out", i.pool, i.launched)
		}
	}
}

func TestTheCoordinatorLeavesNoHoleWhereABootFitsIntoTheNotice(t *testing.T) {
	t.Parallel()
	c := play(t, still(map[market.Pool][]dataset.Step{cheapA: out(6*time.Hour, 7*time.Hour)}), Coordinator, 90*time.Second, 4)
	if c.taken == 0 || c.meter.deficit != 0 {
		t.Errorf("%d taken, %v s missing: want some, 0", c.taken, c.meter.deficit)
	}
	if c.group.desired != 4 || c.group.max != 4 || len(c.group.members) != 4 {
		t.Errorf("desired %d, max %d, %d members at the end: want 4 each", c.group.desired, c.group.max, len(c.group.members))
	}
	for _, i := range c.group.members {
		if !i.spot() {
			t.Errorf("%s is on demand at the end", i.id)
		}
	}
}

func TestTheCoordinatorBuysOnDemandWhereThereIsNoSpotAndComesBack(t *testing.T) {
	t.Parallel()
	outs := map[market.Pool][]dataset.Step{}
	for _, typ := range []string{"m5.large", "m5a.large"} {
		for _, z := range []string{"us-east-1a", "us-east-1b"} {
			outs[market.Pool{Type: typ, Zone: z}] = out(4*time.Hour, 5*time.Hour)
		}
	}
	c := play(t, still(outs), Coordinator, 60*time.Second, 4)
	onDemand := 0
	for _, i := range c.all {
		if i.nonce != "" && !i.spot() && i.launched >= 4*time.Hour && i.launched < 5*time.Hour {
			onDemand++
		}
	}
	if c.taken != 4 || onDemand != 4 || c.meter.deficit != 0 {
		t.Errorf("%d taken, %d bought on demand, %v s missing: want 4, 4, 0", c.taken, onDemand, c.meter.deficit)
	}
	for _, i := range c.group.members {
		if !i.spot() {
			t.Errorf("%s is still on demand, hours after spot came back", i.id)
		}
	}
}

func TestThePredecessorSwapsOneAtATime(t *testing.T) {
	t.Parallel()
	c := play(t, still(nil), Predecessor, 90*time.Second, 4)
	if c.swaps != 4 || c.meter.deficit != 0 || c.group.max != 4 {
		t.Fatalf("%d swaps, %v s missing, max %d", c.swaps, c.meter.deficit, c.group.max)
	}
	var at []time.Duration
	for _, i := range c.all {
		if i.spot() {
			at = append(at, i.launched)
		}
	}
	for n := 1; n < len(at); n++ {
		if at[n]-at[n-1] < cronEvery {
			t.Errorf("launches at %v", at)
		}
	}
}

func TestOurHandIsToldFromAWSs(t *testing.T) {
	t.Parallel()
	m := newMeter(time.Hour, 3)
	m.change(0, 3, notOurs)
	m.change(10*time.Second, -1, notOurs)
	m.change(20*time.Second, -1, ours)
	m.change(30*time.Second, 1, notOurs)
	m.change(40*time.Second, 1, notOurs)
	m.change(50*time.Second, 1, notOurs)
	m.change(60*time.Second, -1, ours) // one too many: no hole
	m.flush(time.Hour)
	if m.deficit != 10+20+10 || m.byUs != 10+10 {
		t.Errorf("%v s missing, %v by us: want 40, 20", m.deficit, m.byUs)
	}
}

func TestAGroupMindsItsLimitsAsAutoScalingDoes(t *testing.T) {
	t.Parallel()
	c := newCloud(still(nil), time.Minute, 2)
	g := newGroup(c, c.w.zones, 2, 2, 2)
	g.launch = func(zones []string) *instance { return c.launchOnDemand("m5.large", zones[0]) }
	g.begin()
	s := c.launchSpot(c.w.pools[0])
	if err := g.attach([]*instance{s}); err != errNotRuning {
		t.Errorf("attach of a pending one: %v", err)
	}
	s.state = running
	if err := g.attach([]*instance{s}); err != errAtMax {
		t.Errorf("attach beyond MaxSize: %v", err)
	}
	if err := g.terminate(g.members[0], true, ours); err != errAtMin {
		t.Errorf("terminate with decrement at min: %v", err)
	}
	g.setMax(3)
	if err := g.attach([]*instance{s}); err != nil || g.desired != 3 || s.lifecycle != memberPending {
		t.Errorf("attach: %v, desired %d, %s", err, g.desired, s.lifecycle)
	}
	if err := g.terminate(g.members[0], true, ours); err != nil || g.desired != 2 {
		t.Errorf("terminate: %v, desired %d", err, g.desired)
	}
	if err := g.terminate(g.members[0], false, ours); err != errLeaving {
		t.Errorf("a second time: %v", err)
	}
}

func TestAGroupOfOneIsServedSinceItsUserDataNeedsNothing(t *testing.T) {
	t.Parallel()
	cfg := small(t, 1, 1, 1)
	cfg.Groups[0].Max = 1
	r := run(t, cfg)
	if saves := r.of(Coordinator).SavingsPercent; saves < 30 {
		t.Errorf("it saves %v %%", saves)
	}
}

func TestARefusedGroupIsSaid(t *testing.T) {
	t.Parallel()
	r := &runner{}
	r.endedAs("api", ledger.Status{Code: "managed"})
	r.endedAs("web", ledger.Status{Code: "refused", Reason: "it is being deleted"})
	if len(r.notes) != 1 || r.notes[0] != "coordinator refused web at the end: it is being deleted" {
		t.Errorf("%q", r.notes)
	}
}
