package cloudsim

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// DescribeInstanceStatus shows running instances, or all with IncludeAllInstances; the checks are "initializing" until
// the application is up, since both need a booted system.
func (e *EC2) DescribeInstanceStatus(ctx context.Context, in *ec2.DescribeInstanceStatusInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceStatusOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeInstanceStatus", false}, in, func(in *ec2.DescribeInstanceStatusInput) (*ec2.DescribeInstanceStatusOutput, error) {
		c, now := e.s.cloud, e.s.cloud.readTime()
		seen, err := c.lookup(in.InstanceIds, now)
		if err != nil {
			return nil, err
		}
		var hits []ec2types.InstanceStatus
		for _, i := range seen {
			if i.State.Name != ec2types.InstanceStateNameRunning && !aws.ToBool(in.IncludeAllInstances) {
				continue
			}
			ok, err := matchInstance(i, in.Filters)
			if err != nil {
				return nil, err
			}
			if ok {
				hits = append(hits, c.status(i))
			}
		}
		page, next, err := paginate(hits, in.MaxResults, 1000, in.NextToken)
		return &ec2.DescribeInstanceStatusOutput{InstanceStatuses: page, NextToken: next}, err
	})
}

func (c *Cloud) status(i ec2types.Instance) ec2types.InstanceStatus {
	s := ec2types.SummaryStatusNotApplicable
	switch {
	case i.State.Name == ec2types.InstanceStateNameRunning && c.byID[*i.InstanceId].impaired:
		s = ec2types.SummaryStatusImpaired
	case i.State.Name == ec2types.InstanceStateNameRunning && c.byID[*i.InstanceId].reachable:
		s = ec2types.SummaryStatusOk
	case i.State.Name == ec2types.InstanceStateNameRunning:
		s = ec2types.SummaryStatusInitializing
	}
	sum := &ec2types.InstanceStatusSummary{Status: s}
	return ec2types.InstanceStatus{InstanceId: i.InstanceId, InstanceState: i.State, AvailabilityZone: i.Placement.AvailabilityZone,
		InstanceStatus: sum, SystemStatus: sum}
}

// DescribeSpotInstanceRequests shows the requests by id or by the filters instance-id, spot-instance-request-id, state and status-code. A
// request's status turns instance-terminated-no-capacity at the notice, while the instance still runs, and is never
// stale: that is what a report is checked against (aws-facts 2.2).
func (e *EC2) DescribeSpotInstanceRequests(ctx context.Context, in *ec2.DescribeSpotInstanceRequestsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSpotInstanceRequestsOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeSpotInstanceRequests", false}, in, func(in *ec2.DescribeSpotInstanceRequestsInput) (*ec2.DescribeSpotInstanceRequestsOutput, error) {
		c := e.s.cloud
		var hits []ec2types.SpotInstanceRequest
		found := map[string]bool{}
		for _, i := range c.instances {
			if !i.spot || i.gone {
				continue
			}
			found[i.request] = true
			keep := len(in.SpotInstanceRequestIds) == 0 || slices.Contains(in.SpotInstanceRequestIds, i.request)
			for _, f := range in.Filters {
				r := c.spotRequest(i)
				have := map[string]string{"instance-id": i.id, "spot-instance-request-id": i.request, "state": string(r.State), "status-code": *r.Status.Code}[aws.ToString(f.Name)]
				keep = keep && matchAny(f.Values, have)
			}
			if keep {
				hits = append(hits, c.spotRequest(i))
			}
		}
		for _, id := range in.SpotInstanceRequestIds {
			if !found[id] {
				return nil, apiError("InvalidSpotInstanceRequestID.NotFound", "The spot instance request ID '%s' does not exist", id)
			}
		}
		page, next, err := paginate(hits, in.MaxResults, 1000, in.NextToken)
		return &ec2.DescribeSpotInstanceRequestsOutput{SpotInstanceRequests: page, NextToken: next}, err
	})
}

func (c *Cloud) spotRequest(i *instance) ec2types.SpotInstanceRequest {
	state, code, changed := ec2types.SpotInstanceStateActive, "fulfilled", i.launched
	switch {
	case !i.notice.IsZero():
		changed = i.notice
	case !i.live():
		changed = i.ended
	}
	switch {
	case !i.notice.IsZero() && i.action == "terminate":
		state, code = ec2types.SpotInstanceStateClosed, "instance-terminated-no-capacity"
	case !i.notice.IsZero() && i.live():
		code = "marked-for-stop"
	case !i.notice.IsZero():
		state, code = ec2types.SpotInstanceStateDisabled, "instance-stopped-no-capacity"
	case !i.live():
		state, code = ec2types.SpotInstanceStateClosed, "instance-terminated-by-user"
	}
	usd := i.maxPrice
	if usd == 0 {
		usd = c.onDemand(i.typ)
	}
	return ec2types.SpotInstanceRequest{SpotInstanceRequestId: aws.String(i.request), InstanceId: aws.String(i.id), State: state,
		Status: &ec2types.SpotInstanceStatus{Code: aws.String(code), UpdateTime: aws.Time(changed), Message: aws.String(code)},
		Type:   ec2types.SpotInstanceTypeOneTime, CreateTime: aws.Time(i.launched), SpotPrice: aws.String(price(usd)),
		LaunchedAvailabilityZone: aws.String(i.zone), InstanceInterruptionBehavior: ec2types.InstanceInterruptionBehaviorTerminate}
}

// CreateTags overwrites; reserved keys are refused. Instances and launch templates can be tagged.
func (e *EC2) CreateTags(ctx context.Context, in *ec2.CreateTagsInput, _ ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error) {
	return call(ctx, e.s, request{svcEC2, "CreateTags", true}, in, func(in *ec2.CreateTagsInput) (*ec2.CreateTagsOutput, error) {
		if err := checkTagKeys(in.Tags); err != nil {
			return nil, err
		}
		return &ec2.CreateTagsOutput{}, e.s.cloud.tagged(in.Resources, func(m map[string]string) {
			for _, t := range in.Tags {
				m[aws.ToString(t.Key)] = aws.ToString(t.Value)
			}
		})
	})
}

// DeleteTags removes a key, or only where it has the given value when one is given.
func (e *EC2) DeleteTags(ctx context.Context, in *ec2.DeleteTagsInput, _ ...func(*ec2.Options)) (*ec2.DeleteTagsOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DeleteTags", true}, in, func(in *ec2.DeleteTagsInput) (*ec2.DeleteTagsOutput, error) {
		if err := checkTagKeys(in.Tags); err != nil {
			return nil, err
		}
		return &ec2.DeleteTagsOutput{}, e.s.cloud.tagged(in.Resources, func(m map[string]string) {
			for _, t := range in.Tags {
				if k := aws.ToString(t.Key); t.Value == nil || *t.Value == m[k] {
					delete(m, k)
				}
			}
		})
	})
}

// tagged changes the tags of every resource, or of none when one is unknown.
func (c *Cloud) tagged(ids []string, change func(map[string]string)) error {
	now := c.readTime()
	for _, id := range ids {
		if strings.HasPrefix(id, "i-") {
			if _, err := c.lookup([]string{id}, now); err != nil {
				return err
			}
		} else if _, err := c.template(&id, nil); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if i := c.byID[id]; i != nil {
			change(i.tags)
			c.index(i, i.tags)
			c.touch(i)
			c.nudgeGuest(i)
			c.emit(Event{Kind: Tagged, Instance: id, Group: i.groupName()})
		} else if t, err := c.template(&id, nil); err == nil {
			change(t.tags)
		}
	}
	return nil
}
