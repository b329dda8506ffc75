package decide

import (
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// failed counts a failure of the group and pauses it after several in a row.
func failed(rec *ledger.Record, now time.Time, why string) {
	rec.Failures++
	if rec.Failures >= pauseAfter {
		rec.PausedUntil = now.Add(doubled(firstPause, rec.Failures-pauseAfter, longestPause))
	}
	rec.Cause = why
}

// succeeded ends a row of failures.
func succeeded(rec *ledger.Record) {
	rec.Failures, rec.PausedUntil, rec.Cause = 0, time.Time{}, ""
	rec.Fallback, rec.Ailing = ledger.Fallback{}, 0
}

// proves notes that a spot replacement was attached, and since when: whatever becomes of its debt, it has to last before that counts as a success.
func proves(rec *ledger.Record, d books.Debt, now time.Time) {
	if !d.Sent.IsZero() {
		now = d.Sent
	}
	if w, watched := rec.Watched[d.Replacement.Instance]; watched {
		w.At = now
		rec.Watched[d.Replacement.Instance] = w
	}
	if !d.Replacement.Spot {
		return
	}
	if rec.Proving == nil {
		rec.Proving = map[string]time.Time{}
	}
	rec.Proving[d.Replacement.Instance] = now
}

// markPool keeps a pool out of the choice for a while, longer each time.
func markPool(rec *ledger.Record, now time.Time, p market.Pool, why string) {
	if p.Type == "" || p.Zone == "" {
		return
	}
	mark(rec, now, p.String(), ledger.PoolMark{Why: why})
}

// mark counts one more failure of what the key names.
func mark(rec *ledger.Record, now time.Time, key string, m ledger.PoolMark) {
	if rec.Pools == nil {
		rec.Pools = map[string]ledger.PoolMark{}
	}
	first, most := firstAvoid, longestAvoid
	if m.Source != "" {
		first, most = firstAvoidType, longestAvoidType
	}
	before := rec.Pools[key]
	if before.Source != m.Source {
		before = ledger.PoolMark{} // of another template
	}
	m.Until, m.Failures = now.Add(doubled(first, before.Failures, most)), before.Failures+1
	rec.Pools[key] = m
}

func doubled(first time.Duration, times int, most time.Duration) time.Duration {
	d := first
	for range times {
		if d *= 2; d >= most {
			return most
		}
	}
	return d
}
