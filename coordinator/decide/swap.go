package decide

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
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

// scaleOutQuiet is how long after the group launched an instance nothing gradual is begun: a scale-out is under way.
const scaleOutQuiet = 2 * time.Minute

// swap begins the next gradual replacement: by spot where there are more on-demand instances than the owner keeps, by
// on-demand where there are fewer. One a plan: where it landed is known when the next is decided.
func (r *run) swap() {
	if !r.mayBegin() {
		return
	}
	switch later, keep := r.onDemandLater(), r.keep(); {
	case later > keep && r.w.Group.Enabled && r.toSpot(later-keep): // a group that left may have more than its size for a while, and gets no spot for it
	case later < keep && len(r.returnable()) > 0:
		r.toOnDemand(keep - later)
	case r.w.Group.Enabled && r.toCheaper():
	case r.w.Group.Enabled && later <= keep && keep > 0:
		r.say("", "nothing to replace: %d on-demand of %d that the owner keeps", later, keep)
	case r.w.Group.Enabled && len(r.victims()) == 0:
		r.say("", "no on-demand instance is left that may be replaced%s", r.unread())
	}
}

// mayBegin tells whether something gradual may be begun, in either direction.
func (r *run) mayBegin() bool {
	owed := r.rec.Owed()
	switch {
	case !r.w.Group.Found:
		r.say("", "there is no such group (any more): nothing is begun")
	case !r.w.Group.Enabled && !r.holdsOurs():
		r.say("", "not enabled: the group does not carry the tag, so nothing is begun")
	case r.refusal != "":
		r.say("", "refused: %s", r.refusal)
	case r.urgent() || r.underWay() >= r.atOnce() || r.rec.Lease != nil && !r.rec.Lease.Returned || r.stale():
		if len(r.plan.Why)+len(r.plan.Actions) == 0 {
			r.say("", "nothing new is begun before what is under way is done")
		}
	case r.now().Before(r.rec.PausedUntil):
		r.say("", "paused until %s after %d failures: %s", r.rec.PausedUntil.UTC().Format(time.TimeOnly), r.rec.Failures, r.rec.Cause)
		r.lookAt(r.rec.PausedUntil)
	case len(r.liveMembers()) < r.w.Group.Desired-owed || r.capacity("") < r.w.Group.Desired-owed:
		r.say("", "not now: %d of %d in service", r.capacity(""), r.w.Group.Desired)
		r.poll()
	case r.unpriced():
	case r.scalingOut():
		r.say("", "not now: the group launched an instance less than %s ago", scaleOutQuiet)
		r.poll()
	default:
		return true
	}
	return false
}

// urgent tells whether AWS takes an instance, or the group cannot be filled: then nothing gradual is begun.
func (r *run) urgent() bool {
	return len(r.rec.Notices) > 0 ||
		slices.ContainsFunc(r.rec.Intents, func(it ledger.Intent) bool { return it.Purpose != ledger.Swap && it.Purpose != ledger.Return }) ||
		slices.ContainsFunc(r.rec.Pairs, func(p ledger.Pair) bool {
			return p.Phase == ledger.Undoing || p.Intent.Purpose != ledger.Swap && p.Intent.Purpose != ledger.Return
		})
}

func (r *run) underWay() int { return len(r.rec.Intents) + len(r.rec.Pairs) }

func (r *run) atOnce() int { return max(1, r.w.Settings.AtOnce.Down(r.w.Group.Desired-r.rec.Owed())) }

func (r *run) scalingOut() bool {
	return slices.ContainsFunc(r.liveMembers(), func(i Instance) bool { return !i.Ours && r.since(i.Launched) < scaleOutQuiet })
}

// unread names what may be to come where some were not asked yet whether they may be retired: it is one call each.
func (r *run) unread() string {
	if slices.ContainsFunc(r.live, func(i Instance) bool { return i.Unchecked }) {
		return " by now: others are looked at when their turn comes"
	}
	return ""
}

// toSpot begins a replacement by spot, or says why it has to wait. It returns false where in no zone anything is to be had.
func (r *run) toSpot(more int) bool {
	if again := r.spotAgain(); r.now().Before(again) {
		r.say("", "on on-demand for want of spot: tried again at %s", again.UTC().Format(time.TimeOnly))
		return true
	}
	if w := r.w.Settings.Window; !w.Open(r.now()) {
		r.say("", "not now: outside the owner's schedule (%s)", w)
		return true
	}
	victims := r.victims()
	for len(victims) > 0 {
		v, zone, ok := r.balanced(victims)
		if !ok {
			return true
		}
		if overrides := r.spotOverrides(v, []string{zone}); len(overrides) > 0 {
			r.launch(ledger.Swap, v, zone, true, overrides, fmt.Sprintf("%s is on-demand; spot is cheaper in %s", v.ID, zone))
			r.andAnother(more)
			return true
		}
		victims = elsewhere(victims, v)
	}
	return false
}

// elsewhere leaves out the instances of one's zone: what cannot be had for one there can be had for none.
func elsewhere(list []Instance, one Instance) []Instance {
	return slices.DeleteFunc(slices.Clone(list), func(i Instance) bool { return i.Zone == one.Zone })
}

// spotAgain is when spot is tried again after on-demand was bought for want of it: a dwell that doubles each time in a row.
func (r *run) spotAgain() time.Time {
	f := r.rec.Fallback
	if f.Times == 0 {
		return time.Time{}
	}
	return f.At.Add(doubled(r.w.Settings.Dwell, f.Times-1, max(longestDwell, r.w.Settings.Dwell)))
}

func (r *run) toOnDemand(more int) {
	var v Instance
	var zone string
	var overrides []ledger.Override
	for back := r.returnable(); len(overrides) == 0; back = elsewhere(back, v) {
		var ok bool
		if len(back) == 0 {
			return
		}
		if v, zone, ok = r.balanced(back); !ok {
			return
		}
		if overrides = r.onDemandOverrides(r.ownersType(v), []string{zone}); len(overrides) == 0 {
			r.say(v.ID, "is to become on-demand again, and no compatible type with a known price is offered in %s", zone)
		}
	}
	why := fmt.Sprintf("the owner keeps %d on-demand: %s goes back", r.keep(), v.ID)
	if !r.w.Group.Enabled {
		why = fmt.Sprintf("the group is not enabled any more: %s goes back to on-demand", v.ID)
	}
	r.launch(ledger.Return, v, zone, false, overrides, why)
	r.andAnother(more)
}

// andAnother comes back for the next at once: it is chosen when it is known where this one landed.
func (r *run) andAnother(more int) {
	if more > 1 && r.underWay() > 0 && r.underWay() < r.atOnce() {
		r.lookAt(r.now().Add(time.Second))
	}
}

// ownersType is the instance type that the group itself would launch in the instance's place.
func (r *run) ownersType(v Instance) string { return cmp.Or(r.w.Template.Type, v.Type) }

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
	if len(overrides) > 0 { // the likeliest of them, until the answer says
		r.offered[market.Pool{Type: overrides[0].Type, Zone: overrides[0].Zone}]++
	}
	launch := it.Launch
	r.act(Action{Kind: LaunchOne, Instance: v.ID, Launch: &launch, Why: why})
	r.poll()
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
