package decide

import (
	"fmt"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// What was certainly not done stays to be done; what may have been done is not done again.
func TestWhatAnAnswerProves(t *testing.T) {
	t.Parallel()
	before := noon.Add(-30 * time.Second)
	launch := ledger.Launch{Nonce: "n"}
	for _, c := range []struct {
		name   string
		action Action
		res    Result
		is     func(ledger.Record) string
		want   string
	}{
		{"a launch that was throttled is as young as before", Action{Kind: LaunchOne, Launch: &launch}, Result{Failure: Throttled}, youngIntent, "1 true"},
		{"a launch that was not sent", Action{Kind: LaunchOne, Launch: &launch}, Result{Failure: Expired}, youngIntent, "1 true"},
		{"a launch that was not answered ages", Action{Kind: LaunchOne, Launch: &launch}, Result{Failure: Lost}, youngIntent, "1 false"},
		{"a launch that is refused is over", Action{Kind: LaunchOne, Launch: &launch}, Result{Failure: Invalid}, youngIntent, "0 false"},
		{"a release that was throttled is to be done", Action{Kind: Retire, Instance: "i-x"}, Result{Failure: Throttled}, released, "false"},
		{"a release that was not answered is to be done", Action{Kind: Retire, Instance: "i-x"}, Result{Failure: Lost}, released, "false"},
		{"a release that was done", Action{Kind: Retire, Instance: "i-x"}, Result{}, released, "true"},
		{"a release that is refused is not asked again", Action{Kind: Retire, Instance: "i-x"}, Result{Failure: Invalid}, released, "true"},
		{"an attach without room was not made", Action{Kind: AttachSome, Instances: []string{"i-s"}}, Result{Failure: AtMax}, sent, "false"},
		{"an attach that was throttled: an earlier one may have been", Action{Kind: AttachSome, Instances: []string{"i-s"}}, Result{Failure: Throttled}, sent, "true"},
		{"a first attach that was throttled", Action{Kind: AttachSome, Instances: []string{"i-1st"}}, Result{Failure: Throttled}, first, "false"},
		{"a first attach that was not sent", Action{Kind: AttachSome, Instances: []string{"i-1st"}}, Result{Failure: Expired}, first, "false"},
		{"a first attach that was not answered", Action{Kind: AttachSome, Instances: []string{"i-1st"}}, Result{Failure: Lost}, first, "true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := ledger.Record{
				Intents: []ledger.Intent{{Launch: launch, At: before}},
				Notices: map[string]ledger.Notice{"i-x": {Released: before}},
				Books: loaded(books.Stored{Pairs: []books.StoredDebt{{Phase: books.Attaching, Sent: before, Since: noon, Intent: books.StoredLaunch{Instance: "i-s"}},
					{Phase: books.Attaching, Sent: noon, Since: noon, Intent: books.StoredLaunch{Instance: "i-1st"}}}}),
			}
			if got := c.is(Learn(rec, c.action, c.res, noon)); got != c.want {
				t.Errorf("it is %s, want %s", got, c.want)
			}
		})
	}
}

func youngIntent(r ledger.Record) string {
	return fmt.Sprint(len(r.Intents), len(r.Intents) > 0 && r.Intents[0].At.Equal(noon))
}
func released(r ledger.Record) string { return fmt.Sprint(!r.Notices["i-x"].Released.IsZero()) }
func first(r ledger.Record) string    { return fmt.Sprint(!r.Books.Debts()[1].Sent.IsZero()) }
func sent(r ledger.Record) string     { return fmt.Sprint(!r.Books.Debts()[0].Sent.IsZero()) }

// A plan launches no more than a run has time for; the rest comes with the next.
func TestManyNoticesAreAnsweredInPortions(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.Desired, w.Group.Max, w.Instances = 40, 60, nil
	for i := range 40 {
		id := fmt.Sprintf("i-s%02d", i)
		w.add(attached(id, string("abc"[i%3])))
		w.doom(id, time.Second)
	}
	p := Decide(w)
	if len(p.Actions) != launchBatch || len(p.Record.Intents) != launchBatch || p.Look.After(noon) {
		t.Errorf("%d actions, %d intents, again at %s", len(p.Actions), len(p.Record.Intents), p.Look)
	}
}
