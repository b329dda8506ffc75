package cloudsim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

const svcEventBridge = "EventBridge"

// BusRule is a rule of somebody in the account. It is listed, and sends nothing: what its targets do is the test's to play.
type BusRule struct {
	Name     string
	Bus      string // "default" if it is empty
	Pattern  string // empty where it runs by Schedule
	Schedule string
	Disabled bool
	Targets  []string // ARNs
}

// PutRule makes a rule, or changes the one of its name and bus.
func (c *Cloud) PutRule(r BusRule) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Bus == "" {
		r.Bus = defaultBus
	}
	c.rules = slices.DeleteFunc(c.rules, func(old BusRule) bool { return old.Name == r.Name && old.Bus == r.Bus })
	c.rules = append(c.rules, r)
}

const defaultBus = "default"

// kindsOf are the detail-types by their source.
var kindsOf = []struct {
	source string
	kinds  []string
}{
	{"aws.ec2", []string{"EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation", "EC2 Instance State-change Notification"}},
	{"aws.autoscaling", []string{"EC2 Instance Launch Successful", "EC2 Instance Launch Unsuccessful", "EC2 Instance Terminate Successful",
		"EC2 Instance Terminate Unsuccessful", "EC2 Instance-launch Lifecycle Action", "EC2 Instance-terminate Lifecycle Action"}},
}

// listed are a rule's entries: one for each source, as the product's own stack has them.
func (r busRule) listed(n int) (all []BusRule) {
	for _, s := range kindsOf {
		kinds := slices.DeleteFunc(slices.Clone(s.kinds), func(k string) bool { return len(r.kinds) > 0 && !slices.Contains(r.kinds, k) })
		if len(kinds) == 0 {
			continue
		}
		pattern, _ := json.Marshal(map[string][]string{"source": {s.source}, "detail-type": kinds}) // texts: it cannot fail
		all = append(all, BusRule{Name: fmt.Sprintf("%s-%d", s.source[len("aws."):], n+1), Bus: defaultBus, Pattern: string(pattern), Targets: []string{r.target}})
	}
	return all
}

// EventBridge is a session's EventBridge client.
type EventBridge struct{ s *Session }

// EventBridge is the session's client for rules.
func (s *Session) EventBridge() *EventBridge { return &EventBridge{s} }

// listed are all rules, those of Rule before those of PutRule.
func (c *Cloud) listed() []BusRule {
	var all []BusRule
	for n, r := range c.busRules {
		all = append(all, r.listed(n)...)
	}
	return append(all, c.rules...)
}

// ListRules lists the rules of a bus in pages of at most 100; what is left over is to be asked for with the token (API reference, ListRules).
func (e *EventBridge) ListRules(ctx context.Context, in *eventbridge.ListRulesInput, _ ...func(*eventbridge.Options)) (*eventbridge.ListRulesOutput, error) {
	return call(ctx, e.s, request{svcEventBridge, "ListRules", false}, in, func(in *eventbridge.ListRulesInput) (*eventbridge.ListRulesOutput, error) {
		c, out := e.s.cloud, &eventbridge.ListRulesOutput{}
		var hits []ebtypes.Rule
		for _, r := range c.listed() {
			if r.Bus != busOf(in.EventBusName) || !strings.HasPrefix(r.Name, aws.ToString(in.NamePrefix)) {
				continue
			}
			rule := ebtypes.Rule{Name: aws.String(r.Name), Arn: aws.String(c.arn("events", "rule/"+r.Name)), EventBusName: aws.String(r.Bus), State: ebtypes.RuleStateEnabled}
			if r.Pattern != "" {
				rule.EventPattern = aws.String(r.Pattern)
			}
			if r.Schedule != "" {
				rule.ScheduleExpression = aws.String(r.Schedule)
			}
			if r.Disabled {
				rule.State = ebtypes.RuleStateDisabled
			}
			hits = append(hits, rule)
		}
		var err error
		out.Rules, out.NextToken, err = paginate(hits, in.Limit, 100, in.NextToken)
		return out, err
	})
}

// ListTargetsByRule lists where a rule sends what it hears of.
func (e *EventBridge) ListTargetsByRule(ctx context.Context, in *eventbridge.ListTargetsByRuleInput, _ ...func(*eventbridge.Options)) (*eventbridge.ListTargetsByRuleOutput, error) {
	return call(ctx, e.s, request{svcEventBridge, "ListTargetsByRule", false}, in, func(in *eventbridge.ListTargetsByRuleInput) (*eventbridge.ListTargetsByRuleOutput, error) {
		all := e.s.cloud.listed()
		at := slices.IndexFunc(all, func(r BusRule) bool { return r.Name == aws.ToString(in.Rule) && r.Bus == busOf(in.EventBusName) })
		if at < 0 {
			return nil, apiError("ResourceNotFoundException", "Rule %s does not exist on EventBus %s.", aws.ToString(in.Rule), busOf(in.EventBusName))
		}
		var hits []ebtypes.Target
		for n, arn := range all[at].Targets {
			hits = append(hits, ebtypes.Target{Id: aws.String(fmt.Sprint(n + 1)), Arn: aws.String(arn)})
		}
		out := &eventbridge.ListTargetsByRuleOutput{}
		var err error
		out.Targets, out.NextToken, err = paginate(hits, in.Limit, 100, in.NextToken)
		return out, err
	})
}

func busOf(name *string) string {
	if aws.ToString(name) == "" {
		return defaultBus
	}
	return *name
}
