package emulator

import (
	"testing"
)

// replaced waits until the group settled without the instance, which is gone by our hand before its two minutes are over.
func (a *account) replaced(name, victim string, want size) look {
	a.t.Helper()
	l := a.until(name, func(l look) string {
		if l.group.has(victim) {
			return victim + " is still a member"
		}
		return l.unlike(want)
	})
	if i, err := a.instance(a.t.Context(), victim); err != nil || i.live() {
		a.t.Errorf("the interrupted instance %s is %s (%v)", victim, i.state, err)
	}
	return l
}

// While its replacement boots the instance stays: taking it out sooner would open the hole two minutes early.
func TestAnInterruptedInstanceServesUntilItsReplacementDoes(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	want := size{1, 1, 2}
	a.newGroup("web", want, "a")
	a.setTag("web", "autospotting:attach", "ready") // else it is a member as soon as it runs, as the stories tell
	g := a.guests(a.ready)
	a.serve(lab.coordinator)
	a.tick()
	victim := a.settles("web", want).spot[0]
	g.stop()
	g.done.Wait()
	a.interrupt(victim)
	booting := a.until("web", func(l look) string {
		if len(l.loose) != 1 {
			return "no replacement was launched"
		}
		return ""
	})
	if !booting.group.has(victim) || booting.group.Desired != 1 {
		t.Errorf("before the replacement was ready: members %v, desired %d", booting.group.Members, booting.group.Desired)
	}
	a.guests(a.ready)
	a.replaced("web", victim, want)
}
