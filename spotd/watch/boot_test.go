package watch

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/message"
)

func TestTheBootstrapsFileSaysHowTheWaitStands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "member")
	if got := ReadMembership(path, launch, at(time.Minute)); got != (Membership{}) {
		t.Errorf("no file says %+v", got)
	}
	for _, c := range []struct {
		name, text    string
		written, now  time.Duration
		want          MembershipState
		unknownLaunch bool
	}{
		{"waiting", "waiting\n", 10 * time.Second, 20 * time.Second, Awaiting, false},
		{"being written", "", 10 * time.Second, 20 * time.Second, Awaiting, false},
		{"a member", "member\n", 30 * time.Second, 40 * time.Second, Member, false},
		{"a member, as PowerShell writes", "member\r\n", 30 * time.Second, 40 * time.Second, Member, false},
		{"none", "no-member\n", 2 * time.Minute, 3 * time.Minute, NoMember, false},
		{"of the image", "no-member\n", -time.Hour, time.Minute, NotAwaited, false},
		{"of before the launch, by a clock that is behind", "member\n", -2 * time.Hour, -time.Hour, Member, false},
		{"of a launch that is not known", "member\n", -time.Hour, time.Minute, Member, true},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at(c.written), at(c.written)); err != nil {
			t.Fatal(err)
		}
		launched := launch
		if c.unknownLaunch {
			launched = time.Time{}
		}
		got := ReadMembership(path, launched, at(c.now))
		if got.State != c.want || c.want != NotAwaited && !got.Since.Equal(at(c.written)) {
			t.Errorf("%s: %+v, want %v", c.name, got, c.want)
		}
	}
	if got, lasts := MembershipFile("/x", "folder"); runtime.GOOS == "linux" && (got != "/x/var/run/spotd-member" || lasts) {
		t.Errorf("the file is %s, %v", got, lasts)
	}
}

// life is what is said each second, as kind, action and time since the launch.
func life(m *Machine, until int, seen func(second int) Observation) (out []string) {
	for s := range until + 1 {
		for _, r := range m.Step(at(time.Duration(s)*time.Second), seen(s)) {
			if r.Detail == message.DetailAgain {
				continue // TestWordsOfReadinessAreSaidOnceMore
			}
			out = append(out, strings.TrimSuffix(string(r.Kind)+" "+r.Action, " ")+"@"+time.Duration(s*int(time.Second)).String())
		}
	}
	return out
}

// waits is a boot that waits until second end, and then is what is given.
func waits(end int, then MembershipState) func(int) Observation {
	return func(s int) Observation {
		o := quiet
		o.Membership = Membership{Awaiting, at(0)}
		if s >= end {
			o.Membership = Membership{then, at(time.Duration(end) * time.Second)}
		}
		return o
	}
}

func booted(o Observation) Observation {
	o.Application = Booted
	return o
}

// boots is what the boot comes to, in seconds after the launch.
func boots(steps map[int]Application) func(int) Observation {
	return func(s int) Observation {
		o := quiet
		o.Application = steps[s]
		return o
	}
}

// Nobody serves while the boot is under way, whatever the grace says. A boot that never ends holds it back for ten minutes.
func TestABootThatIsUnderWayIsNotReady(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps map[int]Application
		want  []string
	}{
		{"it ends before the grace", map[int]Application{5: Booting, 200: Booted}, []string{"started@3m20s", "ready@5m0s"}},
		{"it ends after the grace", map[int]Application{5: Booting, 400: Booted}, []string{"started@6m40s", "ready@6m40s"}},
		{"it ends with errors", map[int]Application{5: Booting, 400: Faulty}, []string{"ready@6m40s"}},
		{"it never ends", map[int]Application{5: Booting}, []string{"ready@15m0s"}},
		{"nobody can tell", map[int]Application{5: Faulty}, []string{"ready@5m0s"}},
		{"nobody asks", nil, []string{"ready@5m0s"}},
	} {
		if got := readiness(New(settings, self, Restored{}), 1000, boots(c.steps)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := readiness(New(probing, self, Restored{}), 1000, boots(map[int]Application{5: Booting, 40: Up})); !slices.Equal(got, []string{"started@40s", "ready@1m10s"}) {
		t.Errorf("a probe waits for the boot: %v", got)
	}
}

func TestHelloWaitsForTheEndOfTheBootsWaitAndSaysWhatCameOfIt(t *testing.T) {
	short := Settings{Grace: 60 * time.Second, Poll: 2 * time.Second}
	for _, c := range []struct {
		name     string
		settings Settings
		until    int
		seen     func(int) Observation
		want     []string
	}{
		{"a boot that does not wait", short, 100, func(int) Observation { return quiet }, []string{"hello@0s", "ready@1m0s"}},
		{"a member: the grace counts from then", short, 200, waits(40, Member), []string{"hello member@40s", "ready@1m40s"}},
		{"no member", short, 300, waits(119, NoMember), []string{"hello no-member@1m59s", "ready@2m59s"}},
		{"a wait that nobody ended", short, 300, waits(1000, Member), []string{"hello no-member@2m20s", "ready@3m20s"}},
		{"a probe does not count from it", probing, 100, func(s int) Observation {
			o := waits(40, Member)(s)
			if s == 20 {
				o.Application = Up
			}
			return o
		}, []string{"started@20s", "hello member@40s", "ready@50s"}},
		{"a notice does not wait", short, 200, func(s int) Observation {
			o := waits(40, Member)(s)
			if s >= 10 {
				o.SpotAction = notice("terminate", at(2*time.Minute)).SpotAction
			}
			return o
		}, []string{"terminating terminate@10s", "hello member@40s"}},
		{"a clock that was put back", short, 300, func(s int) Observation {
			o := quiet
			o.Membership = Membership{Member, at(24 * time.Hour)}
			return o
		}, []string{"hello member@0s", "ready@1m0s"}},
	} {
		if got := life(New(c.settings, self, Restored{}), c.until, c.seen); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestARestartCountsTheGraceFromTheSameWait(t *testing.T) {
	m := New(Settings{Grace: 60 * time.Second, Poll: 2 * time.Second}, self, Restored{Said: []string{string(message.Hello)}})
	seen := waits(40, Member)
	for s := 70; s <= 100; s++ { // the first look of the new process comes 30 s after the wait
		said := m.Step(at(time.Duration(s)*time.Second), seen(s))
		if ready := len(said) == 1 && said[0].Kind == message.Ready; ready != (s == 100) || len(said) > 1 {
			t.Errorf("after %d s: %v", s, said)
		}
	}
}

func TestWithoutAProbeTheEndOfTheBootIsSaidAndIsNoReadiness(t *testing.T) {
	from := func(second int, o Observation) func(int) Observation {
		return func(s int) Observation {
			if s == second { // the watcher says it once
				return booted(o)
			}
			return o
		}
	}
	doomed := notice("terminate", at(2*time.Minute))
	for _, c := range []struct {
		name     string
		settings Settings
		restored Restored
		seen     func(int) Observation
		want     []string
	}{
		{"started, and ready with the grace", settings, Restored{}, from(40, quiet), []string{"hello@0s", "started boot@40s", "ready@5m0s"}},
		{"only once", settings, Restored{Said: []string{"hello", "started-boot"}}, from(40, quiet), []string{"ready@5m0s"}},
		{"also behind ready", Settings{Grace: 10 * time.Second, Poll: time.Second}, Restored{}, from(40, quiet), []string{"hello@0s", "ready@10s", "started boot@40s"}},
		{"behind it where the boot waited", Settings{Grace: 10 * time.Second, Poll: time.Second}, Restored{}, func(s int) Observation {
			if s == 100 {
				return booted(waits(70, Member)(s))
			}
			return waits(70, Member)(s)
		}, []string{"hello member@1m10s", "ready@1m20s", "started boot@1m40s"}},
		{"not of an instance that goes", settings, Restored{}, from(40, doomed), []string{"terminating terminate@0s", "hello@0s"}},
		{"with a probe the boot says nothing", probing, Restored{}, from(40, quiet), []string{"hello@0s"}},
		{"nor does an earlier boot's word pass for the probe's", probing, Restored{Said: []string{"hello", "started-boot"}}, from(40, quiet), nil},
		{"not before the wait is over", settings, Restored{}, func(s int) Observation { return booted(waits(70, Member)(s)) }, []string{"hello member@1m10s", "started boot@1m10s", "ready@6m10s"}},
	} {
		if got := life(New(c.settings, self, c.restored), 400, c.seen); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}
