package decide

import (
	"slices"
	"strings"
	"time"
)

// Class says what may go on without a read (docs/protocol.md, What one failing read stops).
type Class string

// The classes of reads.
const (
	// Identity is what the group is and who is in it: without it nothing is done, nothing is lost, and it is tried again soon.
	Identity Class = "identity"
	// Launch is what a launch needs. Its last good copy serves notices and deficits; nothing gradual is begun on one.
	Launch Class = "launch"
	// Prudence is what may speak against something: without it nothing gradual is begun, and nobody retired whose retirement needs it.
	Prudence Class = "prudence"
)

// The reads that a rule asks about by name.
const (
	ReadBalancers  = "target health"
	ReadMembership = "the groups of instances outside"
	ReadStatus     = "status checks"
	ReadProtection = "termination protection"
	ReadActivities = "scaling activities"
)

// Missing is one read that was wanted and failed. What it would have told is unknown, not empty.
type Missing struct {
	What  string // as people read it: "target health"
	Class Class
	Why   string // the error
	// CopyOf is when the copy was read that stands in for it; zero where there is none.
	CopyOf time.Time
}

// missing tells whether that read failed.
func (w World) missing(what string) bool {
	return slices.ContainsFunc(w.Missing, func(m Missing) bool { return m.What == what })
}

// blind names what could not be read, so that nothing gradual is begun; empty where all was.
func (w World) blind() string {
	var names []string
	for _, m := range w.Missing {
		if !slices.Contains(names, m.What) {
			names = append(names, m.What)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, ", ") + " cannot be read: nothing gradual is begun"
}

// unlaunchable says what a launch needs and nobody can tell: neither the API nor a copy that is young enough; empty where it is all there.
func (w World) unlaunchable() string {
	for _, m := range w.Missing {
		if m.Class == Launch && m.CopyOf.IsZero() {
			return m.Why
		}
	}
	return w.Unpriced
}
