package decide

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// The tags that an instance of ours carries from birth, set in the launch request itself.
const (
	TagGroup  = "autospotting-group"
	TagLaunch = "autospotting-launch"
)

// launch writes the intent and asks for the instance, or first for the template that it needs.
func (r *run) launch(purpose ledger.Purpose, v Instance, zone string, spot bool, overrides []ledger.Override, why string) {
	t := r.w.Template
	if t.Version == "" {
		if r.planned(MakeTemplate) == 0 {
			r.act(Action{Kind: MakeTemplate, Why: strings.Join(append([]string{"replacements are launched from a template of our own"}, r.w.Template.Notes...), "; ")})
		}
		return
	}
	if r.planned(LaunchOne) >= launchBatch {
		r.lookAt(r.now()) // the next plan goes on
		return
	}
	if r.noRoom(purpose) {
		return
	}
	overrides = r.sift(overrides, purpose.Gradual())
	it := ledger.Intent{Purpose: purpose, Victim: v.ID, Zone: zone, At: r.now(), Launch: ledger.Launch{
		Nonce: r.nonce(v.ID), Template: t.ID, TemplateVersion: t.Version, Spot: spot,
		Overrides: overrides, SourceHash: t.Hash,
	}}
	it.Launch.Tags = maps.Clone(r.w.Group.Tags)
	if it.Launch.Tags == nil {
		it.Launch.Tags = map[string]string{}
	}
	it.Launch.Tags[TagGroup], it.Launch.Tags[TagLaunch] = r.w.Group.Name, it.Launch.Nonce
	r.rec.Intents = append(r.rec.Intents, it)
	nameTemplate(&r.rec, t.ID)
	if len(overrides) > 0 { // the likeliest of them, until the answer says
		r.holding()[market.Pool{Type: overrides[0].Type, Zone: overrides[0].Zone}]++
	}
	launch := it.Launch
	if copies := r.copies(); copies != "" {
		why += "; " + copies
	}
	r.act(Action{Kind: LaunchOne, Instance: v.ID, Launch: &launch, Why: why})
	r.poll()
}

// launchTogether writes an intent for each of those whom AWS takes, and asks for all their replacements in one request.
func (r *run) launchTogether(doomed []Instance, zone string, overrides []ledger.Override, why string) {
	first := len(r.rec.Intents)
	r.launch(ledger.Replace, doomed[0], zone, true, overrides, why)
	if len(r.rec.Intents) == first {
		return // not now
	}
	r.takes = nil // reckoned anew for the next
	lead := &r.rec.Intents[first]
	lead.Launch.Count = len(doomed)
	r.plan.Actions[len(r.plan.Actions)-1].Launch.Count = len(doomed)
	for _, x := range doomed[1:] {
		it := *lead
		it.Victim, it.Launch.Overrides, it.Launch.Tags = x.ID, nil, nil
		r.rec.Intents = append(r.rec.Intents, it)
	}
	r.holding()[market.Pool{Type: overrides[0].Type, Zone: overrides[0].Zone}] += len(doomed) - 1
}

// planned counts the actions of a kind that the plan has already.
func (r *run) planned(kind ActionKind) int {
	n := 0
	for _, a := range r.plan.Actions {
		if a.Kind == kind {
			n++
		}
	}
	return n
}

// nonce is new for every launch: it names the victim, the moment, and its place among the launches under way, since what fills a
// hole has no victim; never an attempt number, which a lost record would count anew.
func (r *run) nonce(victim string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{r.w.Group.Name, victim, r.now().UTC().Format(time.RFC3339Nano), fmt.Sprint(r.rec.Revision), fmt.Sprint(len(r.rec.Intents))}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
