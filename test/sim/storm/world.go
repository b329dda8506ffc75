// Package storm lets everything that can go wrong go wrong on the simulated cloud, in virtual time, and checks the promises after
// every event. One seed decides everything. The tests and the command under test/sim share it.
package storm

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/invariant"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
	"autospotting/spotd/watch"
)

// The invariants that are known only at the end.
const (
	Converge = "converge" // once faults stop, every group becomes what its owner wants
	Leftover = "leftover" // and nothing of ours is left behind
	Grace    = "grace"    // spotd says ready when the grace is over, counted from the launch, not later
)

// grace is that of the simulated groups.
const grace = 45 * time.Second

// Begin is when every simulation begins.
var Begin = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// World is one simulation with a checker for each group, and its transcript.
type World struct {
	Stage   *stage.Stage
	Cloud   *cloudsim.Cloud
	Groups  []string
	Checks  []*invariant.Checker
	Crashes int
	own     []invariant.Violation // found by the world itself
	well    bool                  // nobody falls ill any more
	waited  map[string]time.Time  // when the boots that wait for membership went on
	booted  map[string]time.Time  // when the boots of instances are over that complete a launching hook
	// poisoned says that a type spoils fleets; calls counts the fleets for each notice.
	poisoned bool
	calls    map[string]int
	story    []line
	frozen   bool
}

type line struct {
	at        time.Time
	who, what string
	note      handle.Note
	event     cloudsim.Event
}

func coordinators(session string) bool { return strings.HasPrefix(session, "coordinator") }

// New builds the world that the script describes, with that mistake in the coordinator; a nil mutant is none.
func New(s Script, m *Mutant) (*World, error) {
	w := &World{}
	cfg := stage.Config{
		Cloud:      cloudsim.Config{Seed: s.Seed, Start: Begin, Faults: s.Faults, Readings: s.Readings, Timing: s.timing()},
		Group:      s.Groups[0],
		More:       s.Groups[1:],
		ReleaseURL: "https://releases.example.com/spotd",
		SHA256:     map[string]string{"amd64": strings.Repeat("ab", 32)},
		Tell:       func(n handle.Note) { w.tell(line{at: n.At, note: n}); w.noted(n) },
	}
	cfg.Defaults.Grace = grace
	w.hosts(s, &cfg)
	speak := w.boots(s, &cfg, w.commands(s, &cfg, m.alter(&cfg)))
	var err error
	if w.Stage, err = stage.New(cfg); err != nil {
		return nil, err
	}
	w.Cloud = w.Stage.Cloud
	if s.Hosts != nil {
		w.Cloud.CreateCluster(*s.Hosts)
	}
	for _, e := range s.Environs {
		if err := w.Cloud.CreateEnvironment(e); err != nil {
			return nil, err
		}
	}
	w.Cloud.OnBoot(func(g *cloudsim.Guest) { speak(w.Stage, g) })
	if s.Small { // where messages are lost that a topic has taken, it matters that spotd says so again
		w.Cloud.OnBoot(func(g *cloudsim.Guest) { g.After(grace+watch.Again+time.Minute, func() { g.SetBoot(g.Boot()) }) })
	}
	w.Cloud.OnEvent(w.happened)
	if s.Tell {
		w.openBooks()
	}
	w.Cloud.OnCall(w.saidReady, nil)
	for arn, t := range s.Targets {
		w.Cloud.SetTargetGroup(arn, t)
	}
	w.sicken(s)
	w.poison(s)
	for _, g := range s.Groups {
		w.Groups = append(w.Groups, g.Name)
		w.Checks = append(w.Checks, invariant.Watch(w.Cloud, g.Name, coordinators, func() (ledger.Record, error) { return w.Stage.Record(g.Name) }, s.Faults.ReadLag))
	}
	return w, nil
}

func (w *World) happened(e cloudsim.Event) {
	if e.Kind != cloudsim.Invoked && (e.Kind != cloudsim.Returned || e.Text != "") { // that all is well is no news
		w.tell(line{at: e.At, event: e})
	}
	if e.Kind == cloudsim.Crashed {
		w.Crashes++
	}
}

func (w *World) tell(l line) {
	if w.frozen = w.frozen || w.Violated(); !w.frozen { // the transcript ends with the first broken promise
		w.story = append(w.story, l)
	}
}

// Say puts a line of the scenario's own into the transcript.
func (w *World) Say(who, format string, args ...any) {
	w.tell(line{at: w.Cloud.Now(), who: who, what: fmt.Sprintf(format, args...)})
}

func (l line) String() string {
	switch {
	case l.who != "":
	case l.note.Kind != "":
		l.who, l.what = "coordinator", strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", l.note.Group, l.note.Kind, l.note.Instance, l.note.Text, l.note.Failure))
	default:
		l.who, l.what = l.event.Actor, strings.TrimSpace(fmt.Sprintf("%s %s %s", l.event.Kind, l.event.Instance, l.event.Text))
	}
	return fmt.Sprintf("%s %-24s %s", l.at.UTC().Format("15:04:05.000"), l.who, l.what)
}

// Story is the transcript up to the first broken promise, the last lines of it where it is longer than most.
func (w *World) Story(most int) []string {
	var out []string
	for _, l := range w.story[max(0, len(w.story)-most):] {
		out = append(out, l.String())
	}
	return out
}

// Violated tells whether a promise was broken, Violations which.
func (w *World) Violated() bool {
	return len(w.own) > 0 || slices.ContainsFunc(w.Checks, (*invariant.Checker).Violated)
}

// Violations are the broken promises, oldest first.
func (w *World) Violations() []invariant.Violation {
	out := slices.Clone(w.own)
	for _, c := range w.Checks {
		out = append(out, c.Violations()...)
	}
	slices.SortStableFunc(out, func(a, b invariant.Violation) int { return a.At.Compare(b.At) })
	return out
}

// Forgiven adds up what the checkers of all groups have forgiven, by row.
func (w *World) Forgiven() map[string]int {
	out := map[string]int{}
	for _, c := range w.Checks {
		for name, n := range c.Forgiven() {
			out[name] += n
		}
	}
	return out
}

func (w *World) report(name, format string, args ...any) {
	w.own = append(w.own, invariant.Violation{At: w.Cloud.Now(), Invariant: name, Text: fmt.Sprintf(format, args...)})
}

// Record is the group's ledger record, as it is now.
func (w *World) Record(group string) ledger.Record {
	rec, err := w.Stage.Record(group)
	if err != nil {
		w.report(invariant.Debt, "the ledger cannot be read: %v", err)
	}
	return rec
}

// Run lets so much time pass, less where a promise is broken.
func (w *World) Run(d time.Duration) {
	end := w.Cloud.Now().Add(d)
	if !w.Cloud.RunWhile(func() bool { return !w.Violated() }, end) {
		w.Cloud.RunUntil(end) // nothing is left before it: the clock goes on
	}
}

// Until runs until the condition holds, looked at every ten seconds, and reports whether it did within the limit.
func (w *World) Until(limit time.Duration, done func() bool) bool {
	for end := w.Cloud.Now().Add(limit); w.Cloud.Now().Before(end) && !w.Violated(); {
		if done() {
			return true
		}
		w.Cloud.RunUntil(w.Cloud.Now().Add(10 * time.Second))
	}
	return done()
}
