package view

import (
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
)

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

func TestAnAttachThatFellThrough(t *testing.T) {
	t.Parallel()
	s := owes(books.Attached, 100) // opened 102 s ago
	fell := Activity{Kind: Attach, Instance: "i-s", At: ago(50), Failed: true}
	change := func(f func(*Activity)) Activity { a := fell; f(&a); return a }
	for _, c := range []struct {
		name string
		a    Activity
		want bool
	}{
		{"since it was opened", fell, true},
		{"two seconds before, by another clock", change(func(a *Activity) { a.At = ago(104) }), true},
		{"before", change(func(a *Activity) { a.At = ago(105) }), false},
		{"it did not fail", change(func(a *Activity) { a.Failed = false }), false},
		{"somebody else's", change(func(a *Activity) { a.Instance = "i-x" }), false},
		{"it was no attach", change(func(a *Activity) { a.Kind = UserShrink }), false},
	} {
		s.reads.Activities = []Activity{c.a}
		if got := s.view().FellThrough(s.rec.Books.Debts()[0]); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestWhoFellIll(t *testing.T) {
	t.Parallel()
	ill := Activity{Kind: Unhealthy, Instance: "i-s", At: ago(50)}
	ended := Activity{Kind: Unhealthy, Instance: "i-s", At: ago(60), Ended: true}
	change := func(a Activity, f func(*Activity)) Activity { f(&a); return a }
	for _, c := range []struct {
		name string
		a    Activity
		by   string
		want bool
	}{
		{"found unhealthy", ill, "", true},
		{"found unhealthy, and ended by the group", ill, "Client.UserInitiatedShutdown", true},
		{"in the very moment, ended by itself", ended, "Client.InstanceInitiatedShutdown", true},
		{"ended by its owner", ended, "Client.UserInitiatedShutdown", false},
		{"ended, and nobody knows why", ended, "", false},
		{"taken by AWS", ended, "Server.SpotInstanceTermination", false},
		{"taken by AWS for want of capacity", ended, "Server.InsufficientInstanceCapacity", false},
		{"before", change(ill, func(a *Activity) { a.At = ago(61) }), "", false},
		{"somebody else", change(ill, func(a *Activity) { a.Instance = "i-x" }), "", false},
		{"failed", change(ill, func(a *Activity) { a.Failed = true }), "", false},
		{"taken out by the group", change(ill, func(a *Activity) { a.Kind = GroupTook }), "", false},
	} {
		s := &scene{reads: Reads{Activities: []Activity{c.a}, Instances: []Instance{{ID: "i-s", EndedBy: c.by}}}}
		if got := s.view().FellIll("i-s", ago(60)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
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
