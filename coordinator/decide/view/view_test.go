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

func unlist(i *Instance)  { i.Listed, i.Member, i.Lifecycle = false, false, "" }
func leaving(i *Instance) { i.Lifecycle = "Terminating:Wait" }
func dead(i *Instance)    { i.State = "terminated"; unlist(i) }

func TestAReadThatDoesNotShowOurCallsIsOld(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		s    *scene
		want bool
	}{
		{"nothing was done", owes(books.Attaching, 5), false},
		{"attached and listed", owes(books.Attached, 5), false},
		{"attached and not listed yet", owes(books.Attached, 59).change("i-s", unlist), true},
		{"attached a minute ago and not listed: it is as it is", owes(books.Attached, 60).change("i-s", unlist), false},
		{"paying and not listed", owes(books.Paying, 5).change("i-s", unlist), true},
		{"attaching and not listed", owes(books.Attaching, 5).change("i-s", unlist), false},
		{"attached, and on its way out already", owes(books.Attached, 5).change("i-s", func(i *Instance) { i.Listed, i.Lifecycle = false, "Terminating" }), false},
		{"attached, and dead by now", owes(books.Attached, 5).change("i-s", dead), false},
		{"attached, and not described at all", (&scene{rec: owes(books.Attached, 5).rec}), true},
		{"over MaxSize, with no replacement to be listed", &scene{rec: ledger.Record{Books: books.Edited(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Victim: "i-od", Phase: books.Attached, Since: ago(5)}}
		})}}, false},
		{"an attach is being undone", owes(books.Undoing, 600), true},
		{"retired, and shown in service", owes(books.Attaching, 5).retired("i-od", 59), true},
		{"retired a minute ago, and shown in service", owes(books.Attaching, 5).retired("i-od", 60), false},
		{"retired, and shown as leaving", owes(books.Attaching, 5).retired("i-od", 30).change("i-od", leaving), false},
		{"retired, and not listed any more", owes(books.Attaching, 5).retired("i-od", 30).change("i-od", func(i *Instance) { i.Listed = false }), false},
		{"retired, and shown as detaching, which was before", owes(books.Attaching, 5).retired("i-od", 19).change("i-od", func(i *Instance) { i.Lifecycle = "Detaching" }), true},
		{"retired, and detaching since", owes(books.Attaching, 5).retired("i-od", 20).change("i-od", func(i *Instance) { i.Lifecycle = "Detaching" }), false},
	} {
		if c.s.reads.Group.Desired == 0 {
			c.s.reads.Group = Group{Desired: 4, Max: 4}
		}
		c.s.reads.Group.Desired = c.s.rec.Books.Due()
		v := c.s.view()
		if got := v.Old(); got != c.want {
			t.Errorf("%s: old %t", c.name, got)
		}
		if old := v.Numbers() == Old; old != c.want {
			t.Errorf("%s: numbers %s", c.name, v.Numbers())
		}
	}
}

// A victim that left already shows nothing of its payment, so that the number alone tells that the read is old.
func TestDesiredAsItWasBeforeARetirementIsOld(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		desired, ago int
		want         bool
	}{
		{"what is due", 4, 5, false},
		{"one more, as it was before", 5, 19, true},
		{"one more for longer than reads lag", 5, 20, false},
		{"two more", 6, 5, false},
		{"one less", 3, 5, false},
	} {
		s := owes(books.Attached, 5).retired("i-gone", c.ago)
		s.reads.Group.Desired = c.desired
		if got := s.view().Old(); got != c.want {
			t.Errorf("%s: old %t", c.name, got)
		}
	}
	s := owes(books.Attached, 5)
	s.reads.Group.Desired = 5
	if s.view().Old() {
		t.Error("nothing was retired, and one more is old")
	}
}

func TestWhatCannotBeExplainedIsUnknown(t *testing.T) {
	t.Parallel()
	s := owes(books.Attached, 5)
	if got := s.view().Numbers(); got != Known {
		t.Errorf("%s", got)
	}
	s.reads.Unread = true
	if got := s.view().Numbers(); got != Unknown {
		t.Errorf("%s", got)
	}
}

func TestDesiredMayBeFromBeforeOurLastCalls(t *testing.T) {
	t.Parallel()
	hide := func(i *Instance) { i.Listed = false }
	for _, c := range []struct {
		name    string
		s       *scene
		desired int
		want    bool
	}{
		{"before an attach that no read shows", owes(books.Attached, 19).change("i-s", hide), 3, true},
		{"before an attach of longer ago", owes(books.Attached, 20).change("i-s", hide), 3, false},
		{"a read that lists it was made after it", owes(books.Attached, 5), 3, false},
		{"before an attach that is not answered", owes(books.Attaching, 5).change("i-s", hide), 2, false},
		{"less than before the attach", owes(books.Attached, 5).change("i-s", hide), 2, false},
		{"what is due", owes(books.Attached, 5), 4, true},
		{"before a retirement", owes(books.Attached, 5).retired("i-gone", 19), 5, true},
		{"before a retirement of longer ago", owes(books.Attached, 5).retired("i-gone", 20), 5, false},
		{"more than before the retirement", owes(books.Attached, 5).retired("i-gone", 5), 6, false},
	} {
		c.s.reads.Group.Desired = c.desired
		if got := c.s.view().MaybeBefore(); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestWhoseMaxSizeItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		state       books.LeaseState
		min, max    int
		seconds     int
		want        MaxSize
		roomForFive bool
	}{
		{"what we set", books.Raised, 1, 5, 90, Lent, false},
		{"what we set, just now", books.Raised, 1, 5, 59, Lent, true},
		{"an earlier value of ours, still read", books.Raised, 1, 4, 59, Lent, true},
		{"an earlier value of ours, once ours must show", books.Raised, 1, 4, 60, Changed, false},
		{"the owner's, from before the raise", books.Raised, 1, 3, 59, Untold, true},
		{"the owner's again", books.Raised, 1, 3, 60, Owners, false},
		{"another number, from whenever", books.Raised, 1, 9, 19, Untold, true},
		{"another number", books.Raised, 1, 9, 20, Changed, true},
		{"a minimum above the owner's says that both were set", books.Raised, 4, 5, 5, Changed, true},
		{"and so later", books.Raised, 4, 5, 90, Changed, false},
		{"a minimum that equals it does not", books.Raised, 3, 5, 90, Lent, false},
		{"nor just after the raise", books.Raised, 3, 4, 5, Lent, true},
		{"nor where it is not told yet", books.Raised, 3, 9, 5, Untold, true},
		{"given back, and an earlier value of ours is read much later", books.Restored, 1, 4, 90, Lent, false},
		{"asked and not answered", books.Asked, 1, 3, 59, Untold, false},
		{"asked, and done without an answer", books.Asked, 1, 5, 90, Lent, false},
		{"asked, and not done", books.Asked, 1, 3, 60, Owners, false},
		{"given back, and still read as ours", books.Restored, 1, 5, 5, Lent, false},
		{"given back", books.Restored, 1, 3, 60, Owners, false},
	} {
		s := &scene{reads: Reads{Group: Group{Min: c.min, Max: c.max}}}
		s.rec.Books = books.Edited(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 5, Tried: []int{4, 5}, At: ago(c.seconds), Raised: c.state != books.Asked, Returned: c.state == books.Restored}
		})
		v := s.view()
		if got := v.MaxSize(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if v.Room(5) != c.roomForFive || v.Room(6) {
			t.Errorf("%s: room for five %t, for six %t", c.name, v.Room(5), v.Room(6))
		}
	}
}

func TestTheBoundsOfReads(t *testing.T) {
	t.Parallel()
	v := (&scene{}).view()
	for _, c := range []struct {
		seconds                           int
		shown, mostly, awaited, isOverdue bool
	}{
		{0, false, false, true, false}, {19, false, false, true, false}, {20, false, true, true, false}, {59, false, true, true, false}, {60, true, true, true, false},
		{299, true, true, true, false}, {300, true, true, false, false}, {301, true, true, false, true},
	} {
		at := ago(c.seconds)
		if v.Shown(at) != c.shown || v.Mostly(at) != c.mostly || v.Awaited(at) != c.awaited || v.Overdue(at) != c.isOverdue {
			t.Errorf("%d s ago: shown %t, mostly %t, awaited %t, overdue %t", c.seconds, v.Shown(at), v.Mostly(at), v.Awaited(at), v.Overdue(at))
		}
	}
	if v.Since(ago(7)) != 7*time.Second {
		t.Errorf("7 s ago was %s ago", v.Since(ago(7)))
	}
}

func TestAPaymentIsUnansweredAsLongAsItMayShow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		phase              books.Phase
		seconds            int
		unanswered, unpaid bool
	}{
		{books.Attached, 5, false, true}, {books.Paying, 59, true, false}, {books.Paying, 60, false, true}, {books.Attaching, 5, false, false}, {books.Attaching, 60, false, true},
	} {
		s := owes(c.phase, c.seconds)
		d := s.rec.Books.Debts()[0]
		if v := s.view(); v.Unanswered(d) != c.unanswered || v.Unpaid(d) != c.unpaid {
			t.Errorf("%s for %d s: unanswered %t, unpaid %t", c.phase, c.seconds, v.Unanswered(d), v.Unpaid(d))
		}
	}
}

func TestMembersAreCountedAsAWSMayCountThem(t *testing.T) {
	t.Parallel()
	s := owes(books.Attached, 5)
	s.reads.Instances = append(s.reads.Instances, with(member("i-wait"), leaving), with(member("i-out"), unlist))
	if got := s.view().Listed(); got != 3 {
		t.Errorf("%d are listed", got)
	}
	for _, c := range []struct {
		id      string
		seconds int
		want    int
	}{{"i-gone", 19, 4}, {"i-gone", 20, 3}, {"i-od", 5, 3}} {
		if got := s.retired(c.id, c.seconds).view().Listed(); got != c.want {
			t.Errorf("%s retired %d s ago: %d", c.id, c.seconds, got)
		}
	}
}

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

func TestActivities(t *testing.T) {
	t.Parallel()
	s := owes(books.Attached, 100) // opened 102 s ago, sent 101 s ago
	at := func(kind ActivityKind, id string, seconds int) Activity {
		return Activity{Kind: kind, Instance: id, At: ago(seconds)}
	}
	d := s.rec.Books.Debts()[0]
	for _, c := range []struct {
		name                 string
		a                    Activity
		happened, before, by bool
	}{
		{"since it was opened", at(UserShrink, "i-od", 50), true, true, true},
		{"two seconds before, by another clock", at(UserShrink, "i-od", 104), true, true, true},
		{"three seconds before", at(UserShrink, "i-od", 105), false, true, true},
		{"a minute before", at(UserShrink, "i-od", 162), false, true, true},
		{"more than a minute before", at(UserShrink, "i-od", 163), false, false, true},
		{"of somebody else", at(UserShrink, "i-x", 50), false, false, true},
		{"of another kind", at(Unhealthy, "i-od", 50), false, false, false},
		{"failed", Activity{Kind: UserShrink, Instance: "i-od", At: ago(50), Failed: true}, false, false, false},
	} {
		s.reads.Activities = []Activity{c.a}
		v := s.view()
		if v.Happened(UserShrink, "i-od", d) != c.happened || v.HappenedBefore(UserShrink, "i-od", d) != c.before || v.HappenedSince(ago(500), UserShrink, "") != c.by {
			t.Errorf("%s: %t %t %t", c.name, v.Happened(UserShrink, "i-od", d), v.HappenedBefore(UserShrink, "i-od", d), v.HappenedSince(ago(500), UserShrink, ""))
		}
	}
}

func TestWhetherAnythingTellsWhyAnInstanceLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		a    Activity
		want bool
	}{
		{"taken by the group", Activity{Kind: GroupTook, Instance: "i-s", At: ago(50)}, true},
		{"in the very moment", Activity{Kind: GroupTook, Instance: "i-s", At: ago(60)}, true},
		{"before", Activity{Kind: GroupTook, Instance: "i-s", At: ago(61)}, false},
		{"somebody else", Activity{Kind: GroupTook, Instance: "i-x", At: ago(50)}, false},
		{"a failed one", Activity{Kind: GroupTook, Instance: "i-s", At: ago(50), Failed: true}, false},
		{"its attach", Activity{Kind: Attach, Instance: "i-s", At: ago(50)}, false},
	} {
		s := &scene{reads: Reads{Activities: []Activity{c.a}}}
		if got := s.view().Told("i-s", ago(60)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestWhoNamedDesiredSinceTheAttach(t *testing.T) {
	t.Parallel()
	s := owes(books.Attached, 100)
	d := s.rec.Books.Debts()[0]
	if got := s.view().AttachedAt(d); !got.Equal(ago(101)) {
		t.Errorf("attached %s", got)
	}
	unsent := d
	unsent.Sent = time.Time{}
	if got := s.view().AttachedAt(unsent); !got.Equal(ago(102)) {
		t.Errorf("never sent: attached %s", got)
	}
	told := Activity{Kind: Attach, Instance: "i-s", At: ago(90).Add(400 * time.Millisecond)}
	s.reads.Activities = []Activity{{Kind: Attach, Instance: "i-x", At: ago(1)}, {Kind: Resize, Instance: "i-s", At: ago(200)}, told}
	if got := s.view().AttachedAt(d); !got.Equal(told.At) {
		t.Errorf("told: attached %s", got)
	}
	for seconds, want := range map[int]bool{50: true, 90: true, 91: false} {
		s.reads.Activities = []Activity{{Kind: Resize, At: ago(seconds)}, told}
		if got := s.view().Named(d); got != want {
			t.Errorf("named %d s ago: %t", seconds, got)
		}
	}
}

func TestABaseThatWasReadTooLate(t *testing.T) {
	t.Parallel()
	s := owes(books.Attached, 100) // opened 102 s ago, attached 101 s ago
	for _, c := range []struct {
		name string
		a    Activity
		want bool
	}{
		{"named just before", Activity{Desired: 5, At: ago(103)}, true},
		{"named a minute before the debt was opened", Activity{Desired: 5, At: ago(162)}, false},
		{"named within the minute", Activity{Desired: 5, At: ago(161)}, true},
		{"named after the attach", Activity{Desired: 5, At: ago(101)}, false},
		{"another number", Activity{Desired: 6, At: ago(103)}, false},
		{"named earlier than the instance followed", Activity{Desired: 5, At: ago(50), DesiredAt: ago(103)}, true},
	} {
		s.reads.Activities = []Activity{c.a}
		if got := s.view().NamedBefore(5); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	s.reads.Activities = []Activity{{At: ago(103)}}
	if s.view().NamedBefore(0) {
		t.Error("a cause that tells no number names nought")
	}
	s = &scene{reads: Reads{Activities: []Activity{{Desired: 5, At: ago(103)}}}}
	if s.view().NamedBefore(5) {
		t.Error("with no debt open nothing was read too late")
	}
}

func TestTheGroupsOwnLaunchesFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		list []Activity
		want bool
	}{
		"none":                         {nil, false},
		"the only one failed":          {[]Activity{{Launching: true, Failed: true}}, true},
		"the last failed":              {[]Activity{{Kind: UserShrink}, {Launching: true, Failed: true}, {Launching: true}}, true},
		"the last worked":              {[]Activity{{Launching: true}, {Launching: true, Failed: true}}, false},
		"something else failed":        {[]Activity{{Failed: true}, {Launching: true}}, false},
		"nothing was launched, failed": {[]Activity{{Failed: true}}, false},
	} {
		s := &scene{reads: Reads{Activities: c.list}}
		if got := s.view().LaunchFails(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
