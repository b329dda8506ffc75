package cloudsim

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// API reference, ListRules and ListTargetsByRule: of one bus, the default one if none is named; in pages of 100 at most.
func TestRulesAreListedByBusAndInPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	topic, err := r.s.SNS().CreateTopic(bg, &sns.CreateTopicInput{Name: aws.String("events")})
	must(t, err)
	r.Rule(*topic.TopicArn)
	for n := range 3 {
		r.PutRule(BusRule{Name: fmt.Sprint("r", n), Pattern: `{"source": ["aws.autoscaling"]}`, Targets: []string{"arn:1", "arn:2"}})
	}
	r.PutRule(BusRule{Name: "r1", Schedule: "rate(1 day)", Disabled: true}) // instead of the first of its name
	r.PutRule(BusRule{Name: "r1", Bus: "shop"})
	list := func(in eventbridge.ListRulesInput) (names []string) {
		for {
			out, err := r.s.EventBridge().ListRules(bg, &in)
			must(t, err)
			for _, one := range out.Rules {
				names = append(names, *one.Name+" "+string(one.State)+" "+aws.ToString(one.EventPattern)[:min(4, len(aws.ToString(one.EventPattern)))])
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return names
			}
		}
	}
	want := []string{`ec2-1 ENABLED {"de`, `autoscaling-1 ENABLED {"de`, `r0 ENABLED {"so`, `r2 ENABLED {"so`, "r1 DISABLED "}
	for _, limit := range []int32{1, 3, 100} {
		if got := list(eventbridge.ListRulesInput{Limit: &limit}); !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %q", limit, got)
		}
	}
	if got := list(eventbridge.ListRulesInput{EventBusName: aws.String("shop")}); !slices.Equal(got, []string{"r1 ENABLED "}) {
		t.Errorf("another bus: %q", got)
	}
	if _, err := r.s.EventBridge().ListRules(bg, &eventbridge.ListRulesInput{Limit: aws.Int32(101)}); err == nil {
		t.Error("a page of 101 is given")
	}
	out, err := r.s.EventBridge().ListTargetsByRule(bg, &eventbridge.ListTargetsByRuleInput{Rule: aws.String("autoscaling-1")})
	if err != nil || len(out.Targets) != 1 || *out.Targets[0].Arn != *topic.TopicArn {
		t.Errorf("%v, %+v", err, out)
	}
	two, err := r.s.EventBridge().ListTargetsByRule(bg, &eventbridge.ListTargetsByRuleInput{Rule: aws.String("r0"), Limit: aws.Int32(1)})
	if err != nil || len(two.Targets) != 1 || two.NextToken == nil {
		t.Errorf("%v, %+v", err, two)
	}
	if _, err := r.s.EventBridge().ListTargetsByRule(bg, &eventbridge.ListTargetsByRuleInput{Rule: aws.String("none")}); err == nil {
		t.Error("the targets of a rule that is not")
	}
}
