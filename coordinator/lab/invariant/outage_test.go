package invariant

import (
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

func TestANoticeIsDueAtOnceOrWhenTheAPIReturns(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	until := from.Add(10 * time.Minute)
	for _, c := range []struct {
		name  string
		holds bool
		at    time.Duration // since the outage began
		want  time.Duration
	}{
		{"a launch can do without it", false, time.Minute, time.Minute + answerWithin},
		{"a launch needs it", true, time.Minute, 10*time.Minute + answerWithin},
		{"the notice came just before", true, -answerWithin / 2, 10*time.Minute + answerWithin},
		{"there was time to answer it before", true, -answerWithin, 0},
		{"the last moment", true, 10*time.Minute - 1, 10*time.Minute + answerWithin},
		{"it answers again", true, 10 * time.Minute, 10*time.Minute + answerWithin},
	} {
		o := outage{Outage: Outage{From: from, Until: until, Holds: c.holds}}
		if got := o.due(from.Add(c.at)).Sub(from); got != c.want {
			t.Errorf("%s: due %s after the outage began, want %s", c.name, got, c.want)
		}
	}
}

func TestANoticeIsAnsweredByWhatStandsInTheRecordForIt(t *testing.T) {
	t.Parallel()
	intent := func(victim, nonce, instance string) ledger.Record {
		return ledger.Record{Intents: []ledger.Intent{{Victim: victim, Instance: instance, Launch: ledger.Launch{Nonce: nonce}}}}
	}
	for _, c := range []struct {
		name     string
		rec      ledger.Record
		launched string
		want     bool
	}{
		{"nothing", ledger.Record{}, "", false},
		{"a launch that is decided", intent("i-1", "n-1", ""), "", false},
		{"a launch that was made", intent("i-1", "n-1", ""), "n-1", true},
		{"another that was made", intent("i-1", "n-1", ""), "n-2", false},
		{"a launch that was answered", intent("i-1", "n-1", "i-9"), "", true},
		{"another's", intent("i-2", "n-1", "i-9"), "n-1", false},
	} {
		if got := answers(c.rec, "i-1", c.launched); got != c.want {
			t.Errorf("%s: answered %t", c.name, got)
		}
	}
}
