package watch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/message"
)

var (
	launch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	self   = Identity{
		From:        message.Source{Account: "123456789012", Region: "eu-west-1", Zone: "eu-west-1a", Instance: "i-0123456789abcdef0", Group: "web"},
		Proof:       message.Identity{Document: "{}", Signature: "MII="},
		PendingTime: launch,
	}
	settings = Settings{Grace: 5 * time.Minute, Poll: 2 * time.Second}
	none     = Item{Presence: Absent}
	quiet    = Observation{SpotAction: none, Rebalance: none, Maintenance: none, TargetLifecycleState: Seen("InService")}
)

// at returns a moment after the launch.
func at(d time.Duration) time.Time { return launch.Add(d) }

func notice(action string, when time.Time) Observation {
	o := quiet
	o.SpotAction = Seen(fmt.Sprintf(`{"action":%q,"time":%q}`, action, when.Format(time.RFC3339)))
	return o
}

// keys runs the steps ten seconds apart, from one minute after the launch, and
// says in words what came out of each.
func keys(m *Machine, steps ...Observation) []string {
	var out []string
	for i, o := range steps {
		var said []string
		for _, r := range m.Step(at(time.Minute+time.Duration(i)*10*time.Second), o) {
			said = append(said, strings.TrimSuffix(string(r.Kind)+" "+r.Action, " "))
		}
		out = append(out, strings.Join(said, "+"))
	}
	return out
}

func TestOneEventOneMessageForLife(t *testing.T) {
	rebalance := quiet
	rebalance.Rebalance = Seen(`{"noticeTime":"2026-11-23T12:00:30Z"}`)
	both := notice("terminate", at(3*time.Minute))
	both.Rebalance = rebalance.Rebalance
	leaving := quiet
	leaving.TargetLifecycleState = Seen("Terminated")
	unknown := Observation{}
	for _, c := range []struct {
		name  string
		steps []Observation
		want  []string
	}{
		{"nothing happens", []Observation{quiet, quiet}, []string{"hello", ""}},
		{"nothing is known", []Observation{unknown, unknown}, []string{"hello", ""}},
		{"a notice stays", []Observation{quiet, notice("terminate", at(3*time.Minute)), notice("terminate", at(3*time.Minute))}, []string{"hello", "terminating terminate", ""}},
		{"a notice changes its time at each look", []Observation{quiet, notice("terminate", at(3*time.Minute)), notice("terminate", at(4*time.Minute))}, []string{"hello", "terminating terminate", ""}},
		{"a gap hides a notice for a while", []Observation{quiet, unknown, notice("stop", at(3*time.Minute))}, []string{"hello", "", "terminating stop"}},
		{"a gap follows a notice", []Observation{quiet, notice("stop", at(3*time.Minute)), unknown, notice("stop", at(3*time.Minute))}, []string{"hello", "terminating stop", "", ""}},
		{"another action follows", []Observation{notice("stop", at(3*time.Minute)), notice("terminate", at(3*time.Minute))}, []string{"terminating stop+hello", "terminating terminate"}},
		{"a notice follows a rebalance recommendation", []Observation{rebalance, both, both}, []string{"rebalance+hello", "terminating terminate", ""}},
		{"both come at once", []Observation{both}, []string{"terminating terminate+rebalance+hello"}},
		{"the group terminates the instance", []Observation{leaving, leaving}, []string{"hello", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := keys(New(settings, self, Restored{}), c.steps...); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestReadyComesAtTheEndOfTheGrace(t *testing.T) {
	far := self
	far.PendingTime = at(time.Hour)
	unknown := self
	unknown.PendingTime = time.Time{}
	doomed := Restored{Said: []string{"hello", "terminating-terminate"}}
	terminated := quiet
	terminated.TargetLifecycleState = Seen("Terminated\n")
	for _, c := range []struct {
		name     string
		id       Identity
		restored Restored
		first    time.Duration // after the launch
		second   time.Duration
		o        Observation
		want     bool
	}{
		{"not a moment earlier", self, Restored{}, 0, 5*time.Minute - 1, quiet, false},
		{"at the moment itself", self, Restored{}, 0, 5 * time.Minute, quiet, true},
		{"counted from the launch, not from the daemon's start", self, Restored{}, 4 * time.Minute, 5 * time.Minute, quiet, true},
		{"although the metadata is silent", self, Restored{}, 0, 5 * time.Minute, Observation{}, true},
		{"from the first look if the launch time is unknown, before", unknown, Restored{}, time.Minute, 6*time.Minute - 1, quiet, false},
		{"from the first look if the launch time is unknown, after", unknown, Restored{}, time.Minute, 6 * time.Minute, quiet, true},
		{"from the first look if our clock is behind", far, Restored{}, 0, 5 * time.Minute, quiet, true},
		{"not twice", self, Restored{Said: []string{"hello", "ready"}}, 0, 5 * time.Minute, quiet, false},
		{"not after a notice", self, Restored{}, 0, 5 * time.Minute, notice("terminate", at(6*time.Minute)), false},
		{"not after a notice of an earlier run", self, doomed, 0, 5 * time.Minute, quiet, false},
		{"not while the group terminates it", self, Restored{}, 0, 5 * time.Minute, terminated, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(settings, c.id, c.restored)
			for _, r := range m.Step(at(c.first), c.o) {
				if r.Kind == message.Ready {
					t.Errorf("ready at the first look")
				}
			}
			got := slices.ContainsFunc(m.Step(at(c.second), c.o), func(r message.Report) bool { return r.Kind == message.Ready && r.Detail != message.DetailAgain })
			if got != c.want {
				t.Errorf("ready %v, want %v", got, c.want)
			}
		})
	}
}

func TestANoticeThatIsGoneForThreeLooksEndsTheLife(t *testing.T) {
	unknown, out := Observation{}, notice("hibernate", at(3*time.Minute))
	legacy := Observation{Legacy: Seen(at(10 * time.Minute).Format(time.RFC3339))}
	for _, c := range []struct {
		name     string
		restored Restored
		steps    []Observation
		want     bool
	}{
		{"peace is no end", Restored{}, []Observation{quiet, quiet, quiet, quiet}, false},
		{"nor is a notice that stays", Restored{}, []Observation{quiet, quiet, quiet, out, out, out, out}, false},
		{"nor one that was out of sight", Restored{}, []Observation{out, unknown, unknown, unknown, unknown, out}, false},
		{"nor one that two looks did not see", Restored{}, []Observation{out, quiet, quiet, out, quiet, quiet}, false},
		{"gone", Restored{}, []Observation{out, quiet, quiet, quiet}, true},
		{"gone, with a gap", Restored{}, []Observation{out, quiet, unknown, quiet, quiet}, true},
		{"one that an earlier run told", Restored{Said: []string{"hello", "terminating-stop"}}, []Observation{quiet, quiet, quiet}, true},
		{"the group's termination alone", Restored{}, []Observation{{SpotAction: none, TargetLifecycleState: Seen("Terminated")}, quiet, quiet, quiet}, false},
		{"one by the legacy item, after peace, that stays out of sight", Restored{}, []Observation{quiet, quiet, quiet, legacy, unknown}, false},
		{"one by the legacy item that is gone", Restored{}, []Observation{legacy, quiet, quiet, quiet}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(settings, self, c.restored)
			for i, o := range c.steps {
				if m.Survived() {
					t.Fatalf("over before step %d", i+1)
				}
				m.Step(at(time.Duration(i)*time.Second), o)
			}
			if m.Survived() != c.want {
				t.Errorf("over: %v", m.Survived())
			}
		})
	}
}

func TestTheNextLookIsOnePollAwayOrTheEndOfTheGrace(t *testing.T) {
	m := New(settings, self, Restored{})
	m.Step(at(0), quiet)
	for _, c := range []struct{ now, want time.Duration }{
		{0, 2 * time.Second},
		{5*time.Minute - 500*time.Millisecond, 5 * time.Minute},
		{5 * time.Minute, 5*time.Minute + 2*time.Second},
	} {
		if got := m.Next(at(c.now)); !got.Equal(at(c.want)) {
			t.Errorf("after %v: %v, want %v", c.now, got.Sub(launch), c.want)
		}
	}
}

func TestARestartRepeatsNothing(t *testing.T) {
	before := New(settings, self, Restored{})
	var said []string
	for _, r := range before.Step(at(10*time.Minute), notice("terminate", at(12*time.Minute))) {
		said = append(said, Key(r))
	}
	after := New(settings, self, Restored{Said: said})
	if got := after.Step(at(11*time.Minute), notice("terminate", at(13*time.Minute))); len(got) != 0 {
		t.Errorf("said again: %+v", got)
	}
}

func TestReportsAreValidAndCarryTheIdentity(t *testing.T) {
	o := notice("hibernate", at(time.Minute))
	o.Rebalance = Seen(`{"noticeTime":"2026-11-23T12:00:30Z"}`)
	o.Maintenance = Seen(`[{"NotBefore":"25 Nov 2026 09:00:43 GMT","Code":"system-reboot","EventId":"instance-event-1","State":"active"}]`)
	got := New(settings, self, Restored{}).Step(at(time.Minute), o)
	if len(got) != 4 {
		t.Fatalf("%d reports: %+v", len(got), got)
	}
	for _, r := range got {
		if err := r.Validate(); err != nil || r.Identity != self.Proof || r.From != self.From || !r.At.Equal(at(time.Minute)) {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// What a topic has taken may still be lost: words of readiness are said once more, also after a restart, and not of an instance that goes.
func TestWordsOfReadinessAreSaidOnceMore(t *testing.T) {
	said := func(m *Machine, o Observation) (out []string) {
		for now := time.Duration(0); now <= time.Hour; now += 10 * time.Second {
			for _, r := range m.Step(at(now), o) {
				if r.Kind == message.Ready || r.Kind == message.Started {
					out = append(out, Key(r)+" "+now.String())
				}
			}
		}
		return out
	}
	for _, c := range []struct {
		name     string
		restored Restored
		o        Observation
		want     []string
	}{
		{"ready", Restored{}, quiet, []string{"ready 5m0s", "ready-again 11m0s"}},
		{"the end of the boot", Restored{}, booted(quiet), []string{"started-boot 0s", "ready 5m0s", "started-boot-again 6m0s", "ready-again 11m0s"}},
		{"after a restart", Restored{Said: []string{"hello", "ready", "started-boot"}}, quiet, []string{"started-boot-again 6m0s", "ready-again 6m0s"}},
		{"not a third time", Restored{Said: []string{"hello", "ready", "ready-again"}}, quiet, nil},
		{"not of one that goes", Restored{Said: []string{"hello", "ready"}}, notice("terminate", at(2*time.Minute)), nil},
	} {
		if got := said(New(settings, self, c.restored), c.o); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
