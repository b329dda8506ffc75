package census

import (
	"testing"

	"autospotting/test/census/app"
)

// nodes is a group of forty nodes whose pods a terminating hook moves.
func nodes(t *testing.T) Setup {
	t.Helper()
	for _, r := range sample(t) {
		if r.Source == "sample/kops-nodes-with-a-hook" {
			r.Min, r.Max, r.Desired = "40", "50", "40"
			return Of(r, Reading{})
		}
	}
	t.Fatal("the sample has no such row")
	return Setup{}
}

// A replacement that is given up before it is a member goes without the hook. Whoever has it attached only once it is ready gives pods up with it.
func TestPodsThatReachAReplacementLeaveItByTheHook(t *testing.T) {
	t.Parallel()
	late := 0
	for _, seed := range []int64{3, 4} {
		for _, w := range Worlds() {
			if w.Name != "at-once" && w.Name != "strict-group" {
				continue
			}
			got, err := Play(nodes(t), Options{Seed: seed, Readings: w.Readings})
			if err != nil || got.Status != Served || len(got.Harms) > 0 {
				t.Errorf("seed %d, %s: %v, %s, %v", seed, w.Name, err, got.Status, got.Harms)
			}
			got, err = Play(nodes(t).tagged("autospotting:attach", "ready"), Options{Seed: seed, Readings: w.Readings})
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range got.Harms {
				if h.Kind == app.Kubernetes {
					late++
				}
			}
		}
	}
	if late == 0 {
		t.Error("no pods are cut off with attach=ready: the test sees nothing")
	}
}
