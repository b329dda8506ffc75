package decide

import (
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// Learn takes the answer to an action into the record. What an answer proves need not be asked again; what was
// not answered stays as it was written before the call.
func Learn(rec ledger.Record, a Action, res Result, now time.Time) ledger.Record {
	rec = rec.Clone()
	switch a.Kind {
	case LaunchOne:
		learnLaunch(&rec, a, res, now)
	case AttachSome:
		learnAttach(&rec, a.Instances, res, now)
	case RaiseMax:
		switch res.Failure {
		case Done:
			rec.Books.RaiseAnswered(now)
		case Throttled, Expired, Invalid, Gone:
			rec.Books.RaiseNotMade()
		}
	case RestoreMax:
		if res.Failure == Done {
			rec.Books.RestoreAnswered(now)
		}
	case Retire:
		learnRetire(&rec, a, res, now)
	case Unprotect:
		if res.Failure == Done || res.Failure == Gone || res.Failure == Invalid || res.Failure == NotMember {
			delete(rec.Shielded, a.Instance)
		}
	case SetDraining, AskDrain:
		if d, ok := rec.Drains[a.Instance]; ok && res.Failure == Done && !d.Set && d.Open() {
			d.At, d.Set = now, true // its work has its time from now on
			rec.Drains[a.Instance] = d
		}
	case SetActive, AskNoMore:
		if d, ok := rec.Drains[a.Instance]; ok && (res.Failure == Done || res.Failure == Gone || res.Failure == Invalid) {
			rec.Drains[a.Instance] = d.Awake()
			forgetAwake(&rec)
		}
	case SetDesired:
		if res.Failure == Done { // what could not be paid is settled
			rec.Books.SetBack()
		}
	case TagStatus:
		if res.Failure == Done || res.Failure == Invalid { // an owner who forbids it is not asked again before it changes
			rec.Status.Tagged = a.Text
		}
	case UntagStatus:
		if res.Failure == Done || res.Failure == Invalid {
			rec.Status.Tagged = ""
		}
	case DropTemplate:
		rec.Dropped = res.Failure == Done || res.Failure == Gone || res.Failure == Invalid
	case MakeTemplate:
		rec.Dropped = false
		if res.Failure == Invalid || res.Failure == Gone {
			failed(&rec, now, "our launch template could not be made: "+res.Detail)
		}
	}
	return rec
}

func learnLaunch(rec *ledger.Record, a Action, res Result, now time.Time) {
	unbound := unboundOf(rec, a.Launch.Nonce)
	if len(unbound) == 0 {
		return
	}
	l := rec.Intents[unbound[0]].Launch
	learnRefusals(rec, l, res.Refused, now)
	switch {
	case len(res.Launched) > 0:
		asked := typesIn(l.Overrides)
		rec.Suspicions = without(rec.Suspicions, func(t string) bool { return slices.Contains(asked, t) }) // together they did not fail
		rec.Splits, rec.Scarce = 0, time.Time{}
		fresh := slices.DeleteFunc(slices.Clone(res.Launched), func(one LaunchedOne) bool { return bound(*rec, one.ID) })
		n := min(len(fresh), len(unbound))
		for k, one := range fresh[:n] {
			bind(rec, &rec.Intents[unbound[k]], one, now)
		}
		closeLaunches(rec, unbound[n:], res, now) // of several some only: what was asked for together is not asked for again
	case res.Failure == Done, res.Failure == Invalid, res.Failure == Gone:
		closeLaunches(rec, unbound, res, now)
	case res.Failure == Mismatch:
		for _, i := range unbound {
			rec.Intents[i].LookOnly = true
		}
	case res.Failure == Throttled, res.Failure == Expired:
		if res.Failure == Throttled {
			rec.Scarce = now
		}
		notMade(rec, unbound, a.Again, now)
	}
}

// notMade takes in that a request was not carried out. One that was sent for the first time is forgotten: it is asked for anew as things are then, and
// together with whom AWS takes besides by then, since each request counts where tokens are short. Of one that was sent before, the first time may have been
// carried out: it is as young as before, and sent again.
func notMade(rec *ledger.Record, unbound []int, again bool, now time.Time) {
	if again {
		for _, i := range unbound {
			rec.Intents[i].At = now
		}
		return
	}
	nonce := rec.Intents[unbound[0]].Launch.Nonce
	rec.Intents = slices.DeleteFunc(rec.Intents, func(it ledger.Intent) bool { return it.Launch.Nonce == nonce && it.Instance == "" })
}

// unboundOf are the places of the intents of a launch that nothing is known to have come of, the one with the request first.
func unboundOf(rec *ledger.Record, nonce string) (places []int) {
	for i, it := range rec.Intents {
		if it.Launch.Nonce == nonce && it.Instance == "" {
			places = append(places, i)
		}
	}
	slices.SortStableFunc(places, func(a, b int) int { return len(rec.Intents[b].Launch.Overrides) - len(rec.Intents[a].Launch.Overrides) })
	return places
}

// bind gives an intent the instance that was launched for it.
func bind(rec *ledger.Record, it *ledger.Intent, one LaunchedOne, now time.Time) {
	it.Instance, it.Type, it.Zone = one.ID, one.Type, one.Zone
	it.Launch.Overrides, it.Launch.Tags = nil, nil      // never sent again; a record has room for 400 kB (DynamoDB)
	if !it.Launch.Spot && it.Purpose != ledger.Return { // spot had none
		rec.Fallback = ledger.Fallback{At: now, Times: rec.Fallback.Times + 1}
	}
}

// closeLaunches ends the intents of one launch that brought nothing and never will.
func closeLaunches(rec *ledger.Record, places []int, res Result, now time.Time) {
	if len(places) == 0 {
		return
	}
	var ended []ledger.Intent
	for _, i := range places {
		ended = append(ended, rec.Intents[i])
	}
	places = slices.Sorted(slices.Values(places))
	for _, i := range slices.Backward(places) {
		rec.Intents = slices.Delete(rec.Intents, i, i+1)
	}
	another := len(ended[0].Launch.Overrides) > 0 && splits(rec, ended[0].Launch, res, now)
	failure := false
	for _, it := range ended {
		n, doomed := rec.Notices[it.Victim]
		switch {
		case another && (!doomed || rec.Splits <= soonSplit):
		case doomed:
			n.Tries++
			rec.Notices[it.Victim] = n
		default:
			failure = true
		}
	}
	if failure {
		failed(rec, now, refusedFor(res))
	}
}

// refusedFor names why a launch brought nothing, as AWS gave it.
func refusedFor(res Result) string {
	if res.Detail != "" {
		return "launch refused: " + res.Detail
	}
	var codes []string
	for _, f := range res.Refused {
		if !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	slices.Sort(codes)
	why := "no capacity in any of the pools asked"
	if len(codes) > 0 && (len(codes) > 1 || codes[0] != "InsufficientInstanceCapacity") {
		why = "launch refused: " + strings.Join(codes, ", ")
	}
	return why
}

func learnAttach(rec *ledger.Record, ids []string, res Result, now time.Time) {
	for _, id := range ids {
		d, open := rec.Books.Debt(id)
		if !open || d.Phase != books.Attaching {
			continue
		}
		rec.Books.On(id, attachEvent(d, res.Failure, len(ids) > 1), now)
		switch d, _ := rec.Books.Debt(id); d.Phase {
		case books.Attached:
			proves(rec, d, now)
		case books.Undoing:
			failed(rec, now, "attach refused: "+res.Detail)
		}
	}
}

// attachEvent is what the answer to an attach, of several perhaps, means for one of them. No event is of no answer.
func attachEvent(d books.Debt, f Failure, several bool) books.Event {
	first := d.Sent.Equal(d.Since)
	switch f {
	case Done:
		return books.AttachAnswered
	case AtMax: // there was no room for it earlier either
		return books.AttachNotMade
	case Throttled, Expired:
		if first {
			return books.AttachNotMade
		}
	case AlreadyMember:
		if !several {
			return books.AttachAnswered
		}
		return books.AttachUnclear
	case Invalid, Gone:
		if several {
			return books.AttachUnclear // the fault may be another's
		}
		return books.AttachRefused
	}
	return ""
}

// neverMember closes a debt that is undone and whose replacement is no member: it is to go like any that was never attached.
func neverMember(rec *ledger.Record, d books.Debt, now time.Time) {
	rec.Books.On(d.Name(), books.NoMember, now)
	rec.Intents = append(rec.Intents, ledger.Abandoned(d.Replacement, attachGivenUp))
}

// retiredNow notes a retirement that is certain: a read that still shows the victim in service is too old to count on.
func retiredNow(rec *ledger.Record, victim string, now time.Time) {
	if rec.Retired == nil {
		rec.Retired = map[string]time.Time{}
	}
	rec.Retired[victim] = now
	delete(rec.Proving, victim) // by our own hand
}

func learnRetire(rec *ledger.Record, a Action, res Result, now time.Time) {
	if w, ok := rec.Watched[a.Instance]; ok && !a.Decrement && res.Failure != Done {
		w.Released = time.Time{} // to be done again, or it is no member and forgotten
		rec.Watched[a.Instance] = w
	}
	if n, ok := rec.Notices[a.Instance]; ok && !a.Decrement && (res.Failure == Throttled || res.Failure == Expired || res.Failure == Lost) {
		n.Released = time.Time{} // to be done again
		rec.Notices[a.Instance] = n
	}
	d, asked := askedFor(rec, a.Instance)
	if !asked || !a.Decrement {
		return
	}
	undoing := d.Phase == books.Undoing
	switch res.Failure {
	case Done:
		retiredNow(rec, a.Instance, now)
		if undoing {
			rec.Books.On(d.Name(), books.UndoDone, now)
			return
		}
		rec.Books.On(d.Name(), books.PaymentDone, now)
	case AtMin: // the owner's minimum leaves no room: the debt is void, and the call is not repeated
		rec.Books.On(d.Name(), books.AtMinimum, now)
	case NotMember, Gone:
		if undoing {
			neverMember(rec, d, now)
			return
		}
		rec.Books.On(d.Name(), books.PaymentNotMade, now)
	case Throttled, Expired, Invalid:
		rec.Books.On(d.Name(), books.UndoNotMade, now)
		rec.Books.On(d.Name(), books.PaymentNotMade, now)
	}
}

// askedFor finds the debt for which the instance was asked to be retired.
func askedFor(rec *ledger.Record, instance string) (books.Debt, bool) {
	for _, d := range rec.Books.Debts() {
		if d.Phase == books.Undoing && d.Replacement.Instance == instance || d.Phase == books.Paying && d.Victim == instance {
			return d, true
		}
	}
	return books.Debt{}, false
}
