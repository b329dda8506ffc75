package decide

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
)

// property is a sentence about every plan, that holds by one rule. looser is that rule without what the sentence asks for; where there is none the
// sentence breaks when the rule is left out.
type property struct {
	says   string
	broken func(seen) string // by whom, empty if by nobody
	looser func(*run)
}

// seen is a world, what was decided in it, and a way to ask.
type seen struct {
	w World
	p Plan
	v *view.View // of the world as the record was before
}

// TestEveryRuleHasATestOfItsOwn holds every plan of drawn worlds against the properties of all rules, and then each property against plans made
// without its rule, or with a looser one: it has to notice. So no rule lives by transcripts alone, which can be written anew.
func TestEveryRuleHasATestOfItsOwn(t *testing.T) {
	t.Parallel()
	worlds, plans := make([]World, 2_500), make([]Plan, 2_500)
	for seed := range worlds {
		worlds[seed] = anyWorld(uint64(seed))
		plans[seed] = Decide(worlds[seed])
	}
	all := map[int][]property{}
	for _, some := range []map[int][]property{readings, deeds, gradual} {
		for number, list := range some {
			all[number] = append(all[number], list...)
		}
	}
	for n, r := range rules {
		if len(all[r.number]) == 0 {
			t.Errorf("R%d (%s) has no property", r.number, r.name)
		}
		for _, p := range all[r.number] {
			t.Run(fmt.Sprintf("R%d: %s", r.number, p.says), func(t *testing.T) {
				t.Parallel()
				if seed, who := breach(worlds, func(seed int) Plan { return plans[seed] }, p); seed >= 0 {
					t.Fatalf("seed %d: not so for %s:\n%s", seed, who, render(plans[seed]))
				}
				other := slices.Clone(rules)
				other[n].do = func(*run) {}
				if p.looser != nil {
					other[n].do = p.looser
				}
				if seed, _ := breach(worlds, func(seed int) Plan { return decide(worlds[seed], other) }, p); seed < 0 {
					t.Error("it holds without the rule too, or with a looser one")
				}
			})
		}
		delete(all, r.number)
	}
	for number := range all {
		t.Errorf("there is no R%d", number)
	}
}

// breach finds the first world in which a property is broken, -1 if none.
func breach(worlds []World, plan func(int) Plan, p property) (int, string) {
	for seed, w := range worlds {
		rec := w.Record.Clone()
		s := seen{w, plan(seed), look(w, &rec)}
		if who := p.broken(s); who != "" {
			return seed, who
		}
	}
	return -1, ""
}

func look(w World, rec *ledger.Record) *view.View {
	return view.Of(w.Now, view.Reads{Group: w.Group, Instances: w.Instances, Activities: w.Activities, Unread: w.Unread}, rec)
}

// after is the view of the world with the record as it was written.
func (s seen) after() *view.View { return look(s.w, &s.p.Record) }

func (s seen) since(t time.Time) time.Duration { return s.w.Now.Sub(t) }

// firstOf names the first of a list, for which a condition holds.
func firstOf[E any](list []E, name func(E) string, is func(E) bool) string {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return name(list[i])
	}
	return ""
}

func (s seen) instance(is func(Instance) bool) string {
	return firstOf(s.w.Instances, func(i Instance) string { return i.ID }, is)
}

func (s seen) debt(is func(books.Debt) bool) string {
	return firstOf(s.w.Record.Books.Debts(), func(d books.Debt) string { return "debt " + d.Name() }, is)
}

func (s seen) launched(is func(ledger.Intent) bool) string {
	fresh := s.p.Record.Intents
	return firstOf(fresh, func(it ledger.Intent) string { return string(it.Purpose) + " of " + it.Victim }, func(it ledger.Intent) bool {
		known := slices.ContainsFunc(s.w.Record.Intents, func(old ledger.Intent) bool { return old.Launch.Nonce == it.Launch.Nonce })
		return !known && it.Abandoned == "" && is(it)
	})
}

func (s seen) acts(is func(Action) bool) string {
	return firstOf(s.p.Actions, func(a Action) string { return string(a.Kind) + " " + a.Instance }, is)
}

func (s seen) does(kind ActionKind, id string) bool {
	return s.acts(func(a Action) bool { return a.Kind == kind && (a.Instance == id || slices.Contains(a.Instances, id)) }) != ""
}

func (s seen) doing(kind ActionKind) bool {
	return s.acts(func(a Action) bool { return a.Kind == kind }) != ""
}

func (s seen) doomed(id string) bool {
	_, doomed := s.p.Record.Notices[id]
	return doomed
}

// spokenFor tells whether something is launched or attached for the instance.
func (s seen) spokenFor(id string) bool {
	return s.p.Record.Books.Retiring(id) || slices.ContainsFunc(s.p.Record.Intents, func(it ledger.Intent) bool { return it.Victim == id && it.Abandoned == "" })
}

// may tells whether the group stands on that rung.
func (s seen) may(rung Rung) bool {
	on, _ := rungOf(s.w)
	return on >= rung && s.w.Group.Found && (s.w.Group.Enabled || s.holds())
}

// holds tells whether spot of ours is in the group.
func (s seen) holds() bool {
	return slices.ContainsFunc(s.v.Live(), func(i Instance) bool { return i.Ours && i.Spot })
}

// calmly tells whether nothing is open, doubtful, or new: all that a gradual beginning waits for.
func (s seen) calmly() bool {
	r := s.w.Record
	return s.may(Serve) && !r.Open() && len(s.p.Record.Notices) == 0 && r.PausedUntil.IsZero() && !s.v.Old() && s.w.Group.Desired == len(s.w.Instances) &&
		s.instance(func(i Instance) bool {
			return !i.Serving() || i.Protected || i.Unchecked || s.since(i.Launched) < s.w.Settings.Grace
		}) == "" && spread(s.zones()) <= 1
}

func (s seen) zones() map[string]int {
	n := map[string]int{"a": 0, "b": 0, "c": 0}
	for _, i := range s.v.Live() {
		n[i.Zone]++
	}
	return n
}

func (s seen) onDemand() int {
	n := 0
	for _, i := range s.v.Live() {
		if !i.Spot {
			n++
		}
	}
	return n
}

// undisputed tells whether all is as the books say: desired is due and was so, nobody named it, and every victim is there.
func (s seen) undisputed() bool {
	k := s.w.Record.Books
	return s.w.Group.Desired == k.Due() && !k.Doubted() && len(s.w.Activities) == 0 && s.w.Group.Min <= k.Base() &&
		s.debt(func(d books.Debt) bool { return !d.Owed() || !s.v.Stays(d.Victim) || d.Kind == books.OverMax }) == ""
}
