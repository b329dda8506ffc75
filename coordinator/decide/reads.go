package decide

import (
	"fmt"
	"slices"
	"strconv"
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
	ReadTemplate   = "the launch template"
	ReadBalancers  = "target health"
	ReadMembership = "the groups of instances outside"
	ReadStatus     = "status checks"
	ReadProtection = "termination protection"
	ReadActivities = "scaling activities"
	ReadContainers = "the hosts of the ECS cluster"
	// ReadEnvironment decides whether anything at all may be done for a group of Elastic Beanstalk's.
	ReadEnvironment = "the Elastic Beanstalk environment"
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

// unlaunchable says what a launch needs and nobody can tell, neither the API nor a copy that is young enough, and why; empty where it is all there.
func (w World) unlaunchable() (what, why string) {
	if w.Unpriced != "" {
		return "the market", w.Unpriced
	}
	for _, m := range w.Missing {
		if m.Class == Launch && m.CopyOf.IsZero() {
			return m.What, m.Why
		}
	}
	return "", ""
}

// tooOld tells whether the template is a copy that may be older than what the doomed instance itself was launched from: then it does not serve.
func (r *run) tooOld(x Instance) bool {
	t := r.w.Template
	if t.CopyOf.IsZero() || !newer(x, t) {
		return false
	}
	r.say(x.ID, "not replaced yet: the launch template cannot be read, and its copy of %s is older than what %s was launched from", t.CopyOf.UTC().Format(time.TimeOnly), x.ID)
	r.lookAt(r.now().Add(marketAgain))
	return true
}

// tooOldForAny is tooOld for a place that nobody leaves: no member of ours may be newer.
func (r *run) tooOldForAny() bool {
	return slices.ContainsFunc(r.v.Live(), func(i Instance) bool { return i.Ours && r.tooOld(i) })
}

// newer tells whether an instance was launched from something newer than the copy. Versions of one template count up. Another template's are not to be
// compared with: then what was launched after the copy was made is newer.
func newer(x Instance, t Template) bool {
	if x.Template != "" && x.Template != t.ID {
		return x.Launched.After(t.CopyOf)
	}
	own, err := strconv.Atoi(x.TemplateVersion)
	copied, errCopied := strconv.Atoi(t.Version)
	return err == nil && errCopied == nil && own > copied
}

// copies says what a launch rests on that could not be read now, and how old it is; empty where all was.
func (r *run) copies() string {
	var out []string
	for _, m := range r.w.Missing {
		if m.Class == Launch && !m.CopyOf.IsZero() {
			out = append(out, fmt.Sprintf("%s as of %s ago, which cannot be read now", m.What, r.since(m.CopyOf).Round(time.Second)))
		}
	}
	return strings.Join(out, ", ")
}

// toldAfter is from when on the owner is told that something cannot be read: a single failed read is nobody's concern.
const toldAfter = time.Minute

// noteBlind keeps since when something could not be read, and says why to who reads the log.
func (r *run) noteBlind() {
	for _, m := range r.w.Missing {
		r.say("", "%s cannot be read: %s", m.What, m.Why)
	}
	switch blind := r.w.blind() != ""; {
	case !blind:
		r.rec.Blind = time.Time{}
	case r.rec.Blind.IsZero():
		r.rec.Blind = r.now()
	}
}

// blindNow is what the owner is told of that.
func (r *run) blindNow() string {
	if r.rec.Blind.IsZero() || r.since(r.rec.Blind) < toldAfter {
		return ""
	}
	return r.w.blind()
}
