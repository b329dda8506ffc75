package act

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"autospotting/coordinator/decide"
)

// balancers reads how the group's load balancers see its members. One that is not registered everywhere does not serve everywhere,
// so it counts as initial. Where we may not ask, or nothing is there any more, what Auto Scaling says has to do. Where one does not answer, it is
// known of no member that it serves.
func (a *Actor) balancers(ctx context.Context, w *decide.World, g types.AutoScalingGroup) {
	look := func(api string, names []string, ask func(context.Context, string, []decide.Instance) error) {
		for _, name := range names {
			err := a.within(ctx, func(ctx context.Context) error { return ask(ctx, name, w.Instances) })
			if err != nil && !denied(err) && !gone(err) {
				missed(w, api, err)
				unknown(w.Instances)
				return // one that does not answer is enough to know nothing
			}
		}
	}
	look("Elastic Load Balancing v2.DescribeTargetHealth", targetGroupsOf(g), a.targets)
	look("Elastic Load Balancing.DescribeInstanceHealth", balancersOf(g), a.classic)
}

// unknown notes that a load balancer did not say how it sees the members. What another says against one holds.
func unknown(list []decide.Instance) {
	for i := range list {
		if m := &list[i]; m.Member && !m.Leaving() && (m.Balancer == "" || m.Balancer == decide.BalancerHealthy) {
			m.Balancer = decide.BalancerUnknown
		}
	}
}

// gone tells whether what was asked for does not exist (any more).
func gone(err error) bool {
	f, _ := classify(err)
	return f == decide.Gone
}

func (a *Actor) targets(ctx context.Context, arn string, list []decide.Instance) error {
	if a.TargetGroups == nil {
		return nil
	}
	out, err := a.TargetGroups.DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: &arn})
	if err != nil {
		return fmt.Errorf("read the health in target group %s: %w", arn, err)
	}
	health := map[string]string{}
	for _, t := range out.TargetHealthDescriptions {
		if t.Target != nil && t.TargetHealth != nil {
			health[aws.ToString(t.Target.Id)] = targetState(*t.TargetHealth)
		}
	}
	merge(list, health)
	return nil
}

// targetState is empty where nobody checks: in a target group that no load balancer uses (as the idle one of a blue/green pair), in a zone that
// is not enabled for the load balancer, and where the checks are off. That says neither that the target is healthy nor that it is not.
// One that has stopped or is registered no more is unused too, and does not serve (ELB API reference, TargetHealth).
func targetState(h elbtypes.TargetHealth) string {
	switch {
	case h.State == elbtypes.TargetHealthStateEnumUnavailable, h.State == elbtypes.TargetHealthStateEnumUnused && h.Reason == elbtypes.TargetHealthReasonEnumNotInUse:
		return ""
	}
	return string(h.State)
}

func (a *Actor) classic(ctx context.Context, name string, list []decide.Instance) error {
	if a.Balancers == nil {
		return nil
	}
	out, err := a.Balancers.DescribeInstanceHealth(ctx, &elb.DescribeInstanceHealthInput{LoadBalancerName: &name})
	if err != nil {
		return fmt.Errorf("read the health in load balancer %q: %w", name, err)
	}
	health := map[string]string{}
	for _, s := range out.InstanceStates {
		state := aws.ToString(s.State)
		if state == "InService" {
			state = decide.BalancerHealthy
		}
		health[aws.ToString(s.InstanceId)] = state
	}
	merge(list, health)
	return nil
}

// merge takes over what is worst of several load balancers, of those that check the member.
func merge(list []decide.Instance, health map[string]string) {
	for i := range list {
		m := &list[i]
		if !m.Member || m.Leaving() || m.Balancer != "" && m.Balancer != decide.BalancerHealthy {
			continue
		}
		switch state, registered := health[m.ID]; {
		case !registered:
			m.Balancer = "initial"
		case state != "":
			m.Balancer = state
		}
	}
}
