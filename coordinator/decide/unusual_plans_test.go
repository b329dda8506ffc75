package decide

import (
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// unusual are plans in worlds to which no transcript leads in a few steps; the goldens under testdata/plans say what is decided. must and mustNot
// pin what the case is about, so that no rewriting of a golden can lose it.
var unusual = []transcript{
	{"what we attach meanwhile does not put what is due in doubt again", func(w *World) {
		w.Group.Desired, w.Group.Max = 5, 6
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attaching, 5*time.Second)
		w.keep(func(k *books.Stored) { k.Desired0, k.Doubt = 3, books.StoredDoubt{Since: noon.Add(-40 * time.Second)} })
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
	}, "do       retire i-oda decrement=true", "why is not known"},
	{"a schedule set desired back, and an attach came on top since: only the debt of before is void", func(w *World) {
		w.Group.Desired, w.Group.Max = 4, 6
		w.owes("i-s1", "i-oda", "a", books.Attached, 3*time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attached, 30*time.Second)
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Doubt = 3, books.StoredDoubt{More: -1, Since: noon.Add(-time.Minute)}
		})
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
	}, "debt     i-s2 for i-odb: paying, desired before was 3", "i-s2 debt void"},
	{"another debt retired the replacement, and an old read still shows it: no payment counts twice", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.add(attached("i-s1", "a"))
		w.doom("i-s1", 30*time.Second)
		w.Record.Retired = map[string]time.Time{"i-s1": noon.Add(-2 * time.Second)}
	}, "debt     i-s1 for i-oda", "debt     i-s1 for i-s1"},
	{"the owner keeps all that is on-demand, and the only spot instance has its own debt open: waited for", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "2"})
		w.Group.Desired, w.Group.Max, w.Instances = 4, 6, nil
		w.add(member("i-on", "a"), member("i-odx", "b"), attached("i-s1", "c"), attached("i-s2", "c"))
		w.owes("i-on", "i-gone", "a", books.Attached, 2*time.Minute)
		w.owes("i-s2", "i-s1", "c", books.Attached, time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Intent.Launch.Spot, k.Pairs[0].Intent.Purpose = false, ledger.Return })
		w.keep(func(k *books.Stored) { k.Pairs[1].Intent.Purpose, k.Desired0 = ledger.Replace, 2 })
		w.doom("i-s1", 30*time.Second)
		w.at("i-on").Ours = true
		w.Activities = []Activity{{Instance: "i-gone", Kind: Unhealthy, At: noon.Add(-time.Minute)}}
	}, "debt     i-on for : attached", "debt     i-on for i-odx"},
	{"desired was changed and changed back, and an attach came on top since: only the debt of before is void, and the doubt is over", func(w *World) {
		w.Group.Desired, w.Group.Max = 5, 6
		w.owes("i-s1", "i-oda", "a", books.Attached, 3*time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attached, 30*time.Second)
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Doubt = 3, books.StoredDoubt{Since: noon.Add(-time.Minute), Back: true}
		})
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
	}, "do       retire i-odb decrement=true", "i-s2 debt void"},
	{"the attach was sent by the very look that read desired as changed back: it came on top, and only the debt of before is void", func(w *World) {
		w.Group.Desired, w.Group.Max = 5, 6
		w.owes("i-s1", "i-oda", "a", books.Attached, 3*time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attached, 45*time.Second)
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Doubt = 3, books.StoredDoubt{Since: noon.Add(-45 * time.Second), Back: true}
		})
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
	}, "do       retire i-odb decrement=true", "i-s2 debt void"},
}

func TestPlansInUnusualWorlds(t *testing.T) { read(t, "", unusual, web) }

func TestTheSameWorldGivesTheSamePlan(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		w := anyWorld(seed)
		before, _ := w.Record.Encode()
		heard := slices.Clone(w.Heard)
		first := render(Decide(w))
		for range 3 {
			if again := render(Decide(w)); again != first {
				t.Fatalf("seed %d: two plans for one world:\n%s\n%s", seed, first, again)
			}
		}
		if after, _ := w.Record.Encode(); string(after) != string(before) || !slices.Equal(heard, w.Heard) {
			t.Errorf("seed %d: deciding changed the world", seed)
		}
	}
}
