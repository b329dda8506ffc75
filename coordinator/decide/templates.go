package decide

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"autospotting/coordinator/ledger"
)

// mostTemplates is how many templates of ours a record names. A group has one, and another after somebody has deleted it.
const mostTemplates = 16

// nameable is what EC2 takes in a launch template's name, of what a group's name may hold (EC2 API reference, CreateLaunchTemplate).
const nameable = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// TemplateName is the name of our launch template of a group, unique for it: a readable part within what EC2 allows, and a hash of the whole name.
func TemplateName(group string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(nameable, r) {
			return r
		}
		return '-'
	}, group)
	sum := sha256.Sum256([]byte(group))
	return "autospotting-" + clean[:min(len(clean), 80)] + "-" + hex.EncodeToString(sum[:4])
}

// nameTemplate writes down that a template is ours, before anything is launched from it: what is launched can then be told from what others launch
// with our tags, also after the template was deleted and made anew.
func nameTemplate(rec *ledger.Record, id string) {
	if id != "" && !slices.Contains(rec.Templates, id) {
		rec.Templates = append(slices.Clone(rec.Templates), id)
	}
}

// templates keeps the ids of our templates: those that an instance of ours was launched from, and the last ones beside. A record that was lost, or
// written by a version that knew none, gets them back so.
func (r *run) templates() {
	used := map[string]bool{}
	for _, id := range r.v.IDs() {
		if i := r.v.Get(id); i.Ours {
			used[i.Template] = true
			nameTemplate(&r.rec, i.Template)
		}
	}
	for _, it := range r.rec.Intents {
		used[it.Launch.Template] = true
	}
	more := len(r.rec.Templates) - mostTemplates
	if more <= 0 {
		return
	}
	r.rec.Templates = slices.DeleteFunc(slices.Clone(r.rec.Templates), func(id string) bool { // oldest first
		if more > 0 && !used[id] {
			more--
			return true
		}
		return false
	})
}

// unproven lists the instances with all marks of ours but one: nothing says that their launch template is ours of this group. They may be of an
// owner's fleet with our tags copied, so that nothing is done with them, and may be ours of a record that was lost, so that it is said.
func (r *run) unproven() (list []Instance) {
	for _, id := range r.v.IDs() {
		if i := r.v.Get(id); i.Unproven && i.Live() {
			list = append(list, i)
		}
	}
	return list
}

// proveNone says of each such instance what is to be done about it.
func (r *run) proveNone() {
	for _, i := range r.unproven() {
		if i.Unasked {
			r.say(i.ID, "unproven: it carries our tags and is of a fleet, and which launch template has the name of ours could not be read now: left alone until it is")
			continue
		}
		r.plan.Why = append(r.plan.Why, Line{Instance: i.ID, Heed: true, Text: fmt.Sprintf("unproven: it carries our tags and is of a fleet, but its launch template %s is not known to be ours of this group: left alone. If it is not ours, take our tags off it; if it is, end it", i.Template)})
	}
}

// unprovenStatus is what the owner is told of them; empty where there are none.
func (r *run) unprovenStatus() string {
	list := r.unproven()
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("unproven: %d with our tags and of a launch template that is not ours are left alone, %s first", len(list), list[0].ID)
}
