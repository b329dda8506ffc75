package decide

import (
	"strings"

	"autospotting/coordinator/settings"
)

// statusLength is the most that a tag's value holds.
const statusLength = 256

// tagStatus writes what the owner is told to a tag of the group, when that changes. What somebody took away is not written
// again: tools that keep groups as they were declared would fight for it.
func (r *run) tagStatus() {
	text := tagText(r.rec.Status.Code, r.rec.Status.Reason)
	if !r.w.Group.Enabled || !r.w.Group.Found || !r.w.Settings.StatusTag || text == r.rec.Status.Tagged {
		return
	}
	r.act(Action{Kind: TagStatus, Text: text, Why: "what is done with the group is written where its owner looks"})
}

// tagText is the status as a tag may hold it.
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
	return strings.TrimSpace(text[:min(len(text), statusLength)])
}

// leave takes away what is ours from a group that is not served any more, once it holds no instance that we would have to
// bring back and nothing is open; the record itself goes last.
func (r *run) leave() {
	g := r.w.Group
	if g.Enabled || r.rec.Revision == 0 || r.rec.Open() || r.holdsOurs() || r.stale() {
		return
	}
	var ours []string
	for _, i := range r.liveMembers() {
		if i.Ours {
			ours = append(ours, i.ID)
		}
	}
	if len(ours) > 0 {
		r.act(Action{Kind: Untag, Instances: ours, Why: "the group is not enabled any more: they are its owner's alone"})
	}
	if g.Found && g.StatusTag != "" && (r.rec.Status.Tagged != "" || r.w.Settings.StatusTag) {
		r.act(Action{Kind: UntagStatus, Text: settings.StatusTag, Why: "the group is not enabled any more"})
	}
	if !r.rec.Dropped {
		r.act(Action{Kind: DropTemplate, Why: "nothing is launched from it any more"})
	}
	r.plan.Forget = len(r.plan.Actions) == 0
}
