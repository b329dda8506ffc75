package act

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/vpclattice"
	lattypes "github.com/aws/aws-sdk-go-v2/service/vpclattice/types"

	"autospotting/coordinator/decide"
)

// balancing reads how the group's load balancers see its members. One that is not registered everywhere does not serve everywhere,
// so it counts as initial. Where we may not ask, or nothing is there any more, what Auto Scaling says has to do. Where one does not answer, it is
// known of no member that it serves.
func (a *Actor) balancing(w decide.World, g types.AutoScalingGroup) reading {
	return func(ctx context.Context) func(*decide.World) {
		var puts []func(*decide.World)
		look := func(api string, names []string, ask func(context.Context, string) (map[string]string, error)) {
			for _, name := range names {
				var health map[string]string
				err := a.within(ctx, func(ctx context.Context) (err error) { health, err = ask(ctx, name); return err })
				if err != nil && !denied(err) && !gone(err) {
					puts = append(puts, func(w *decide.World) { missed(w, api, err); unknown(w.Instances) })
					return // one that does not answer is enough to know nothing
				}
				if health != nil {
					puts = append(puts, func(w *decide.World) { merge(w.Instances, health) })
				}
			}
		}
		look("Elastic Load Balancing v2.DescribeTargetHealth", targetGroupsOf(g), a.targets)
		look("Elastic Load Balancing.DescribeInstanceHealth", balancersOf(g), a.classic)
		look("VPC Lattice.ListTargets", latticeOf(g), a.lattice)
		for _, arn := range targetGroupsOf(g) {
			slow, err := a.slowStart(ctx, arn)
			puts = append(puts, func(w *decide.World) {
				if err != nil {
					missed(w, "Elastic Load Balancing v2.DescribeTargetGroupAttributes", err)
				}
				w.Group.SlowStart = max(w.Group.SlowStart, slow)
			})
		}
		return func(w *decide.World) {
			for _, put := range puts {
				put(w)
			}
		}
	}
}

// slowStartFor is how long a target group's slow start is believed: its owner changes it once in years.
const slowStartFor = time.Hour

// slowly is a target group's slow start as it was read.
type slowly struct {
	start time.Duration
	at    time.Time
}

// longestSlowStart is the most that may be set (ELB API reference, TargetGroupAttribute: slow_start.duration_seconds, 30 to 900).
const longestSlowStart = 15 * time.Minute

// slowStart is how long a target that has become healthy gets a growing share of the requests. Where it cannot be read, what was read last counts;
// where nothing was, the longest that may be. Where we may not ask, or the target group is gone, there is none.
func (a *Actor) slowStart(ctx context.Context, arn string) (time.Duration, error) {
	last, known := a.cache.slow.get(arn)
	if a.TargetGroups == nil || known && a.young(last.at, slowStartFor) {
		return last.start, nil
	}
	var out *elbv2.DescribeTargetGroupAttributesOutput
	err := a.within(ctx, func(ctx context.Context) (err error) {
		out, err = a.TargetGroups.DescribeTargetGroupAttributes(ctx, &elbv2.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
		return err
	})
	switch {
	case err == nil, denied(err), gone(err):
	case known:
		return last.start, nil
	default:
		return longestSlowStart, fmt.Errorf("read the attributes of target group %s: %w", arn, err)
	}
	now := slowly{at: a.Now()}
	if err == nil {
		for _, at := range out.Attributes {
			if n, bad := strconv.Atoi(aws.ToString(at.Value)); aws.ToString(at.Key) == "slow_start.duration_seconds" && bad == nil {
				now.start = time.Duration(n) * time.Second
			}
		}
	}
	a.cache.slow.put(arn, now)
	return now.start, nil
}

// lattice asks a target group of VPC Lattice. Its states are those of a load balancer's targets, in capitals (VPC Lattice API reference,
// TargetSummary).
func (a *Actor) lattice(ctx context.Context, id string) (map[string]string, error) {
	if a.Lattice == nil {
		return nil, nil
	}
	health := map[string]string{}
	in := &vpclattice.ListTargetsInput{TargetGroupIdentifier: &id}
	for {
		page, err := a.Lattice.ListTargets(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list the targets of VPC Lattice's target group %s: %w", id, err)
		}
		for _, t := range page.Items {
			state := strings.ToLower(string(t.Status))
			if t.Status == lattypes.TargetStatusUnavailable || t.Status == lattypes.TargetStatusUnused {
				state = "" // nobody checks it: the checks are off, or no service uses the target group
			}
			health[aws.ToString(t.Id)] = state
		}
		if page.NextToken == nil {
			break
		}
		in.NextToken = page.NextToken
	}
	return health, nil
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

func (a *Actor) targets(ctx context.Context, arn string) (map[string]string, error) {
	if a.TargetGroups == nil {
		return nil, nil
	}
	out, err := a.TargetGroups.DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: &arn})
	if err != nil {
		return nil, fmt.Errorf("read the health in target group %s: %w", arn, err)
	}
	health := map[string]string{}
	for _, t := range out.TargetHealthDescriptions {
		if t.Target != nil && t.TargetHealth != nil {
			health[aws.ToString(t.Target.Id)] = targetState(*t.TargetHealth)
		}
	}
	return health, nil
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

func (a *Actor) classic(ctx context.Context, name string) (map[string]string, error) {
	if a.Balancers == nil {
		return nil, nil
	}
	out, err := a.Balancers.DescribeInstanceHealth(ctx, &elb.DescribeInstanceHealthInput{LoadBalancerName: &name})
	if err != nil {
		return nil, fmt.Errorf("read the health in load balancer %q: %w", name, err)
	}
	health := map[string]string{}
	for _, s := range out.InstanceStates {
		state := aws.ToString(s.State)
		if state == "InService" {
			state = decide.BalancerHealthy
		}
		health[aws.ToString(s.InstanceId)] = state
	}
	return health, nil
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
