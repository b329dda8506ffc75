package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/act"
	"autospotting/pkg/cloudsim"
	"autospotting/test/sim/storm"
)

// Each API that the coordinator calls is out by itself for twenty minutes, while AWS takes instances: no replacement is delayed by a read that a
// launch can do without, and what waits for the others goes out as soon as they answer.
func TestOneAPIThatIsOutDelaysNoReplacement(t *testing.T) {
	t.Parallel()
	for _, api := range storm.Outages() {
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			refused := 0
			r, err := storm.PlayWith(storm.Down(api, 20*time.Minute, 4), nil, func(w *storm.World) {
				w.Cloud.OnCall(func(c cloudsim.Call) cloudsim.Verdict {
					if c.API() == api && w.Cloud.Down(api) {
						refused++
					}
					return cloudsim.GoOn
				}, nil)
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Failed() {
				t.Fatalf("%s\n%s%s", r.Violations[0], r.Script, strings.Join(r.Story, "\n"))
			}
			if reads := slices.ContainsFunc(act.Reads, func(r act.Read) bool { return r.API == api }); reads && refused == 0 {
				t.Error("nobody called it while it was out: the scenario shows nothing of it")
			}
		})
	}
}
