package decide

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

// drawn is a world at random: a group in any state that AWS, its owner and we may have brought it to.
func drawn(rng *rand.Rand) World {
	w := web()
	w.Instances = nil
	some := func(n int) bool { return rng.IntN(n) == 0 }
	age := func() time.Duration { return time.Duration(rng.IntN(5400)) * time.Second }
	zones := []string{"a", "b", "c"}
	size := 1 + rng.IntN(12)
	for n := range size + rng.IntN(3) {
		i := member(fmt.Sprintf("i-%02d", n), zones[rng.IntN(3)])
		i.Launched = noon.Add(-age())
		if some(2) {
			i.Spot, i.Ours, i.Nonce, i.Type = true, !some(6), "n-"+i.ID, "m5a.large"
		}
		i.Healthy, i.Protected, i.Undeletable, i.Unchecked = !some(10), some(8), some(10), some(12)
		if some(10) {
			i.Lifecycle = []string{"Pending", "Standby", "Terminating:Wait", "Terminating", "EnteringStandby", "Detaching", "SomethingNew"}[rng.IntN(7)]
		}
		if some(15) {
			i.State = []string{"pending", "shutting-down", "terminated", "stopping"}[rng.IntN(4)]
		}
		if some(4) {
			i.Balancer = []string{BalancerHealthy, "initial", "unhealthy"}[rng.IntN(3)]
		}
		if some(12) && i.Spot {
			i.SpotStatus, i.SpotStatusAt = "instance-terminated-no-capacity", noon.Add(-time.Duration(rng.IntN(130))*time.Second)
		}
		w.add(i)
	}
	for n := range rng.IntN(4) {
		s := ours(fmt.Sprintf("i-s%d", n), zones[rng.IntN(3)])
		s.Launched, s.Spot = noon.Add(-age()), !some(4)
		victim := fmt.Sprintf("i-%02d", rng.IntN(size))
		switch rng.IntN(4) {
		case 0:
			w.intends([]ledger.Purpose{ledger.Swap, ledger.Replace, ledger.Return, ledger.Fill}[rng.IntN(4)], s.ID, victim, s.Zone, age()/10)
		case 1:
			s.Member, s.Listed, s.Lifecycle, s.Healthy = true, true, "InService", true
			w.owes(s.ID, victim, s.Zone, []books.Phase{books.Attached, books.Paying}[rng.IntN(2)], age()/10)
		case 2:
			w.owes(s.ID, victim, s.Zone, books.Attaching, age()/20)
		}
		w.add(s)
		w.says(s.ID, !some(3), some(2))
	}
	g := &w.Group
	g.Desired = size + w.Record.Books.Owed() + rng.IntN(2)
	w.keep(func(k *books.Stored) { k.Desired0 = size })
	g.Min, g.Max = rng.IntN(size+1), g.Desired+rng.IntN(3)
	g.Enabled, g.Refreshing, g.LoadBalanced = !some(6), some(12), some(3)
	w.Settings.KeepOnDemand = settings.Amount{Count: rng.IntN(3)}
	w.Settings.AtOnce = settings.Amount{Count: rng.IntN(4)}
	if some(6) {
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: g.Max - 1, Leased: g.Max, Tried: []int{g.Max}, Raised: true, At: noon.Add(-age() / 20)}
		})
	}
	if some(5) {
		w.Activities = []Activity{{Launching: true, Failed: some(2), At: noon.Add(-time.Minute)}}
		w.Record.Short = noon.Add(-age() / 10)
	}
	switch rng.IntN(12) {
	case 0:
		left(&w)
	case 1:
		short(&w)
	}
	if some(8) {
		w.Heard = []Hint{{Kind: HeardTerminating, Instance: fmt.Sprintf("i-%02d", rng.IntN(size)), At: noon, Action: "terminate", Trusted: some(2), Source: "spotd"}}
	}
	return w
}

// left makes of a world one that its owner opted out of, with nothing but on-demand in it, some of it launched by us.
func left(w *World) {
	w.Group.Enabled, w.Record = false, ledger.Record{Group: "web", Revision: 7}
	for n := range w.Instances {
		i := &w.Instances[n]
		i.Spot, i.Ours, i.Member = false, n%2 == 0, true
	}
}

// short makes of a world one that lacks for long what was attached in its stead.
func short(w *World) {
	w.Record = ledger.Record{Group: "web", Revision: 7, Short: noon.Add(-20 * time.Minute)}
	w.Instances = []Instance{member("i-1", "a"), member("i-2", "b"), attached("i-s9", "c")}
	w.Group.Enabled, w.Group.Desired, w.Group.Min = true, 4, w.Group.Min%5
	w.owes("i-s9", "", "c", books.Attached, 16*time.Minute)
	w.keep(func(k *books.Stored) { k.Pairs[0].Intent.Purpose = ledger.Fill })
	w.Activities = []Activity{{Launching: true, Failed: true, At: noon.Add(-time.Minute)}}
}

// TestWhateverTheWorldAPlanKeepsThePromises draws worlds and holds every action against the promises, without asking how it was
// decided.
func TestWhateverTheWorldAPlanKeepsThePromises(t *testing.T) {
	t.Parallel()
	worlds := 10_000
	if testing.Short() {
		worlds = 2_000
	}
	seen := map[ActionKind]int{}
	for seed := range uint64(worlds) {
		w := drawn(rand.New(rand.NewPCG(seed, 3)))
		p := Decide(w)
		if again := Decide(w); render(again) != render(p) {
			t.Fatalf("seed %d: two plans for one world:\n%s\n%s", seed, render(p), render(again))
		}
		for _, a := range p.Actions {
			seen[a.Kind]++
			if broken := breaks(w, p, a); broken != "" {
				t.Fatalf("seed %d: %s\n%s", seed, broken, render(p))
			}
		}
		if n := launches(p); n > 0 && !w.Group.Enabled && !holds(w) {
			t.Fatalf("seed %d: launches for a group that is not enabled", seed)
		}
	}
	for _, k := range []ActionKind{LaunchOne, AttachSome, Retire, Terminate, RaiseMax, RestoreMax, Protect, Untag, DropTemplate, SetDesired} {
		if seen[k] == 0 {
			t.Errorf("no world led to %s: the worlds are too tame (%v)", k, seen)
		}
	}
}

func launches(p Plan) int {
	n := 0
	for _, a := range p.Actions {
		if a.Kind == LaunchOne {
			n++
		}
	}
	return n
}

func holds(w World) bool {
	return slices.ContainsFunc(w.Instances, func(i Instance) bool { return i.Ours && i.Spot && i.Member })
}

// breaks says which promise an action would break in the world, empty if none.
func breaks(w World, p Plan, a Action) string {
	i := Instance{}
	for _, x := range w.Instances {
		if x.ID == a.Instance {
			i = x
		}
	}
	switch a.Kind {
	case Terminate:
		if !i.Ours || i.Member || i.Foreign {
			return fmt.Sprintf("terminates %s, which is not ours alone", a.Instance)
		}
	case Retire:
		return breaksCapacity(w, p, a, i)
	case AttachSome:
		done := w.Group.Desired == p.Record.Books.Due()+len(a.Instances) // sent before, and it took effect
		if !done && w.Group.Desired+len(a.Instances) > w.Group.Max && w.Record.Books.Lease().Leased < w.Group.Desired+len(a.Instances) {
			return "attaches beyond MaxSize"
		}
	case RestoreMax:
		if w.Group.Desired > a.Max {
			return "restores MaxSize below desired"
		}
	case SetDesired:
		live := 0
		for _, x := range w.Instances {
			if x.Member && x.Live() && !x.Leaving() {
				live++
			}
		}
		if a.Desired < live || a.Desired < w.Group.Min {
			return fmt.Sprintf("names desired %d where %d live, minimum %d", a.Desired, live, w.Group.Min)
		}
	case LaunchOne:
		for _, o := range a.Launch.Overrides {
			if a.Launch.Spot && !(o.MaxUSD > 0 && o.MaxUSD <= w.Catalog.OnDemandUSD["m5.large"]+0.01) {
				return fmt.Sprintf("offers %v for spot", o)
			}
			if w.Group.Subnets[o.Zone] != o.Subnet {
				return fmt.Sprintf("offers %v, which is none of the group's subnets", o)
			}
		}
	}
	return ""
}

// breaksCapacity holds a retirement against the first promise: enough others serve, or AWS takes the instance within the drain.
func breaksCapacity(w World, p Plan, a Action, i Instance) string {
	ending := false
	if n, doomed := p.Record.Notices[i.ID]; doomed {
		ending = !w.Now.Before(n.Deadline.Add(-maxDrain))
	}
	undoing := slices.ContainsFunc(p.Record.Books.Debts(), func(d books.Debt) bool { return d.Phase == books.Undoing && d.Replacement.Instance == i.ID })
	if !i.Ours && !i.Member {
		return fmt.Sprintf("retires %s, which is neither ours nor a member", a.Instance)
	}
	if !i.Ours && (i.Protected || i.Undeletable) && i.Member && !ending {
		if _, doomed := p.Record.Notices[i.ID]; !doomed {
			return fmt.Sprintf("retires %s, which its owner protects", a.Instance)
		}
	}
	if ending || undoing && !i.Serving() {
		return ""
	}
	serving := 0
	for _, x := range w.Instances {
		if _, doomed := p.Record.Notices[x.ID]; x.Serving() && x.ID != i.ID && !doomed {
			serving++
		}
	}
	if want := w.Group.Desired - p.Record.Books.Owed(); a.Decrement && serving < want && !undoing {
		return fmt.Sprintf("retires %s with %d others in service of %d", i.ID, serving, want)
	}
	if !a.Decrement {
		return fmt.Sprintf("releases %s long before its end", i.ID)
	}
	return ""
}

// crowd is a group of many instances on a market of 900 types.
func crowd(n int) World {
	w := web()
	c, err := market.FromSnapshot("us-east-1", []string{"a", "b", "c"})
	if err != nil {
		panic(err)
	}
	w.Catalog, w.Instances = c, nil
	for i := range n {
		m := member(fmt.Sprintf("i-%06d", i), []string{"a", "b", "c"}[i%3])
		if i%2 == 0 {
			m.Spot, m.Ours, m.Type = true, true, []string{"m5a.large", "m6i.large", "m6a.large", "m5n.large"}[i/2%4]
		}
		w.add(m)
	}
	w.Group.Desired, w.Group.Max = n, n+20
	return w
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		w := crowd(n)
		b.Run(fmt.Sprintf("%d instances, %d types", n, len(w.Catalog.Types)), func(b *testing.B) {
			for b.Loop() {
				if p := Decide(w); launches(p) == 0 {
					b.Fatalf("nothing was decided: %s", render(p))
				}
			}
		})
	}
}

// owing is a group of which so many on-demand members have a replacement attached that is not up yet.
func owing(n int) World {
	w := crowd(0)
	for i := range n {
		victim, spot := member(fmt.Sprintf("i-%06d", i), "a"), attached(fmt.Sprintf("i-1%05d", i), "a")
		spot.Launched = noon.Add(-time.Minute)
		w.add(victim, spot)
		w.Record.Books.Open(books.Replacement{Instance: spot.ID, Purpose: books.Swap, Nonce: spot.Nonce, Type: spot.Type, Zone: spot.Zone}, victim.ID, n, noon.Add(-time.Minute))
		w.Record.Books.On(spot.ID, books.AttachAnswered, noon.Add(-time.Minute))
	}
	w.Group.Desired, w.Group.Max = 2*n, 2*n+20
	return w
}

func BenchmarkPay(b *testing.B) {
	for _, n := range []int{10, 100, 667} {
		w := owing(n)
		b.Run(fmt.Sprintf("%d pairs open", n), func(b *testing.B) {
			for b.Loop() {
				if p := Decide(w); slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Kind == Retire }) || len(p.Why) != n {
					b.Fatalf("one is retired, or not said why not of each: %d lines", len(p.Why))
				}
			}
		})
	}
}
