// Package plan tells, for one group, what the coordinator would do now and why, and what it would come to. It is pure: it asks
// decide, round after round, as a run would, and answers for AWS that every launch succeeds in the first pool offered.
package plan

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// The values of Group.Status.
const (
	Managed    = "managed"
	Refused    = "refused"
	NotEnabled = "not-enabled"
	// Failed is a group of which nothing can be said: a read of it failed, or a file that has it cannot be read there.
	Failed = "failed"
)

// Group is the plan of one group. The JSON names are a contract.
type Group struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	// Reason says why the group is refused, not enabled or failed, or why nothing is done now.
	Reason string `json:"reason"`
	// Step is what its owner would have to do to be served, of a group that is refused; empty where nothing is known to help.
	Step string `json:"step"`
	// Attach is when a replacement that nobody waits for becomes a member: ready, started or running.
	Attach string `json:"attach"`
	// Drain is how work that runs on an instance comes to its end before the instance is retired: none, ecs or hook.
	Drain string `json:"drain"`
	// Needs are what its user data, or its Elastic Beanstalk environment, needs of the group, or does to what others share.
	Needs   []decide.UserNeed `json:"needs"`
	Actions []Action          `json:"actions"`
	Pools   []Pool            `json:"pools"`
	// SavingsUSDMonth is what is saved in a month of 730 hours once every on-demand instance that may be replaced is, at the
	// prices of now.
	SavingsUSDMonth float64 `json:"savings_usd_month"`
	// Why is every reason and assumption, for people.
	Why []string `json:"why"`
	// APICalls counts the mutating calls of AWS that the actions are.
	APICalls map[string]int `json:"api_calls"`
}

// Action is one action of the plan.
type Action struct {
	// Kind is launch, attach, retire, terminate, raise-max, restore-max, drain or undrain.
	Kind string `json:"kind"`
	// Instance is whom the action is about; for a launch the victim, whom the new instance replaces.
	Instance string `json:"instance,omitempty"`
	Zone     string `json:"zone,omitempty"`
	// Types are offered to the launch, best first; Spot is false for on-demand.
	Types []string `json:"types,omitempty"`
	Spot  bool     `json:"spot,omitempty"`
	// MaxPrice is the most that the launch may cost, USD per hour; 0 for on-demand.
	MaxPrice float64 `json:"max_price,omitempty"`
	// Max is the MaxSize to be set.
	Max int    `json:"max,omitempty"`
	Why string `json:"why"`
}

// Pool is one compatible pool for one type of the group's instances.
type Pool struct {
	Type string `json:"type"`
	Zone string `json:"zone"`
	// For is the type that it stands in for.
	For             string  `json:"for"`
	SpotUSDHour     float64 `json:"spot_usd_hour"`
	OnDemandUSDHour float64 `json:"on_demand_usd_hour"` // of For
	// Saving is the fraction of the on-demand price that is saved.
	Saving float64 `json:"saving"`
}

// Of plans for a group. Assumptions, if any, are what the world's maker did not know.
func Of(w decide.World, assumptions []string) Group {
	g := empty(w.Group.Name)
	g.Attach, g.Drain = string(decide.Mode(w)), string(decide.Drain(w))
	g.Needs = append(g.Needs, decide.Needs(w)...)
	if w.Template.Version == "" { // it would be made first
		w.Template.ID, w.Template.Version = "planned", "1"
	}
	p := decide.Decide(w)
	g.Status, g.Reason = status(p, w)
	if g.Status == Refused {
		g.Step = decide.Step(w)
	}
	g.say(p)
	g.rounds(w, p)
	if g.Status == Managed {
		g.Why = append(g.Why, w.Template.Notes...)
		g.idleHooks(w)
		g.market(w)
		if len(g.Actions) == 0 && g.Reason == "" && len(p.Why) > 0 {
			g.Reason = p.Why[0].Text
		}
	}
	g.assume(w, assumptions)
	return g
}

// NotPlanned is the entry of a group that could not be observed.
func NotPlanned(name string, err error) Group {
	g := empty(name)
	g.Status, g.Reason = Failed, err.Error()
	return g
}

// empty is a plan that says nothing yet. No list of it is null in JSON.
func empty(name string) Group {
	return Group{Name: name, Attach: string(decide.WhenReady), Drain: string(decide.DrainNone), Needs: []decide.UserNeed{}, Actions: []Action{}, Pools: []Pool{}, Why: []string{}, APICalls: map[string]int{}}
}

// idleHooks tells of launching hooks that stand in nobody's way.
func (g *Group) idleHooks(w decide.World) {
	if decide.StandsForHook(w) {
		g.Why = append(g.Why, fmt.Sprintf("the boot completes its launching lifecycle hook (%s), which does not run for a replacement: that counts as up only when a probe, the end of its boot or a load balancer says so",
			strings.Join(append(w.Group.UnheardHooks, w.Group.IdleHooks...), ", ")))
		return
	}
	if len(w.Group.IdleHooks) == 0 {
		return
	}
	why := fmt.Sprintf("launching lifecycle hooks of which nobody hears (%s) only delay what the group launches itself; replacements do not wait for them", strings.Join(w.Group.IdleHooks, ", "))
	if w.Group.HookWait > 0 {
		why += fmt.Sprintf(", and without a probe or a load balancer count as up only after as long, %s", w.Group.HookWait)
	}
	g.Why = append(g.Why, why)
}

func status(p decide.Plan, w decide.World) (code, reason string) {
	switch s := p.Record.Status; s.Code {
	case "refused":
		return Refused, s.Reason
	case "not-enabled":
		return NotEnabled, cmp.Or(w.Group.NearMiss, "the group does not carry the tag by which it would be served")
	case "gone":
		return NotEnabled, fmt.Sprintf("there is no group %q", w.Group.Name)
	default:
		return Managed, s.Reason
	}
}

func (g *Group) say(p decide.Plan) {
	for _, l := range p.Why {
		g.Why = append(g.Why, strings.TrimSpace(l.Instance+" "+l.Text))
	}
}

// maxRounds bounds the launches that are shown; a run has as many rounds and leaves the rest to the next.
const maxRounds = 12

// rounds lists the actions of a run, as far as they follow from launches that succeed.
func (g *Group) rounds(w decide.World, p decide.Plan) {
	for n := range maxRounds {
		launched := false
		for _, a := range p.Actions {
			if n > 0 && a.Kind != decide.LaunchOne {
				continue
			}
			g.add(a, w)
			res := decide.Result{}
			if a.Kind == decide.LaunchOne {
				launched = true
				o := a.Launch.Overrides[0]
				res.Launched = []decide.LaunchedOne{{ID: fmt.Sprintf("planned-%d", len(g.Actions)), Type: o.Type, Zone: o.Zone}}
				p.Record = decide.Learn(p.Record, a, res, w.Now)
			}
		}
		if !launched {
			return
		}
		w.Record, w.Heard = p.Record, nil
		p = decide.Decide(w)
	}
}

// calls are the AWS operations of the kinds of actions; those without a kind of their own in the plan are only counted.
var calls = map[decide.ActionKind]struct{ kind, call string }{
	decide.LaunchOne:    {"launch", "ec2:CreateFleet"},
	decide.AttachSome:   {"attach", "autoscaling:AttachInstances"},
	decide.Retire:       {"retire", "autoscaling:TerminateInstanceInAutoScalingGroup"},
	decide.Terminate:    {"terminate", "ec2:TerminateInstances"},
	decide.RaiseMax:     {"raise-max", "autoscaling:UpdateAutoScalingGroup"},
	decide.RestoreMax:   {"restore-max", "autoscaling:UpdateAutoScalingGroup"},
	decide.MakeTemplate: {"", "ec2:CreateLaunchTemplate"},
	decide.DropTemplate: {"", "ec2:DeleteLaunchTemplate"},
	decide.Protect:      {"", "autoscaling:SetInstanceProtection"},
	decide.Unprotect:    {"", "autoscaling:SetInstanceProtection"},
	decide.SetDesired:   {"", "autoscaling:SetDesiredCapacity"},
	decide.TagStatus:    {"", "autoscaling:CreateOrUpdateTags"},
	decide.UntagStatus:  {"", "autoscaling:DeleteTags"},
	decide.Untag:        {"", "ec2:DeleteTags"},
	decide.SetDraining:  {"drain", "ecs:UpdateContainerInstancesState"},
	decide.SetActive:    {"undrain", "ecs:UpdateContainerInstancesState"},
	decide.AskDrain:     {"drain", "ec2:CreateTags"},
	decide.AskNoMore:    {"undrain", "ec2:DeleteTags"},
}

func (g *Group) add(a decide.Action, w decide.World) {
	c := calls[a.Kind]
	g.APICalls[c.call]++
	if c.kind == "" {
		return
	}
	out := Action{Kind: c.kind, Instance: a.Instance, Max: a.Max, Why: a.Why}
	if a.Launch != nil {
		out.describe(*a.Launch)
	}
	if len(a.Instances) == 0 {
		if out.Zone == "" {
			out.Zone = zoneOf(w, a.Instance)
		}
		g.Actions = append(g.Actions, out)
		return
	}
	for _, id := range a.Instances {
		out.Instance, out.Zone = id, zoneOf(w, id)
		g.Actions = append(g.Actions, out)
	}
}

func (a *Action) describe(l ledger.Launch) {
	a.Spot = l.Spot
	seen := map[string]bool{}
	for _, o := range l.Overrides {
		if a.Zone == "" {
			a.Zone = o.Zone
		}
		a.MaxPrice = max(a.MaxPrice, o.MaxUSD)
		if !seen[o.Type] {
			seen[o.Type] = true
			a.Types = append(a.Types, o.Type)
		}
	}
}

func zoneOf(w decide.World, id string) string {
	for _, i := range w.Instances {
		if i.ID == id {
			return i.Zone
		}
	}
	return ""
}

// assume names what was not known, in every launch that rests on it.
func (g *Group) assume(w decide.World, assumptions []string) {
	all := append([]string(nil), assumptions...)
	if g.Status == Managed {
		all = append(all, w.Catalog.Assumptions...)
	}
	for _, a := range all {
		g.Why = append(g.Why, "assumed: "+a)
	}
	if len(all) == 0 {
		return
	}
	for i := range g.Actions {
		if g.Actions[i].Kind == "launch" {
			g.Actions[i].Why += "; assumed: " + strings.Join(all, "; ")
		}
	}
}

func cents(usd float64) float64 { return math.Round(usd*100) / 100 }

// rounded keeps prices readable: AWS quotes them in ten-thousandths.
func rounded(usd float64) float64 { return math.Round(usd*1e6) / 1e6 }
