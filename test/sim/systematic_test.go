package sim_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"autospotting/pkg/cloudsim"
	"autospotting/test/sim/storm"
)

// every is how many points lie from one that is tried to the next: all are with SIM_EVERY=1, as make systematic does; without, a
// sample that begins elsewhere each time.
func every(t *testing.T) (step, first int) {
	step = 60
	if v, err := strconv.Atoi(os.Getenv("SIM_EVERY")); err == nil && v > 0 {
		step = v
	}
	first = rand.IntN(step)
	t.Logf("every %d. point from %d on; SIM_EVERY=1 tries all", step, first)
	return step, first
}

// TestEveryCallAndEveryMessageMayGoWrong crashes the coordinator before and after every call, reads too; works on the same message
// twice from every call on; and loses, doubles and holds back every message. All must end as if nothing had happened.
func TestEveryCallAndEveryMessageMayGoWrong(t *testing.T) {
	t.Parallel()
	step, first := every(t)
	for _, s := range storm.Small {
		counts, r, err := storm.Count(s)
		if err != nil || r.Failed() {
			t.Fatalf("%s, undisturbed: %v %v\n%s", s.Scenario, err, r.Violations, strings.Join(r.Story, "\n"))
		}
		t.Logf("%s: %d calls, %d messages", s.Scenario, len(counts.Calls), counts.Messages)
		for n := 1 + first; n <= len(counts.Calls); n += step {
			call := fmt.Sprintf("%d %s", n, counts.Calls[n-1])
			disturb(t, s, "crash before "+call, storm.CrashAt(n, false))
			disturb(t, s, "crash after "+call, storm.CrashAt(n, true))
			disturb(t, s, "second at "+call, storm.SecondAt(n))
		}
		for n := 1 + first%max(1, step/4); n <= counts.Messages; n += max(1, step/4) {
			for what, fate := range map[string]cloudsim.Fate{"lost": cloudsim.Lost, "doubled": cloudsim.Doubled, "overtaken": cloudsim.Overtaken} {
				disturb(t, s, fmt.Sprintf("message %d %s", n, what), storm.MessageTo(n, fate))
			}
		}
	}
}

func disturb(t *testing.T, s storm.Script, name string, prepare func(*storm.World)) {
	t.Run(s.Scenario+": "+name, func(t *testing.T) {
		t.Parallel()
		r, err := storm.PlayWith(s, nil, prepare)
		if err != nil {
			t.Fatal(err)
		}
		if r.Failed() {
			t.Fatalf("%s\n%s", r.Violations[0], strings.Join(r.Story, "\n"))
		}
	})
}
