package watch

import (
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/message"
)

var probing = Settings{Grace: 5 * time.Minute, Poll: 2 * time.Second, Probe: true, Settle: 30 * time.Second}

// readiness says when, in seconds after the launch, what was said about it.
func readiness(m *Machine, until int, seen func(second int) Observation) []string {
	var out []string
	for s := 0; s <= until; s++ {
		for _, r := range m.Step(at(time.Duration(s)*time.Second), seen(s)) {
			if (r.Kind == message.Started || r.Kind == message.Ready) && r.Detail != message.DetailAgain {
				out = append(out, string(r.Kind)+"@"+time.Duration(s*int(time.Second)).String())
			}
		}
	}
	return out
}

func found(what Application, from int) func(int) Observation {
	return func(s int) Observation {
		o := quiet
		if s == from { // said once
			o.Application = what
		}
		return o
	}
}

func TestAProbeDecidesWhatIsSaidAboutReadiness(t *testing.T) {
	noGrace := probing
	noGrace.Settle = 0
	doomed := func(s int) Observation {
		if s < 50 {
			return found(Up, 40)(s)
		}
		return notice("terminate", at(3*time.Minute))
	}
	for _, c := range []struct {
		name     string
		settings Settings
		restored Restored
		seen     func(int) Observation
		want     []string
	}{
		{"started at once, ready when its grace is over", probing, Restored{}, found(Up, 40), []string{"started@40s", "ready@1m10s"}},
		{"both at once without a grace", noGrace, Restored{}, found(Up, 40), []string{"started@40s", "ready@40s"}},
		{"neither as long as it does not pass, the launch's grace notwithstanding", probing, Restored{}, found(Waiting, 0), nil},
		{"ready without started where the owner does not wait longer", probing, Restored{}, found(Overdue, 40), []string{"ready@1m10s"}},
		{"nothing more after a notice", probing, Restored{}, doomed, []string{"started@40s"}},
		{"a restart counts the grace from what was said", probing, Restored{Said: []string{"hello", "started"}, Started: at(-10 * time.Second)}, found(Waiting, 0), []string{"ready@20s"}},
		{"without a probe nobody is started", settings, Restored{}, found(Up, 40), []string{"ready@5m0s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := readiness(New(c.settings, self, c.restored), 400, c.seen); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTheLegacyTimeIsANoticeIfItIsATimeToCome(t *testing.T) {
	for _, c := range []struct {
		name, body string
		theirs     time.Time // the service's clock; ours is one minute after the launch
		want       bool
	}{
		{"a time to come", at(3*time.Minute).Format(time.RFC3339) + "\n", time.Time{}, true},
		{"a time that is over", at(-time.Minute).Format(time.RFC3339), time.Time{}, false},
		{"no time", "marked-for-termination", time.Time{}, false},
		{"nothing", "", time.Time{}, false},
		{"a time far away", at(48 * time.Hour).Format(time.RFC3339), time.Time{}, false},
		{"to come, by a clock here that is 25 h ahead", at(-25*time.Hour + 3*time.Minute).Format(time.RFC3339), at(-25*time.Hour + time.Minute), true},
		{"to come, by a clock here that is 25 h behind", at(25*time.Hour + 3*time.Minute).Format(time.RFC3339), at(25*time.Hour + time.Minute), true},
		{"over, which a clock here that is behind does not know", at(3 * time.Minute).Format(time.RFC3339), at(4 * time.Minute), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(settings, self, Restored{})
			item := Seen(c.body)
			item.At = c.theirs
			out := m.Step(at(time.Minute), Observation{Legacy: item})
			if got := len(out) == 2 && out[0].Kind == message.Terminating && out[0].Action == message.ActionTerminate; got != c.want {
				t.Errorf("%+v", out)
			}
			if notes := m.Notes(); (len(notes) == 0) != c.want {
				t.Errorf("notes %q", notes)
			}
			if c.want {
				if again := m.Step(at(2*time.Minute), notice("terminate", at(3*time.Minute))); len(again) != 0 {
					t.Errorf("the same by the other item: %+v", again)
				}
			}
		})
	}
}

// A clock that jumps neither repeats nor loses anything.
func TestAClockThatJumpsChangesNoMessage(t *testing.T) {
	m := New(settings, self, Restored{})
	var said []string
	for _, now := range []time.Duration{time.Minute, -8760 * time.Hour, 2 * time.Minute, 87600 * time.Hour, 3 * time.Minute} {
		for _, r := range m.Step(at(now), notice("terminate", at(4*time.Minute))) {
			said = append(said, string(r.Kind))
		}
		if next := m.Next(at(now)); !next.After(at(now)) || next.Sub(at(now)) > settings.Poll {
			t.Errorf("at %v the next look is after %v", now, next.Sub(at(now)))
		}
	}
	if !slices.Equal(said, []string{"terminating", "hello"}) {
		t.Errorf("said %q", said)
	}
}

func TestSlowItemsAreDueWhenTheirTimeComesAndStayDueUntilTheyAreKnown(t *testing.T) {
	s := Schedule{TargetsEvery: 10 * time.Second, EventsEvery: time.Minute}
	var looks []string
	for second := 0; second <= 62; second += 2 {
		now, o := at(time.Duration(second)*time.Second), Observation{}
		due := s.Due(now, 2*time.Second)
		if second != 20 && second != 22 { // an outage of two looks
			if due&Targets != 0 {
				o.Rebalance, o.TargetLifecycleState = none, none
			}
			if due&Events != 0 {
				o.Maintenance = none
			}
		}
		s.Saw(now, o)
		if due != 0 {
			looks = append(looks, time.Duration(second*int(time.Second)).String()+strings.Repeat("T", int(due&Targets))+strings.Repeat("E", int(due&Events)/2))
		}
	}
	want := []string{"0sTE", "10sT", "20sT", "22sT", "24sT", "34sT", "44sT", "54sT", "1m0sE"}
	if !slices.Equal(looks, want) {
		t.Errorf("got  %q\nwant %q", looks, want)
	}
}
