package decide

import (
	"slices"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// Learn takes the answer to an action into the record. What an answer proves need not be asked again; what was
// not answered stays as it was written before the call.
func Learn(rec ledger.Record, a Action, res Result, now time.Time) ledger.Record {
	rec = rec.Clone()
	switch a.Kind {
	case LaunchOne:
		learnLaunch(&rec, *a.Launch, res, now)
	case AttachSome:
		learnAttach(&rec, a.Instances, res, now)
	case RaiseMax:
		if rec.Lease != nil && res.Failure == Done {
			rec.Lease.Raised, rec.Lease.At = true, now
		}
	case RestoreMax:
		if rec.Lease != nil && res.Failure == Done {
			rec.Lease.Returned, rec.Lease.At = true, now
		}
	case Retire:
		learnRetire(&rec, a, res, now)
	case Unprotect:
		if res.Failure == Done || res.Failure == Gone || res.Failure == Invalid || res.Failure == NotMember {
			delete(rec.Shielded, a.Instance)
		}
	case SetDesired:
		if res.Failure == Done { // what could not be paid is settled
			rec.Pairs = slices.DeleteFunc(rec.Pairs, ledger.Pair.Owed)
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

func learnLaunch(rec *ledger.Record, l ledger.Launch, res Result, now time.Time) {
	i := slices.IndexFunc(rec.Intents, func(it ledger.Intent) bool { return it.Launch.Nonce == l.Nonce })
	if i < 0 {
		return
	}
	for _, p := range res.Refused {
		markPool(rec, now, market.Pool{Type: p.Type, Zone: p.Zone}, p.Code)
	}
	it := &rec.Intents[i]
	switch {
	case len(res.Launched) > 0:
		one := res.Launched[0]
		it.Instance, it.Type, it.Zone = one.ID, one.Type, one.Zone
		it.Launch.Overrides, it.Launch.Tags = nil, nil      // never sent again; a record has room for 400 kB (DynamoDB)
		if !it.Launch.Spot && it.Purpose != ledger.Return { // spot had none
			rec.Fallback = ledger.Fallback{At: now, Times: rec.Fallback.Times + 1}
		}
	case res.Failure == Done, res.Failure == Invalid, res.Failure == Gone:
		closeLaunch(rec, i, res, now)
	case res.Failure == Mismatch:
		it.LookOnly = true
	case res.Failure == Throttled, res.Failure == Expired:
		it.At = now // not made: as young as before, and sent again
	}
}

// closeLaunch ends an intent that brought nothing and never will.
func closeLaunch(rec *ledger.Record, i int, res Result, now time.Time) {
	it := rec.Intents[i]
	rec.Intents = slices.Delete(rec.Intents, i, i+1)
	if n, ok := rec.Notices[it.Victim]; ok {
		n.Tries++
		rec.Notices[it.Victim] = n
		return
	}
	why := "no capacity in any of the pools asked"
	if res.Detail != "" {
		why = "launch refused: " + res.Detail
	}
	failed(rec, now, why)
}

func learnAttach(rec *ledger.Record, ids []string, res Result, now time.Time) {
	for i := range rec.Pairs {
		p := &rec.Pairs[i]
		if p.Phase != ledger.Attaching || !slices.Contains(ids, p.Intent.Instance) {
			continue
		}
		switch {
		case res.Failure == Done, res.Failure == AlreadyMember && len(ids) == 1:
			p.Phase, p.Since = ledger.Attached, now
		case (res.Failure == Invalid || res.Failure == AlreadyMember || res.Failure == Gone) && len(ids) > 1:
			p.Alone = true // the fault may be another's
		case res.Failure == AtMax, (res.Failure == Throttled || res.Failure == Expired) && p.Sent.Equal(p.Since):
			p.Sent = time.Time{} // not made: neither now, nor earlier, since there is no room for it or it was the first time
		case res.Failure == Invalid, res.Failure == Gone:
			p.Phase, p.Since = ledger.Undoing, now
			failed(rec, now, "attach refused: "+res.Detail)
		}
	}
}

// settles notes a retirement that is certain: a read that still shows the victim in service is too old to count on.
func settles(rec *ledger.Record, victim string, now time.Time) {
	if rec.Settling == nil {
		rec.Settling = map[string]time.Time{}
	}
	rec.Settling[victim] = now
}

func learnRetire(rec *ledger.Record, a Action, res Result, now time.Time) {
	i := slices.IndexFunc(rec.Pairs, func(p ledger.Pair) bool {
		return p.Phase == ledger.Undoing && p.Intent.Instance == a.Instance || p.Phase == ledger.Paying && p.Victim == a.Instance
	})
	if n, ok := rec.Notices[a.Instance]; ok && !a.Decrement && (res.Failure == Throttled || res.Failure == Expired || res.Failure == Lost) {
		n.Released = time.Time{} // to be done again
		rec.Notices[a.Instance] = n
	}
	if i < 0 || !a.Decrement {
		return
	}
	p := &rec.Pairs[i]
	undoing := p.Phase == ledger.Undoing
	switch res.Failure {
	case Done:
		settles(rec, a.Instance, now)
		if !undoing {
			proves(rec, *p, now)
		}
		rec.Pairs = slices.Delete(rec.Pairs, i, i+1)
	case AtMin: // the owner's minimum leaves no room: the debt is void, and the call is not repeated
		rec.Pairs = slices.Delete(rec.Pairs, i, i+1)
	case NotMember, Gone:
		if undoing {
			it := p.Intent
			it.Abandoned = "its attach was given up"
			rec.Pairs = slices.Delete(rec.Pairs, i, i+1)
			rec.Intents = append(rec.Intents, it)
			return
		}
		p.Phase, p.Since = ledger.Attached, now
	case Throttled, Expired, Invalid:
		p.Asked = time.Time{}
		if !undoing {
			p.Phase, p.Since = ledger.Attached, now
		}
	}
}
