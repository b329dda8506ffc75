package decide

import (
	"fmt"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// failures are all ways in which a call may be answered.
var failures = []Failure{Done, NotMember, AlreadyMember, AtMax, AtMin, Gone, Mismatch, Throttled, Invalid, Lost, Expired}

var earlier = noon.Add(-30 * time.Second)

// answered is a record with one of everything that an answer may be about.
func answered() ledger.Record {
	debt := func(s, v string, phase books.Phase, spot bool) books.StoredDebt {
		d := books.StoredDebt{Victim: v, Phase: phase, At: earlier, Since: earlier, Sent: earlier,
			Intent: books.StoredLaunch{Purpose: books.Swap, Instance: s, Launch: books.StoredNonce{Nonce: "n-" + s, Spot: spot}}}
		if phase != books.Attaching {
			d.Asked = earlier
		}
		return d
	}
	return ledger.Record{
		Intents:  []ledger.Intent{{Launch: ledger.Launch{Nonce: "n", Spot: true}, At: earlier}, {Victim: "i-x", Launch: ledger.Launch{Nonce: "n-notice"}, At: earlier}},
		Notices:  map[string]ledger.Notice{"i-x": {Released: earlier}},
		Drains:   map[string]ledger.Drain{"i-ask": {At: earlier, Until: noon.Add(time.Minute), For: "i-s"}},
		Shielded: map[string]time.Time{"i-p": earlier}, Dropped: true, Status: ledger.Status{Tagged: "old"},
		Books: loaded(books.Stored{Desired0: 3, Lease: &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}, At: earlier}, Pairs: []books.StoredDebt{
			debt("i-1st", "i-v1", books.Attaching, true), debt("i-2nd", "i-v2", books.Attaching, true),
			debt("i-pay", "i-v3", books.Paying, true), debt("i-undo", "i-v4", books.Undoing, true), debt("i-od", "i-v5", books.Paying, false),
		}}),
	}
}

// What was certainly not done stays to be done; what may have been done is not done again; and each call may be answered in every way.
func TestWhatEveryAnswerProves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		action Action
		shows  func(ledger.Record) string
		want   map[string][]Failure // where not otherwise
		others string
	}{
		{"a launch", Action{Kind: LaunchOne, Launch: &ledger.Launch{Nonce: "n"}}, launchState,
			map[string][]Failure{"closed, 1 failures, 0 tries": {Done, Invalid, Gone}, "look only": {Mismatch}, "closed, 0 failures, 0 tries": {Throttled, Expired}}, "open"},
		{"a launch that is sent again", Action{Kind: LaunchOne, Again: true, Launch: &ledger.Launch{Nonce: "n"}}, launchState,
			map[string][]Failure{"closed, 1 failures, 0 tries": {Done, Invalid, Gone}, "look only": {Mismatch}, "young": {Throttled, Expired}}, "open"},
		{"a launch for a notice", Action{Kind: LaunchOne, Launch: &ledger.Launch{Nonce: "n-notice"}}, launchState,
			map[string][]Failure{"closed, 0 failures, 1 tries": {Done, Invalid, Gone}, "look only": {Mismatch}, "closed, 0 failures, 0 tries": {Throttled, Expired}}, "open"},
		{"a launch that nobody remembers", Action{Kind: LaunchOne, Launch: &ledger.Launch{Nonce: "?"}}, launchState, nil, "open"},
		{"a raise", Action{Kind: RaiseMax}, leaseState, map[string][]Failure{"raised now": {Done}}, "asked earlier"},
		{"giving MaxSize back", Action{Kind: RestoreMax}, leaseState, map[string][]Failure{"returned now": {Done}}, "asked earlier"},
		{"a first attach", Action{Kind: AttachSome, Instances: []string{"i-1st"}}, debtState("i-1st"),
			map[string][]Failure{"attached proves sent 0 failures": {Done, AlreadyMember}, "attaching 0 failures": {AtMax, Throttled, Expired}, "undoing 1 failures": {Invalid, Gone}}, "attaching sent 0 failures"},
		{"an attach of several", Action{Kind: AttachSome, Instances: []string{"i-1st", "i-2nd"}}, debtState("i-2nd"),
			map[string][]Failure{"attached proves sent 0 failures": {Done}, "attaching 0 failures": {AtMax, Throttled, Expired}, "attaching sent alone 0 failures": {Invalid, Gone, AlreadyMember}}, "attaching sent 0 failures"},
		{"an attach of what is attached", Action{Kind: AttachSome, Instances: []string{"i-pay"}}, debtState("i-pay"), nil, "paying sent asked 0 failures"},
		{"a payment", Action{Kind: Retire, Instance: "i-v3", Decrement: true}, debtState("i-pay"),
			map[string][]Failure{"closed, due 4, retired i-v3": {Done}, "closed, due 5": {AtMin}, "attached sent 0 failures": {NotMember, Gone, Throttled, Expired, Invalid}}, "paying sent asked 0 failures"},
		{"a payment by on-demand", Action{Kind: Retire, Instance: "i-v5", Decrement: true}, debtState("i-od"),
			map[string][]Failure{"closed, due 4, retired i-v5": {Done}, "closed, due 5": {AtMin}, "attached sent 0 failures": {NotMember, Gone, Throttled, Expired, Invalid}}, "paying sent asked 0 failures"},
		{"an undo", Action{Kind: Retire, Instance: "i-undo", Decrement: true}, debtState("i-undo"),
			map[string][]Failure{"closed, due 5, retired i-undo": {Done}, "closed, due 5": {AtMin}, "closed, due 5, i-undo to go": {NotMember, Gone}, "undoing sent 0 failures": {Throttled, Expired, Invalid}}, "undoing sent asked 0 failures"},
		{"the replacement of what is to be paid", Action{Kind: Retire, Instance: "i-pay", Decrement: true}, debtState("i-pay"), nil, "paying sent asked 0 failures"},
		{"the victim of what is to be undone", Action{Kind: Retire, Instance: "i-v4", Decrement: true}, debtState("i-undo"), nil, "undoing sent asked 0 failures"},
		{"the victim of what is to be paid, released", Action{Kind: Retire, Instance: "i-v3"}, debtState("i-pay"), nil, "paying sent asked 0 failures"},
		{"a release", Action{Kind: Retire, Instance: "i-x"}, released, map[string][]Failure{"false": {Throttled, Expired, Lost}}, "true"},
		{"a retirement of what is doomed, with decrement", Action{Kind: Retire, Instance: "i-x", Decrement: true}, released, nil, "true"},
		{"who is retired for nothing on record", Action{Kind: Retire, Instance: "i-x", Decrement: true}, func(r ledger.Record) string { return fmt.Sprint(len(r.Retired), len(r.Proving)) }, nil, "0 0"},
		{"protection given back", Action{Kind: Unprotect, Instance: "i-p"}, func(r ledger.Record) string { return fmt.Sprint(len(r.Shielded)) },
			map[string][]Failure{"0": {Done, Gone, Invalid, NotMember}}, "1"},
		{"desired set back", Action{Kind: SetDesired}, func(r ledger.Record) string { return fmt.Sprint(r.Books.Owed(), len(r.Books.Debts())) }, map[string][]Failure{"0 3": {Done}}, "2 5"},
		{"the status tag", Action{Kind: TagStatus, Text: "new"}, func(r ledger.Record) string { return r.Status.Tagged }, map[string][]Failure{"new": {Done, Invalid}}, "old"},
		{"the status tag taken away", Action{Kind: UntagStatus}, func(r ledger.Record) string { return r.Status.Tagged }, map[string][]Failure{"": {Done, Invalid}}, "old"},
		{"our template dropped", Action{Kind: DropTemplate}, dropped, map[string][]Failure{"true, 0 failures": {Done, Gone, Invalid}}, "false, 0 failures"},
		{"our template made", Action{Kind: MakeTemplate}, dropped, map[string][]Failure{"false, 1 failures": {Invalid, Gone}}, "false, 0 failures"},
		{"an ask", Action{Kind: AskDrain, Instance: "i-ask"}, drainState, map[string][]Failure{"drains now": {Done}}, "drains"},
		{"an ask taken back", Action{Kind: AskNoMore, Instance: "i-ask"}, drainState, map[string][]Failure{"awake": {Done, Gone, Invalid}}, "drains"},
		{"protection", Action{Kind: Protect, Instance: "i-p"}, whole, nil, whole(answered())},
		{"an end", Action{Kind: Terminate, Instance: "i-p"}, whole, nil, whole(answered())},
		{"tags taken away", Action{Kind: Untag, Instances: []string{"i-p"}}, whole, nil, whole(answered())},
	} {
		for _, f := range failures {
			want := c.others
			for w, list := range c.want {
				for _, x := range list {
					if x == f {
						want = w
					}
				}
			}
			before := answered()
			if got := c.shows(Learn(before, c.action, Result{Failure: f, Detail: "so"}, noon)); got != want {
				t.Errorf("%s that is answered by %q: %s, want %s", c.name, f, got, want)
			}
			if whole(before) != whole(answered()) {
				t.Errorf("%s that is answered by %q changed the record that it was given", c.name, f)
			}
		}
	}
}

func whole(r ledger.Record) string {
	b, err := r.Encode()
	return fmt.Sprint(string(b), err)
}

func launchState(r ledger.Record) string {
	if len(r.Intents) < 2 {
		return fmt.Sprintf("closed, %d failures, %d tries", r.Failures, r.Notices["i-x"].Tries)
	}
	for _, it := range r.Intents {
		switch {
		case it.LookOnly:
			return "look only"
		case it.At.Equal(noon):
			return "young"
		}
	}
	return "open"
}

func leaseState(r ledger.Record) string {
	l := r.Books.Lease()
	if l.At.Equal(noon) {
		return string(l.State) + " now"
	}
	return string(l.State) + " earlier"
}

func debtState(name string) func(ledger.Record) string {
	return func(r ledger.Record) string {
		d, open := r.Books.Debt(name)
		if !open {
			out := fmt.Sprintf("closed, due %d", r.Books.Due())
			for id := range r.Retired {
				out += ", retired " + id
			}
			for id := range r.Proving {
				out += ", proves " + id
			}
			for _, it := range r.Intents {
				if it.Abandoned != "" {
					out += ", " + it.Instance + " to go"
				}
			}
			return out
		}
		out := string(d.Phase)
		if _, watched := r.Proving[d.Replacement.Instance]; watched {
			out += " proves"
		}
		if !d.Sent.IsZero() {
			out += " sent"
		}
		if d.Alone {
			out += " alone"
		}
		if !d.Asked.IsZero() {
			out += " asked"
		}
		return fmt.Sprintf("%s %d failures", out, r.Failures)
	}
}

func released(r ledger.Record) string { return fmt.Sprint(!r.Notices["i-x"].Released.IsZero()) }
func dropped(r ledger.Record) string  { return fmt.Sprintf("%t, %d failures", r.Dropped, r.Failures) }

// drainState is how the drain of i-ask stands.
func drainState(r ledger.Record) string {
	switch d := r.Drains["i-ask"]; {
	case !d.Draining():
		return "awake"
	case d.Set && d.At.Equal(noon):
		return "drains now"
	}
	return "drains"
}
