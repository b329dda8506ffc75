package cloudsim

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const svcELB = "Elastic Load Balancing v2"

// LoadBalancing is a session's client for target groups. A target group exists as soon as a group names it (GroupSpec.TargetGroups).
type LoadBalancing struct{ s *Session }

// LoadBalancing is the session's client for target groups.
func (s *Session) LoadBalancing() *LoadBalancing { return &LoadBalancing{s} }

// DescribeTargetGroupAttributes tells a target group's slow start; the other attributes have their defaults and are left out.
func (l *LoadBalancing) DescribeTargetGroupAttributes(ctx context.Context, in *elb.DescribeTargetGroupAttributesInput, _ ...func(*elb.Options)) (*elb.DescribeTargetGroupAttributesOutput, error) {
	return call(ctx, l.s, request{svcELB, "DescribeTargetGroupAttributes", false}, in, func(in *elb.DescribeTargetGroupAttributesInput) (*elb.DescribeTargetGroupAttributesOutput, error) {
		c, arn := l.s.cloud, aws.ToString(in.TargetGroupArn)
		if !slices.ContainsFunc(c.groups, func(g *group) bool { return !g.deleted && slices.Contains(g.targetGroups, arn) }) {
			return nil, apiError("TargetGroupNotFound", "One or more target groups not found")
		}
		seconds := fmt.Sprint(int(c.targets[arn].SlowStart.Seconds()))
		return &elb.DescribeTargetGroupAttributesOutput{Attributes: []elbtypes.TargetGroupAttribute{{Key: aws.String("slow_start.duration_seconds"), Value: &seconds}}}, nil
	})
}

// DescribeTargetHealth lists the targets of a target group: members of the groups that name it are registered when they go in
// service, and initial until the application has answered for Timing.TargetHealthy; a terminating one drains (aws-facts 1.1 #7, 1.4).
// Targets of one that no load balancer uses, or that is not checked, are unused or unavailable (SetTargetGroup).
func (l *LoadBalancing) DescribeTargetHealth(ctx context.Context, in *elb.DescribeTargetHealthInput, _ ...func(*elb.Options)) (*elb.DescribeTargetHealthOutput, error) {
	return call(ctx, l.s, request{svcELB, "DescribeTargetHealth", false}, in, func(in *elb.DescribeTargetHealthInput) (*elb.DescribeTargetHealthOutput, error) {
		c, arn := l.s.cloud, aws.ToString(in.TargetGroupArn)
		out, known := &elb.DescribeTargetHealthOutput{}, false
		for _, g := range c.groups {
			if g.deleted || !slices.Contains(g.targetGroups, arn) {
				continue
			}
			known = true
			for _, m := range g.members {
				if state, reason, registered := c.targetHealth(arn, m); registered {
					out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, elbtypes.TargetHealthDescription{
						Target: &elbtypes.TargetDescription{Id: aws.String(m.i.id), Port: aws.Int32(80)}, TargetHealth: &elbtypes.TargetHealth{State: state, Reason: reason}})
				}
			}
		}
		if !known {
			return nil, apiError("TargetGroupNotFound", "One or more target groups not found")
		}
		return out, nil
	})
}
