package decide

import (
	"strings"

	"autospotting/coordinator/settings"
)

// leave (R20) takes away what is ours from a group that is not served any more, once it holds no instance that we would have to
// bring back and nothing is open; the record itself goes last.
func (r *run) leave() {
	g := r.w.Group
	if g.Enabled || r.rec.Revision == 0 || r.rec.Open() || r.holdsOurs() || r.comesBack() || r.v.Old() {
		return
	}
	var ours []string
	for _, i := range r.v.Live() {
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

// comesBack tells whether something of ours lives beside the members that stay, and is not being ended: detached, or in Standby. A detached instance
// is in no group in a moment, and only record and template tell then that it is ours. What may be ours, and could not be asked about, counts too.
func (r *run) comesBack() bool {
	for _, id := range r.v.IDs() {
		i := r.v.Get(id)
		if i.Unasked && i.Live() || i.Ours && i.Live() && !i.Foreign && (!i.Member || i.Resting() || strings.HasPrefix(i.Lifecycle, "Detach")) {
			r.say(id, "ours or not known yet not to be, and not gone: the record stays")
			return true
		}
	}
	return false
}
