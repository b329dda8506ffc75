package act

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"autospotting/coordinator/decide"
)

// Rules is what the coordinator calls of EventBridge.
type Rules interface {
	ListRules(context.Context, *eventbridge.ListRulesInput, ...func(*eventbridge.Options)) (*eventbridge.ListRulesOutput, error)
	ListTargetsByRule(context.Context, *eventbridge.ListTargetsByRuleInput, ...func(*eventbridge.Options)) (*eventbridge.ListTargetsByRuleOutput, error)
}

var _ Rules = (*eventbridge.Client)(nil)

// rulesFor is how long it is believed who listens: rules are made by deployments.
const rulesFor = 5 * time.Minute

// launchAction is how EventBridge names the event of a launching lifecycle hook (Auto Scaling user guide, "EventBridge event reference").
const launchAction = "EC2 Instance-launch Lifecycle Action"

// rule is one of somebody else that hears of launching lifecycle hooks of some group, and perhaps not of all.
type rule struct {
	name    string
	pattern json.RawMessage
}

// listeners are all of them.
type listeners struct {
	rules []rule
	at    time.Time
	again bool // they are to be read anew
}

// idle parts the launching hooks of which nobody hears from those in which somebody may make the instance whole: they tell nobody directly, and no rule
// hears of them. One whose default is to go on ends by its timeout alone: an attached instance, for which it does not run, misses nothing but the wait.
// One whose default is to abandon is completed by the instance, or the group would have none. Services send their events to the default event bus (EventBridge user guide, "Event buses"): a rule on another bus hears of them only
// where one on this bus sends them there.
func (a *Actor) idle(ctx context.Context, w *decide.World, d described, hooks []astypes.LifecycleHook, last func() Copy) {
	g := &w.Group
	goesOn := func(h astypes.LifecycleHook) bool { return aws.ToString(h.DefaultResult) == "CONTINUE" }
	silent := func(h astypes.LifecycleHook) bool { return aws.ToString(h.NotificationTargetARN) == "" }
	var known []rule
	var before []string // those of which nobody heard when all could be read
	unread := a.Rules == nil
	matters := func(h astypes.LifecycleHook) bool { return silent(h) && (goesOn(h) || !w.Settings.SkipHooks) }
	if !unread && slices.ContainsFunc(hooks, matters) {
		const unknown = "EventBridge's rules, which tell whether somebody hears of them, cannot be read: "
		var at time.Time
		err := a.within(ctx, func(ctx context.Context) (err error) { known, at, err = a.listeners(ctx, d.memory); return err })
		switch unread = err != nil && (at.IsZero() || denied(err)); {
		case err == nil:
		case denied(err):
			g.HookListener = unknown + err.Error()
		case unread && a.young(last().At, copyFor):
			before = slices.Concat(last().IdleHooks, last().UnheardHooks)
			replaced(w, "EventBridge.ListRules", err, last().At)
		case unread:
			g.HookListener = unknown + err.Error()
			missed(w, "EventBridge.ListRules", err)
		default:
			replaced(w, "EventBridge.ListRules", err, at)
		}
	}
	for _, h := range hooks {
		name, why := aws.ToString(h.LifecycleHookName), ""
		only := silent(h)
		if only && !w.Settings.SkipHooks { // whoever may hear of it: that says nothing of how long a boot takes
			g.HookWait = max(g.HookWait, time.Duration(aws.ToInt32(h.HeartbeatTimeout))*time.Second)
		}
		if only && unread {
			only = slices.Contains(before, name)
		} else if only {
			why = heardBy(known, launchOf(d.raw, h))
			only = why == ""
		}
		switch {
		case only && goesOn(h):
			g.IdleHooks = append(g.IdleHooks, name)
		case only:
			g.UnheardHooks = append(g.UnheardHooks, name)
		default:
			g.LaunchHooks = append(g.LaunchHooks, name)
		}
		if why != "" {
			g.HookListener = "EventBridge's rule " + why + " may hear of " + name
		}
	}
	slices.Sort(g.LaunchHooks)
	slices.Sort(g.IdleHooks)
	slices.Sort(g.UnheardHooks)
}

// launchOf is what is known beforehand of the event of a hook.
func launchOf(g astypes.AutoScalingGroup, h astypes.LifecycleHook) event {
	detail := event{"AutoScalingGroupName": aws.ToString(g.AutoScalingGroupName), "LifecycleHookName": aws.ToString(h.LifecycleHookName),
		"LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING", "Destination": "AutoScalingGroup"}
	if h.NotificationMetadata != nil {
		detail["NotificationMetadata"] = *h.NotificationMetadata
	}
	e := event{"source": "aws.autoscaling", "detail-type": launchAction, "detail": detail}
	if part := strings.Split(aws.ToString(g.AutoScalingGroupARN), ":"); len(part) > 5 {
		e["region"], e["account"], e["resources"] = part[3], part[4], []string{*g.AutoScalingGroupARN}
	}
	return e
}

// heardBy names a rule that may hear of an event; empty where none does.
func heardBy(rules []rule, e event) string {
	for _, r := range rules {
		if mayMatch(r.pattern, e) {
			return r.name
		}
	}
	return ""
}

// listeners reads the rules. With an error come those last read and when that was, as long as a copy serves.
func (a *Actor) listeners(ctx context.Context, m *memory) ([]rule, time.Time, error) {
	last, _ := a.cache.rules.get("")
	if a.young(last.at, rulesFor) && !last.again {
		m.note(whatOf("EventBridge.ListRules"))
		return last.rules, last.at, nil
	}
	rules, err := a.readRules(ctx)
	if err == nil {
		a.cache.rules.put("", listeners{rules: rules, at: a.Now()})
		return rules, a.Now(), nil
	}
	if a.young(last.at, copyFor) {
		return last.rules, last.at, err
	}
	return nil, time.Time{}, err
}

func (a *Actor) readRules(ctx context.Context) (rules []rule, err error) {
	anyLaunch := event{"source": "aws.autoscaling", "detail-type": launchAction}
	in := &eventbridge.ListRulesInput{Limit: aws.Int32(100)}
	for {
		page, err := a.Rules.ListRules(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list the rules of EventBridge: %w", err)
		}
		for _, r := range page.Rules {
			pattern := json.RawMessage(aws.ToString(r.EventPattern)) // empty where a rule runs by a schedule
			if r.State == types.RuleStateDisabled || len(pattern) == 0 || !mayMatch(pattern, anyLaunch) {
				continue
			}
			ours, err := a.ownRule(ctx, r)
			if err != nil {
				return nil, err
			}
			if !ours {
				rules = append(rules, rule{aws.ToString(r.Name), pattern})
			}
		}
		if page.NextToken == nil {
			return rules, nil
		}
		in.NextToken = page.NextToken
	}
}

// RuleDescription is that of the rule by which an installation hears of hooks (deploy/stack/autospotting.yaml).
const RuleDescription = "A group launches or terminates, or waits in a lifecycle hook"

// ownRule tells whether a rule sends to our events topic alone, or to nobody. It is by the first that we hear of hooks ourselves. A plan, of which
// nobody said where the installation is, knows that rule by its description.
func (a *Actor) ownRule(ctx context.Context, r types.Rule) (bool, error) {
	if a.EventsTopic == "" {
		return aws.ToString(r.Description) == RuleDescription, nil
	}
	name := aws.ToString(r.Name)
	in := &eventbridge.ListTargetsByRuleInput{Rule: &name, Limit: aws.Int32(100)}
	for {
		page, err := a.Rules.ListTargetsByRule(ctx, in)
		if err != nil {
			return false, fmt.Errorf("list the targets of EventBridge's rule %q: %w", name, err)
		}
		for _, t := range page.Targets {
			if aws.ToString(t.Arn) != a.EventsTopic {
				return false, nil
			}
		}
		if page.NextToken == nil {
			return true, nil
		}
		in.NextToken = page.NextToken
	}
}
