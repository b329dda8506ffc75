package act

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// accountItem is where what is known of account and region as a whole is kept. No group's name has a colon in it.
const accountItem = ":account"

// accountWide is what one group learnt and every group of the account and region goes by: which pools are dry, which quotas are used up, and how
// large the quotas are. All of it may be lost: it is learnt again.
type accountWide struct {
	Pools    map[string]ledger.PoolMark `json:"pools,omitempty"` // by the keys of a record's
	Spot     map[market.Class]int       `json:"spot,omitempty"`  // vCPUs
	OnDemand map[market.Class]int       `json:"on_demand,omitempty"`
	QuotasAt time.Time                  `json:"quotas_at,omitzero"`
}

const (
	// accountFor is how long this process believes what it read of what others learnt.
	accountFor = time.Minute
	// sharedFor is how long a pool without capacity is avoided by the groups that did not ask it themselves.
	sharedFor = 5 * time.Minute
	// quotasFor is how long quotas are believed.
	quotasFor = time.Hour
)

// knownAccount is the account as this process knows it.
type knownAccount struct {
	accountWide
	read time.Time // from the shelf
	news bool      // something was learnt here that is not on the shelf
}

// wholeAccount takes what holds for all groups into the world. Quotas are read by a tick, never where something was heard.
func (a *Actor) wholeAccount(ctx context.Context, w *decide.World, heard bool) {
	a.cache.accountMu.Lock()
	defer a.cache.accountMu.Unlock()
	k := &a.cache.account
	if !a.young(k.read, accountFor) {
		a.readAccount(ctx)
	}
	if !heard && a.Quotas != nil && !a.young(k.QuotasAt, quotasFor) {
		a.readQuotas(ctx)
	}
	if k.news {
		a.tellAccount(ctx)
	}
	w.Shared = maps.Clone(k.Pools)
	w.Catalog.SpotVCPU, w.Catalog.OnDemandVCPU = k.Spot, k.OnDemand
}

// readAccount takes in what others learnt. Where it cannot be read, what is known here serves.
func (a *Actor) readAccount(ctx context.Context) {
	k := &a.cache.account
	k.read = a.Now()
	a.forgetShared()
	if a.Shelf == nil {
		return
	}
	var body []byte
	err := a.within(ctx, func(ctx context.Context) (err error) { body, err = a.Shelf.Load(ctx, accountItem); return err })
	var there accountWide
	if err != nil || len(body) == 0 || json.Unmarshal(body, &there) != nil { // an unreadable one is as good as none
		return
	}
	for key, m := range there.Pools {
		if a.Now().Before(m.Until) && m.Until.After(k.Pools[key].Until) {
			a.share(key, m)
		}
	}
	if there.QuotasAt.After(k.QuotasAt) {
		k.Spot, k.OnDemand, k.QuotasAt = there.Spot, there.OnDemand, there.QuotasAt
	}
}

func (a *Actor) share(key string, m ledger.PoolMark) {
	if a.cache.account.Pools == nil {
		a.cache.account.Pools = map[string]ledger.PoolMark{}
	}
	a.cache.account.Pools[key] = m
}

// forgetShared drops what is not to be avoided any more.
func (a *Actor) forgetShared() {
	maps.DeleteFunc(a.cache.account.Pools, func(_ string, m ledger.PoolMark) bool { return !a.Now().Before(m.Until) })
}

// tellAccount puts what was learnt here on the shelf, beside what others put there. Of two who do so at once one is lost, for as long as it takes
// that one to learn it again.
func (a *Actor) tellAccount(ctx context.Context) {
	k := &a.cache.account
	if a.Shelf == nil {
		k.news = false
		return
	}
	a.readAccount(ctx)
	body, err := json.Marshal(k.accountWide)
	if err == nil {
		err = a.within(ctx, func(ctx context.Context) error { return a.Shelf.Save(ctx, accountItem, body) })
	}
	k.news = err != nil
}

// learnShared keeps what a launch was told that holds for every group: no capacity in a pool, a quota that is used up. What a template or a bid
// has part in is the group's own.
func (a *Actor) learnShared(l ledger.Launch, refused []decide.RefusedPool) {
	a.cache.accountMu.Lock()
	defer a.cache.accountMu.Unlock()
	for _, f := range refused {
		p := market.Pool{Type: f.Type, Zone: f.Zone}
		switch {
		case f.Owner == decide.OfQuota:
			p = market.OfClass(market.ClassOf(f.Type))
		case f.Owner != decide.OfPool || f.Code != "InsufficientInstanceCapacity" && f.Code != "UnfulfillableCapacity" || f.Type == "" || f.Zone == "":
			continue
		}
		key, until := decide.MarkKey(p, l.Spot), a.Now().Add(sharedFor)
		if until.Sub(a.cache.account.Pools[key].Until) > accountFor { // else it is known well enough
			a.share(key, ledger.PoolMark{Until: until, Failures: 1, Why: f.Code})
			a.cache.account.news = true
		}
	}
}
