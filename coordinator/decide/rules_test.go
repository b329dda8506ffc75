package decide

import (
	"slices"
	"testing"
)

// TestTheRulesStandInTheOrderOfTheirNumbers: what a comment, a transcript or an invariant cites is found by its number.
func TestTheRulesStandInTheOrderOfTheirNumbers(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for i, r := range rules {
		if r.number != i+1 || r.name == "" || r.why == "" || r.do == nil || names[r.name] {
			t.Errorf("rule %d is %+v", i+1, r)
		}
		names[r.name] = true
	}
}

// TestTheOrderOfRulesMattersUnlessMarkedFree plays everything with each rule after its next: where the order matters some transcript turns out
// otherwise, and where the table calls it free none does, nor does any drawn world.
func TestTheOrderOfRulesMattersUnlessMarkedFree(t *testing.T) {
	t.Parallel()
	told := stories(t)
	for n := range len(rules) - 1 {
		swapped := slices.Clone(rules)
		swapped[n], swapped[n+1] = swapped[n+1], swapped[n]
		where := departure(t, told, swapped)
		if where == "" && rules[n].free {
			where = drawnDeparture(swapped)
		}
		switch free := rules[n].free; {
		case free && where != "":
			t.Errorf("R%d is marked free, and may not stand after R%d: %s", n+1, n+2, where)
		case !free && where == "":
			t.Errorf("R%d may stand after R%d as far as any transcript tells: tell why not, or mark it free", n+1, n+2)
		}
	}
}

// departure says where the transcripts, or the plans in unusual worlds, turn out otherwise with other rules; empty if nowhere.
func departure(t *testing.T, told []story, with []rule) string {
	t.Helper()
	for _, s := range told {
		if where := s.departs(t, with); where != "" {
			return where
		}
	}
	for _, c := range unusual {
		w := web()
		c.world(&w)
		if unordered(render(decide(w, rules))) != unordered(render(decide(w, with))) {
			return c.name
		}
	}
	return ""
}

// drawnDeparture is departure over drawn worlds.
func drawnDeparture(with []rule) string {
	for seed := range uint64(1_500) {
		w := anyWorld(seed)
		if a, b := unordered(render(decide(w, rules))), unordered(render(decide(w, with))); a != b {
			return "in a drawn world:\n" + a + "instead of:\n" + b
		}
	}
	return ""
}
