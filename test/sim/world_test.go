// Package sim_test runs the whole product on the simulated cloud in virtual time: crash points, faults, and the promises
// checked after every event.
package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/invariant"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
)

const group = "web"

// world is one simulation with its checker and its transcript.
type world struct {
	t       testing.TB
	stage   *stage.Stage
	cloud   *cloudsim.Cloud
	check   *invariant.Checker
	story   []string
	crashes int
	frozen  bool
}

func coordinators(session string) bool { return strings.HasPrefix(session, "coordinator") }

// newWorld is the demo's group on a cloud with these faults; the boots are those of the demo.
func newWorld(t testing.TB, cfg stage.Config) *world {
	t.Helper()
	w := &world{t: t}
	if cfg.Cloud.Timing == (cloudsim.Timing{}) {
		cfg.Cloud.Timing = cloudsim.Timing{BootMin: 20 * time.Second, BootMax: 30 * time.Second, AppStart: 10 * time.Second}
	}
	if cfg.Defaults.Grace == 0 {
		cfg.Defaults.Grace = 45 * time.Second
	}
	if cfg.Group.Desired == 0 {
		cfg.Group = cloudsim.GroupSpec{Name: group, Min: 2, Max: 6, Desired: 6, Tags: cfg.Group.Tags}
	}
	cfg.ReleaseURL = "https://releases.example.com/spotd"
	cfg.SHA256 = map[string]string{"amd64": strings.Repeat("ab", 32)}
	cfg.Tell = func(n handle.Note) {
		w.tell(n.At, "coordinator", n.Kind+" "+n.Instance+" "+n.Text+" "+string(n.Failure))
	}
	var err error
	if w.stage, err = stage.New(cfg); err != nil {
		t.Fatal(err)
	}
	w.cloud = w.stage.Cloud
	t.Cleanup(w.cloud.Close)
	w.cloud.OnBoot(w.stage.Speak)
	w.cloud.OnEvent(func(e cloudsim.Event) {
		w.tell(e.At, e.Actor, string(e.Kind)+" "+e.Instance+" "+e.Text)
		if e.Kind == cloudsim.Crashed {
			w.crashes++
		}
	})
	w.check = invariant.Watch(w.cloud, group, coordinators, func() (ledger.Record, error) { return w.stage.Record(group) }, cfg.Cloud.Faults.ReadLag)
	w.cloud.OnEvent(func(cloudsim.Event) { w.frozen = w.frozen || len(w.check.Violations()) > 0 })
	return w
}

func (w *world) tell(at time.Time, who, what string) {
	if w.frozen { // the transcript ends with the first broken promise
		return
	}
	w.story = append(w.story, fmt.Sprintf("%s %-24s %s", at.Format("15:04:05.000"), who, what))
}

// until runs until the condition holds, and reports whether it did within the limit.
func (w *world) until(limit time.Duration, done func() bool) bool {
	return w.cloud.RunWhile(func() bool { return !done() }, w.cloud.Now().Add(limit))
}

func (w *world) record() ledger.Record {
	rec, err := w.stage.Record(group)
	if err != nil {
		w.t.Fatal(err)
	}
	return rec
}

// settled tells whether the group is whole, on spot and on-demand as its owner wants it, with nothing open.
func (w *world) settled() bool {
	g, _ := w.cloud.Group(group)
	keep := g.Desired
	if g.Tags["spot-enabled"] == "true" {
		s, err := settings.FromTags(settings.Defaults(), g.Tags)
		if err != nil {
			w.t.Fatal(err)
		}
		keep = min(s.KeepOnDemand.Up(g.Desired), g.Desired)
	}
	return !w.record().Open() && len(g.Members) == g.Desired && w.stage.Serving(true) == g.Desired-keep && w.stage.Serving(false) == keep
}

// strays lists live instances of ours that are no members.
func (w *world) strays() []string {
	var out []string
	for _, i := range w.cloud.Instances() {
		if i.Tags[decide.TagGroup] == group && i.Group == "" && (i.State == "pending" || i.State == "running") {
			out = append(out, i.ID)
		}
	}
	return out
}

// interruptOne gives the first spot member its notice.
func (w *world) interruptOne() string {
	g, _ := w.cloud.Group(group)
	for _, m := range g.Members {
		if m.Instance.Spot && m.State == "InService" && m.Instance.NoticeAt.IsZero() {
			if err := w.cloud.Interrupt(m.ID, "terminate"); err != nil {
				w.t.Fatal(err)
			}
			return m.ID
		}
	}
	w.t.Fatal("no spot member to interrupt")
	return ""
}

// fail stops the test with the last lines of the transcript.
func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	from := max(0, len(w.story)-120)
	b, _ := w.record().Encode()
	w.t.Fatalf("%s\nledger: %s\n%s", fmt.Sprintf(format, args...), b, strings.Join(w.story[from:], "\n"))
}

// end checks what must hold when all is quiet.
func (w *world) end(desired, maxSize int) {
	w.t.Helper()
	if v := w.check.Violations(); len(v) > 0 {
		w.fail("%d violations, the first: %s", len(v), v[0])
	}
	g, _ := w.cloud.Group(group)
	if g.Desired != desired || g.Max != maxSize || g.Min != 2 {
		w.fail("sizes are min %d, max %d, desired %d; the owner's are 2, %d, %d", g.Min, g.Max, g.Desired, maxSize, desired)
	}
	if s := w.strays(); len(s) > 0 {
		w.fail("left behind: %v", s)
	}
	for _, m := range g.Members {
		if m.Protected {
			w.fail("%s is still protected from scale-in", m.ID)
		}
	}
}

// story of the demo: all swapped, one interrupted, whole again.
func (w *world) playDemo() {
	w.t.Helper()
	if !w.until(10*time.Minute, func() bool { return w.cloud.Ready(group) == 6 }) {
		w.fail("the group's own instances did not come up")
	}
	if !w.until(60*time.Minute, w.settled) {
		w.fail("not all instances became spot")
	}
	w.cloud.RunUntil(w.cloud.Now().Add(30 * time.Second))
	doomed := w.interruptOne()
	gone := func() bool { i, _ := w.cloud.Instance(doomed); return i.State == "terminated" }
	if !w.until(60*time.Minute, func() bool { return gone() && w.settled() }) {
		w.fail("the group is not whole again")
	}
	w.cloud.RunUntil(w.cloud.Now().Add(15 * time.Minute))
	if !w.settled() {
		w.fail("what was settled did not stay so")
	}
	w.end(6, 6)
}
