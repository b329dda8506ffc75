package view

import (
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

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

func TestDesiredMayBeWhatItWasBeforeOurLastCalls(t *testing.T) {
	t.Parallel()
	hide := func(i *Instance) { i.Listed = false }
	for _, c := range []struct {
		name              string
		s                 *scene
		desired, expected int
		want              bool
	}{
		{"it is as expected", owes(books.Attached, 5).change("i-s", hide), 4, 4, false},
		{"less, before an attach that no read shows", owes(books.Attached, 5).change("i-s", hide), 3, 4, true},
		{"less by more", owes(books.Attached, 5).change("i-s", hide), 2, 4, false},
		{"more, before a retirement", owes(books.Attached, 5).retired("i-gone", 19), 5, 4, true},
		{"more by more", owes(books.Attached, 5).retired("i-gone", 19), 6, 4, false},
		{"another expected", owes(books.Attached, 5).retired("i-gone", 19), 6, 5, true},
	} {
		c.s.reads.Group.Desired = c.desired
		if got := c.s.view().NotYet(c.expected); got != c.want {
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
