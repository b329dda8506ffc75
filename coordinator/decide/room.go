package decide

import (
	"fmt"

	"autospotting/coordinator/ledger"
)

// A record has room for some 1,700 replacements that are open at once (DynamoDB's items hold 400 KB). One that did not fit could not be
// written, and then nothing of the group would work, paying back included. So no launch is begun whose record might not fit when it has gone its way;
// those that can wait stop first. Paying, undoing, the lease, protection and sweeping are never refused: they make the record smaller.
const (
	mostOpen    = ledger.MostStored - 40*1024 // bytes; the rest is for pools to be avoided, orphans and the like
	mostGradual = mostOpen * 2 / 3
	fewOpen     = 100  // so few things need no reckoning
	mostNotices = 6000 // what is more, EC2 says again at each look
)

// crowded says that so much is open that no launch for that purpose is begun now; empty where there is room.
func (r *run) crowded(p ledger.Purpose) string {
	most := mostOpen
	if p.Gradual() {
		most = mostGradual
	}
	if r.grown() < most {
		return ""
	}
	return fmt.Sprintf("%d replacements and %d notices are open at once, as many as the record has room for: the next wait", r.underWay(), len(r.rec.Notices))
}

// grown is what the record will take, reckoned once a plan: a plan begins few launches.
func (r *run) grown() int {
	if r.underWay()+len(r.rec.Notices) < fewOpen {
		return 0
	}
	if r.takes == nil {
		n := r.rec.Grown()
		r.takes = &n
	}
	return *r.takes
}

// noRoom tells whether a launch has to wait for room, and says so once a plan.
func (r *run) noRoom(p ledger.Purpose) bool {
	why := r.crowded(p)
	if why == "" {
		return false
	}
	if r.full == "" {
		r.full = why
		r.wait("", "not now: %s", why)
		r.poll()
	}
	return true
}
