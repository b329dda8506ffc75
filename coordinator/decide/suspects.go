package decide

import (
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// A launch may fail as a whole with an error that one of its types alone causes. Such a request is split: a set of types that failed together is a
// suspicion, what is not suspected is asked for, and where nothing else is left, half of a suspicion. Half of one that has rested is tried again
// beside what is known to be good, by something gradual, until the culprit stands alone.

// about is the suffix of marks that are about on-demand.
const about = " on-demand"

// MarkKey is the key of a mark in a record's Pools.
func MarkKey(p market.Pool, spot bool) string {
	if spot {
		return p.String()
	}
	return p.String() + about
}

// learnRefusals takes what was said of pools, types, zones and quotas into the record.
func learnRefusals(rec *ledger.Record, l ledger.Launch, list []RefusedPool, now time.Time) {
	seen := map[string]bool{}
	once := func(key string, m ledger.PoolMark) {
		if !seen[key] { // a type is refused once, in however many zones
			seen[key] = true
			mark(rec, now, key, m)
		}
	}
	for _, f := range list {
		p := market.Pool{Type: f.Type, Zone: f.Zone}
		switch f.Owner {
		case OfType:
			for _, spot := range []bool{true, false} {
				once(MarkKey(market.Pool{Type: f.Type, Zone: market.Any}, spot), ledger.PoolMark{Why: f.Code, Source: l.SourceHash})
			}
			rec.Suspicions = without(rec.Suspicions, func(t string) bool { return t == f.Type })
		case OfZone:
			if f.Zone != "" {
				for _, spot := range []bool{true, false} {
					once(MarkKey(market.Pool{Type: market.Any, Zone: f.Zone}, spot), ledger.PoolMark{Why: f.Code})
				}
			}
		case OfQuota:
			once(MarkKey(market.OfClass(market.ClassOf(f.Type)), l.Spot), ledger.PoolMark{Why: f.Code})
		default:
			if p.Type != "" && p.Zone != "" {
				once(MarkKey(p, l.Spot), ledger.PoolMark{Why: f.Code})
			}
		}
	}
}

// without takes types out of suspicions. One of which nothing is left is gone.
func without(list []ledger.Suspicion, cleared func(string) bool) (left []ledger.Suspicion) {
	for _, s := range list {
		s.Types = slices.DeleteFunc(slices.Clone(s.Types), cleared)
		if len(s.Types) > 0 {
			left = append(left, s)
		}
	}
	return left
}

// typesIn lists the types of a request, each once, in their order.
func typesIn(list []ledger.Override) (types []string) {
	for _, o := range list {
		if !slices.Contains(types, o.Type) {
			types = append(types, o.Type)
		}
	}
	return types
}

// suspect narrows down who makes requests fail, by one more that did. It tells whether fewer are suspected than before, so that the next request
// is another.
func suspect(rec *ledger.Record, l ledger.Launch, detail string, now time.Time) (narrowed bool) {
	types := typesIn(l.Overrides)
	s := ledger.Suspicion{Types: types, Source: l.SourceHash}
	narrowed = len(types) > 1
	if again := caught(rec, l, types); len(again) > 0 { // they were found guilty before, and their time was up
		s.Types = again
	} else if at := slices.IndexFunc(rec.Suspicions, func(s ledger.Suspicion) bool { return overlap(s.Types, types) }); at >= 0 {
		s = rec.Suspicions[at]
		rec.Suspicions = slices.Delete(rec.Suspicions, at, at+1)
		left := slices.DeleteFunc(slices.Clone(s.Types), func(t string) bool { return !slices.Contains(types, t) }) // the others in the request were not suspected
		narrowed = narrowed || len(left) < len(s.Types)
		s.Types = left
	}
	if len(s.Types) == 1 {
		learnRefusals(rec, l, []RefusedPool{{Type: s.Types[0], Code: detail, Owner: OfType}}, now)
		if len(types) == 1 {
			noLongerThanAPause(rec, types[0], now)
		}
		return narrowed
	}
	s.Error, s.Until, s.Times = detail, now.Add(doubled(firstAvoid, s.Times, longestAvoid)), s.Times+1
	rec.Suspicions = append(rec.Suspicions, s)
	return narrowed
}

// noLongerThanAPause bounds how long a type is avoided that failed where there was nobody else to ask: it may as well be no type's fault, and mended
// by its owner outside the template.
func noLongerThanAPause(rec *ledger.Record, typ string, now time.Time) {
	for _, spot := range []bool{true, false} {
		key := MarkKey(market.Pool{Type: typ, Zone: market.Any}, spot)
		if m := rec.Pools[key]; m.Until.After(now.Add(longestPause)) {
			m.Until = now.Add(longestPause)
			rec.Pools[key] = m
		}
	}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(t string) bool { return slices.Contains(b, t) })
}

// caught lists the types of a request that were found to be at fault under the same template before.
func caught(rec *ledger.Record, l ledger.Launch, types []string) (list []string) {
	for _, t := range types {
		if m, marked := rec.Pools[MarkKey(market.Pool{Type: t, Zone: market.Any}, l.Spot)]; marked && m.Source == l.SourceHash {
			list = append(list, t)
		}
	}
	return list
}

// splits tells whether a request that brought nothing leaves something that was not tried, for faults of a type or of a zone: then the next is
// another, and it is no failure yet.
func splits(rec *ledger.Record, l ledger.Launch, res Result, now time.Time) bool {
	var left bool
	if res.Suspect {
		left = suspect(rec, l, res.Detail, now)
	} else {
		left = untried(l, res)
	}
	if left && rec.Splits < mostSplits {
		rec.Splits++
		return true
	}
	if res.Suspect { // no type alone is at fault
		rec.Suspicions = nil
	}
	rec.Splits = 0
	return false
}

// untried tells whether what was refused leaves anything of a request: pools that were not tried, or those of other types. Where a zone has no
// addresses left, there are others.
func untried(l ledger.Launch, res Result) bool {
	ofTypes := res.Untried
	for _, f := range res.Refused {
		if f.Owner == OfZone {
			return true
		}
		ofTypes = ofTypes || f.Owner == OfType
		if !res.Untried && f.Owner != OfType {
			return false // it was tried, and there was nothing
		}
	}
	return ofTypes && slices.ContainsFunc(l.Overrides, func(o ledger.Override) bool {
		return !slices.ContainsFunc(res.Refused, func(f RefusedPool) bool {
			switch f.Owner {
			case OfType:
				return f.Type == o.Type
			case OfQuota:
				return market.ClassOf(f.Type) == market.ClassOf(o.Type)
			}
			return f.Type == o.Type && f.Zone == o.Zone
		})
	})
}

// sift leaves out of a request whom it may fail by. Where nobody else is left, half of the largest suspicion is asked; where something gradual
// may try, half of one that has rested, beside the others.
func (r *run) sift(list []ledger.Override, gradual bool) []ledger.Override {
	suspicions := slices.DeleteFunc(slices.Clone(r.rec.Suspicions), func(s ledger.Suspicion) bool { return s.Source != r.w.Template.Hash })
	suspected := map[string]bool{}
	for _, s := range suspicions {
		for _, t := range s.Types {
			suspected[t] = true
		}
	}
	clean := keepTypes(list, func(t string) bool { return !suspected[t] })
	var most []string
	for _, s := range suspicions {
		asked := typesIn(keepTypes(list, func(t string) bool { return slices.Contains(s.Types, t) }))
		if len(clean) > 0 && gradual && !r.now().Before(s.Until) || len(clean) == 0 && len(asked) > len(most) {
			most = asked
		}
	}
	if len(most) == 0 {
		return clean
	}
	most = most[:(len(most)+1)/2]
	return keepTypes(list, func(t string) bool { return !suspected[t] || slices.Contains(most, t) })
}

func keepTypes(list []ledger.Override, keep func(string) bool) (kept []ledger.Override) {
	for _, o := range list {
		if keep(o.Type) {
			kept = append(kept, o)
		}
	}
	return kept
}

// avoided are the pools that are not to be asked for now.
func (r *run) avoided(spot bool) market.Shunned {
	out := market.Shunned{}
	for _, marks := range []map[string]ledger.PoolMark{r.rec.Pools, r.w.Shared} {
		for key, m := range marks {
			if m.Source != "" && m.Source != r.w.Template.Hash || !r.now().Before(m.Until) {
				continue
			}
			name, onDemand := strings.CutSuffix(key, about)
			var p market.Pool
			if onDemand != spot && p.UnmarshalText([]byte(name)) == nil {
				out[p] = true
			}
		}
	}
	return out
}

// staleSuspicions drops suspicions of another template than the group's, and such as were not found true for long.
func (r *run) staleSuspicions() {
	if r.w.Template.Hash == "" {
		return
	}
	r.rec.Suspicions = slices.DeleteFunc(slices.Clone(r.rec.Suspicions), func(s ledger.Suspicion) bool {
		return s.Source != r.w.Template.Hash || r.since(s.Until) > keepMark
	})
	if len(r.rec.Suspicions) == 0 {
		r.rec.Suspicions = nil
	}
}
