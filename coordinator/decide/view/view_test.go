package view

import (
	"fmt"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func ago(s int) time.Time { return noon.Add(-time.Duration(s) * time.Second) }

// member is one in service.
func member(id string) Instance {
	return Instance{ID: id, State: "running", Member: true, Listed: true, Lifecycle: "InService", Healthy: true}
}

func with(i Instance, change func(*Instance)) Instance {
	change(&i)
	return i
}

// scene is what was read, and what the record says.
type scene struct {
	reads Reads
	rec   ledger.Record
}

func (s *scene) view() *View { return Of(noon, s.reads, &s.rec) }

// owes has one debt: i-s was attached for i-od so many seconds ago, and desired raised from three to four.
func owes(phase books.Phase, since int) *scene {
	s := &scene{reads: Reads{Group: Group{Desired: 4, Max: 4}, Instances: []Instance{member("i-od"), member("i-s")}}}
	s.rec.Books = books.Edited(func(k *books.Stored) {
		k.Desired0 = 3
		k.Pairs = []books.StoredDebt{{Victim: "i-od", Phase: phase, At: ago(since + 2), Since: ago(since), Sent: ago(since + 1), Intent: books.StoredLaunch{Instance: "i-s"}}}
	})
	return s
}

func (s *scene) change(id string, change func(*Instance)) *scene {
	for n := range s.reads.Instances {
		if s.reads.Instances[n].ID == id {
			change(&s.reads.Instances[n])
		}
	}
	return s
}

func (s *scene) retired(id string, seconds int) *scene {
	s.rec.Retired = map[string]time.Time{id: ago(seconds)}
	return s
}

func unlist(i *Instance) { i.Listed, i.Member, i.Lifecycle = false, false, "" }

func leaving(i *Instance) { i.Lifecycle = "Terminating:Wait" }

func dead(i *Instance) { i.State = "terminated"; unlist(i) }

func TestWhatAnInstanceIsToTheGroup(t *testing.T) {
	t.Parallel()
	for want, list := range map[Standing][]Instance{
		Serving: {member("i"), with(member("i"), func(i *Instance) { i.Balancer = BalancerHealthy })},
		Booting: {with(member("i"), func(i *Instance) { i.Lifecycle = "Pending" }), with(member("i"), func(i *Instance) { i.State = "pending" }), with(member("i"), func(i *Instance) { i.Healthy = false }),
			with(member("i"), func(i *Instance) { i.Balancer = "unused" }), with(member("i"), func(i *Instance) { i.Lifecycle = "SomethingNew" })},
		Resting: {with(member("i"), func(i *Instance) { i.Lifecycle = "Standby" }), with(member("i"), func(i *Instance) { i.Lifecycle = "EnteringStandby" })},
		Leaving: {with(member("i"), leaving), with(member("i"), func(i *Instance) { i.Lifecycle = "Terminated" }), with(member("i"), func(i *Instance) { i.Lifecycle = "Detaching" }),
			with(member("i"), func(i *Instance) { i.Lifecycle = "Detached" }), with(member("i"), func(i *Instance) { i.Lifecycle, i.State = "Terminating", "terminated" })},
		Outside: {with(member("i"), unlist), with(member("i"), func(i *Instance) { i.Member = false }), with(member("i"), func(i *Instance) { unlist(i); i.State = "pending" })},
		Foreign: {with(member("i"), func(i *Instance) { unlist(i); i.Foreign = true })},
		Gone:    {with(member("i"), dead), with(member("i"), func(i *Instance) { i.State = "stopped" }), with(member("i"), func(i *Instance) { dead(i); i.Foreign = true })},
	} {
		for _, i := range list {
			s := &scene{reads: Reads{Instances: []Instance{i}}}
			if got := s.view().Standing("i"); got != want {
				t.Errorf("%+v is %s, want %s", i, got, want)
			}
			member := i.Member && !i.Leaving()
			if got := s.view().Stays("i"); got != member {
				t.Errorf("%+v stays %t", i, got)
			}
			if got, want := s.view().Ended("i"), i.State != "running" && i.State != "pending"; got != want {
				t.Errorf("%+v ended %t", i, got)
			}
		}
	}
	s := (&scene{reads: Reads{Instances: []Instance{member("i"), with(member("l"), leaving), with(member("o"), unlist)}}})
	s.rec.Retired = map[string]time.Time{"i": noon, "l": noon, "o": noon}
	for id, want := range map[string]Standing{"i": Retired, "l": Leaving, "o": Outside, "u": Unseen} {
		if got := s.view().Standing(id); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	if v := s.view(); v.Stays("u") || v.Ended("u") || !v.Retired("i") || v.Retired("u") {
		t.Error("who is not seen neither stays nor ended")
	}
}

func TestAMemberThatEC2DoesNotShowYetIsNotLacking(t *testing.T) {
	t.Parallel()
	s := &scene{reads: Reads{Instances: []Instance{member("i-a"), with(member("i-new"), func(i *Instance) { i.State, i.Lifecycle = "", "Pending" }),
		with(member("i-l"), func(i *Instance) { leaving(i); i.State = "" }), with(member("i-s"), func(i *Instance) { i.State, i.Lifecycle = "", "Standby" }),
		with(member("i-o"), func(i *Instance) { unlist(i); i.State = "" }), with(member("i-d"), func(i *Instance) { i.State = "terminated" })}}}
	if got := s.view().Undescribed(); got != 1 {
		t.Errorf("%d are not described, want i-new alone", got)
	}
}

func TestTheLive(t *testing.T) {
	t.Parallel()
	s := &scene{reads: Reads{Instances: []Instance{member("i-b"), member("i-a"), with(member("i-p"), func(i *Instance) { i.Lifecycle = "Pending" }), with(member("i-l"), leaving),
		with(member("i-s"), func(i *Instance) { i.Lifecycle = "Standby" }), with(member("i-d"), func(i *Instance) { i.State = "terminated" }), with(member("i-o"), unlist)}}}
	v := s.view()
	var live []string
	for _, i := range v.Live() {
		live = append(live, i.ID)
	}
	if got := fmt.Sprint(live); got != "[i-a i-b i-p]" {
		t.Errorf("live are %s", got)
	}
	if got := fmt.Sprint(v.IDs()); got != "[i-a i-b i-d i-l i-o i-p i-s]" {
		t.Errorf("seen are %s", got)
	}
	if v.Pending() != 1 {
		t.Errorf("%d are pending", v.Pending())
	}
	if i, seen := v.Instance("i-a"); !seen || i.ID != "i-a" || v.Get("i-a").ID != "i-a" {
		t.Error("i-a is not found")
	}
	if i, seen := v.Instance("i-x"); seen || i.ID != "" || v.Get("i-x").ID != "" {
		t.Error("i-x is found")
	}
}

// A record that changes is followed: what a rule writes counts at once.
func TestTheViewFollowsTheRecord(t *testing.T) {
	t.Parallel()
	s := owes(books.Attaching, 5).change("i-s", unlist)
	v := s.view()
	if v.Old() {
		t.Fatal("old before anything was done")
	}
	s.rec.Books.On("i-s", books.AttachAnswered, noon)
	s.reads.Group.Desired = 4
	if !v.Old() {
		t.Error("attached, not listed, and not old")
	}
}
