package decide

import (
	"cmp"
	"strings"

	"autospotting/coordinator/ledger"
	"autospotting/pkg/lazyregexp"
)

// status (R19) writes what the owner is told.
func (r *run) status() {
	switch now := r.size(); {
	case r.voided:
		r.rec.Excess.Desired = now
	case now != r.rec.Excess.Desired && !r.v.Old() && !r.b.Attaching() && !r.b.Doubted(): // somebody has set it since
		r.rec.Excess = ledger.Excess{}
	}
	if r.w.hold { // who decides again in a moment tells
		return
	}
	r.noteBlind()
	code, reason := r.statusNow(r.waitsLong())
	if r.rec.Status.Code != code || r.rec.Status.Reason != reason {
		r.rec.Status.Code, r.rec.Status.Reason, r.rec.Status.At = code, reason, r.now()
	}
	r.rec.Group = r.w.Group.Name
	r.tagStatus()
}

func (r *run) statusNow(waiting string) (code, reason string) {
	g := r.w.Group
	switch {
	case !g.Found:
		return "gone", ""
	case !g.Enabled:
		return "not-enabled", waiting
	case r.refusal != "":
		return "refused", r.refusal
	case r.w.Glance && r.rec.Status.Code == "refused": // what refused it was not read now
		return "refused", r.rec.Status.Reason
	case r.now().Before(r.rec.PausedUntil):
		return "paused", r.rec.Cause
	}
	return "managed", cmp.Or(r.blindNow(), r.full, r.spent(), r.rec.Excess.Why, r.unprovenStatus(), waiting)
}

// statusLength is the most that a tag's value holds.
const statusLength = 256

// tagStatus writes what the owner is told to a tag of the group, when that changes. What somebody took away is not written
// again: tools that keep groups as they were declared would fight for it.
func (r *run) tagStatus() {
	text := tagText(r.rec.Status.Code, r.rec.Status.Reason)
	leaving := !r.w.Group.Enabled && r.rec.Status.Reason == "" // it is told only what keeps it from being done
	if leaving || !r.w.Group.Found || !r.w.Settings.StatusTag || text == r.rec.Status.Tagged {
		return
	}
	r.act(Action{Kind: TagStatus, Text: text, Why: "what is done with the group is written where its owner looks"})
}

// overriding is how a reason ends that a tag overrides.
var overriding = lazyregexp.New(`(?i)the tag autospotting:\S+ allows it`)

// tagText is the status as a tag may hold it. What is too long is cut, but not the tag that overrides the reason: the middle goes then.
func tagText(code, reason string) string {
	if reason == "" {
		return code
	}
	text := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(" +-=._:/@", c) {
			return c
		}
		return ' '
	}, code+": "+reason)
	text = strings.Join(strings.Fields(text), " ")
	const cut = " ... "
	if at := overriding.FindStringIndex(text); at != nil && at[1] > statusLength {
		tail := cut + text[at[0]:at[1]]
		text = strings.TrimSpace(text[:max(0, statusLength-len(tail))]) + tail
	}
	return strings.TrimSpace(text[:min(len(text), statusLength)])
}
