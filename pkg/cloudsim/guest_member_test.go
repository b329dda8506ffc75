package cloudsim

import (
	"testing"
	"time"
)

const targetItem = "meta-data/autoscaling/target-lifecycle-state"

// boots collects the guests of a cloud as they boot.
func boots(r *rig) map[string]*Guest {
	all := map[string]*Guest{}
	r.OnBoot(func(g *Guest) { all[g.Instance()] = g })
	return all
}

// aws-facts 9 #5: whether an attached instance shows its target lifecycle state is not documented, so that both readings are played. The guest
// hears of the attach at once, while the member is still Pending.
func TestAnAttachedInstanceShowsItsTargetStateOrNever(t *testing.T) {
	t.Parallel()
	for _, hidden := range []bool{false, true} {
		spec := six()
		spec.Max = 8
		r := newRig(t, Config{Readings: Readings{AttachedStateHidden: hidden}}, spec)
		guests := boots(r)
		id := r.spot()
		r.settle()
		g, seen := guests[id], []string{}
		g.OnChange(func() {
			body, _ := g.Metadata(targetItem)
			seen = append(seen, body)
		})
		if _, found := g.Metadata(targetItem); found {
			t.Errorf("hidden %t: an instance in no group shows a target state", hidden)
		}
		must(t, r.attach(id))
		if v, _ := r.Group("web"); v.Members[len(v.Members)-1].State != "Pending" {
			t.Fatalf("the attached member is %s already", v.Members[len(v.Members)-1].State)
		}
		body, found := g.Metadata(targetItem)
		if found == hidden || len(seen) == 0 || (seen[0] == "InService") == hidden {
			t.Errorf("hidden %t: %q %t at the attach, and its guest heard %q", hidden, body, found, seen)
		}
		must(t, r.SetDesired("web", 8)) // the group's own launch shows it in both readings
		r.settle()
		own := 0
		for _, m := range r.group().Members {
			if launched := guests[m.ID]; launched != nil && !m.Attached {
				own++
				if body, found := launched.Metadata(targetItem); !found || body != "InService" {
					t.Errorf("hidden %t: the group's own launch shows %q, %t", hidden, body, found)
				}
			}
		}
		if own == 0 {
			t.Error("the group launched nobody")
		}
	}
}

// aws-facts 9 #3: the helpers are let in by membership in the stack.
func TestCloudFormationTakesAnAttachedInstanceForAMemberAtOnceOrLater(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration][3]bool{0: {true, true, true}, time.Minute: {false, false, true}, -1: {false, false, false}} {
		spec := six()
		spec.Max = 8
		r := newRig(t, Config{Readings: Readings{StackTakesAttached: after}}, spec)
		guests := boots(r)
		id := r.spot()
		r.settle()
		g := guests[id]
		if _, in := g.Member(); in || g.StackMember() {
			t.Errorf("after %v: what is in no group is a member", after)
		}
		must(t, r.attach(id))
		var got [3]bool
		got[0] = g.StackMember()
		r.pass(59 * time.Second)
		got[1] = g.StackMember()
		r.pass(time.Second)
		got[2] = g.StackMember()
		if group, in := g.Member(); got != want || group != "web" || !in {
			t.Errorf("after %v: member of the stack %v at the attach, 59 s and 60 s later, want %v; in %q %t", after, got, want, group, in)
		}
		must(t, r.SetDesired("web", 8))
		r.settle()
		for _, m := range r.group().Members {
			if launched := guests[m.ID]; launched != nil && !m.Attached && !launched.StackMember() {
				t.Errorf("after %v: the group's own launch is no member of the stack", after)
			}
		}
	}
}

// How far the boot is, is the guest's to say; who watches the machine hears of it.
func TestAGuestSaysHowFarItsBootIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	heard := map[Boot]int{}
	r.OnBoot(func(g *Guest) {
		if g.Boot() != BootUntold {
			t.Errorf("told of a boot that nobody models: %d", g.Boot())
		}
		g.OnChange(func() { heard[g.Boot()]++ })
		g.SetBoot(BootRuns)
		g.After(time.Minute, func() { g.SetBoot(BootDone) })
	})
	r.spot()
	r.settle()
	if heard[BootRuns] == 0 || heard[BootDone] == 0 {
		t.Errorf("heard %v, want both", heard)
	}
}

// With GuestsTell the application answers when its guest says so, and EC2's status checks pass without it.
func TestGuestsTellWhetherTheirApplicationAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{GuestsTell: true}, six())
	guests := boots(r)
	if r.Ready("web") != 0 {
		t.Errorf("%d applications answer before their guests say so", r.Ready("web"))
	}
	must(t, r.SetMax("web", 7))
	must(t, r.SetDesired("web", 7))
	r.settle()
	for id, g := range guests {
		if !r.byID[id].reachable {
			t.Error("EC2's status checks wait for the application")
		}
		g.Serve(true)
		if r.Ready("web") != 1 {
			t.Errorf("%d answer, want the one that said so", r.Ready("web"))
		}
		g.Serve(false)
		if r.Ready("web") != 0 {
			t.Errorf("%d answer after it was said that none does", r.Ready("web"))
		}
	}
	if len(guests) != 1 {
		t.Errorf("%d guests booted, want 1", len(guests))
	}
}
