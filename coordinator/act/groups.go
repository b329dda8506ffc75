package act

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
)

// Enabled names the groups whose owner opted in, in order.
func (a *Actor) Enabled(ctx context.Context) (names []string, err error) {
	err = a.eachGroup(ctx, a.enabledGroups(), func(g asgtypes.AutoScalingGroup) {
		if world, _ := ToGroup(g, a.Scope, a.Defaults); world.Enabled {
			names = append(names, world.Name)
		}
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	return names, nil
}

// enabledGroups asks for them.
func (a *Actor) enabledGroups() *autoscaling.DescribeAutoScalingGroupsInput {
	in := &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(100)}
	if !a.Scope.OptOut { // a filter cannot ask for groups that lack a tag
		in.Filters = []asgtypes.Filter{{Name: aws.String("tag:" + a.Scope.Key), Values: []string{a.Scope.Value}}}
	}
	return in
}

// GroupsOf finds the group of each instance: the one it is a member of, else the one it was launched for by us. Others are missing in
// the answer. Where Auto Scaling does not say who is a member, the tag that it sets on its members does.
func (a *Actor) GroupsOf(ctx context.Context, instances []string) (map[string]string, error) {
	groups := map[string]string{}
	for chunk := range slices.Chunk(instances, 50) {
		var out *autoscaling.DescribeAutoScalingInstancesOutput
		err := a.within(ctx, func(ctx context.Context) (err error) {
			out, err = a.AutoScaling.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: chunk})
			return err
		})
		if err != nil && Refused(err) {
			return nil, fmt.Errorf("find the groups of %d instances: %w", len(chunk), err)
		}
		if err != nil {
			if err := a.groupsByTag(ctx, chunk, groups); err != nil {
				return nil, err
			}
			continue
		}
		var loose []string
		for _, m := range out.AutoScalingInstances {
			groups[aws.ToString(m.InstanceId)] = aws.ToString(m.AutoScalingGroupName)
		}
		for _, id := range chunk {
			if groups[id] == "" {
				loose = append(loose, id)
			}
		}
		if len(loose) == 0 {
			continue
		}
		// As a filter, not as ids: one unknown id would fail the whole call.
		err = a.eachTagged(ctx, []types.Filter{
			{Name: aws.String("instance-id"), Values: loose}, {Name: aws.String("tag-key"), Values: []string{decide.TagGroup}},
		}, func(id, group string) { groups[id] = group })
		if err != nil {
			return nil, err
		}
	}
	return groups, nil
}

// groupsByTag reads the groups of instances off their tags.
func (a *Actor) groupsByTag(ctx context.Context, ids []string, groups map[string]string) error {
	pages := ec2.NewDescribeInstancesPaginator(a.EC2, &ec2.DescribeInstancesInput{
		Filters: []types.Filter{{Name: aws.String("instance-id"), Values: ids}}, MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("find the groups of %d instances by their tags: %w", len(ids), err)
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				if group := groupByTag(i.Tags); group != "" {
					groups[aws.ToString(i.InstanceId)] = group
				}
			}
		}
	}
	return nil
}

// groupByTag is the group that the tags name: the one that Auto Scaling says, else ours.
func groupByTag(tags []types.Tag) (group string) {
	for _, t := range tags {
		switch aws.ToString(t.Key) {
		case "aws:autoscaling:groupName":
			return aws.ToString(t.Value)
		case decide.TagGroup:
			group = aws.ToString(t.Value)
		}
	}
	return group
}

// Taken tells of which instances the spot request says that AWS takes them. Their number is bounded by what a message batch holds.
func (a *Actor) Taken(ctx context.Context, instances []string) (map[string]bool, error) {
	taken := map[string]bool{}
	known, err := a.spotStatus(ctx, instances)
	if err != nil {
		return nil, err
	}
	for _, id := range instances {
		var i decide.Instance
		if tell := known[id]; tell != nil {
			tell(&i)
		}
		taken[id] = decide.NoticeStatus(i.SpotStatus)
	}
	return taken, nil
}

// TakenSince tells which instances of the account AWS is about to take, by spot requests that changed since a time. Requests of one instance show for days
// after its end.
func (a *Actor) TakenSince(ctx context.Context, since time.Time) (out []decide.Hint, err error) {
	err = a.eachTaken(ctx, func(r types.SpotInstanceRequest) {
		if at := aws.ToTime(r.Status.UpdateTime); !at.Before(since) {
			out = append(out, decide.Hint{Kind: decide.HeardTerminating, Instance: *r.InstanceId, At: at, Action: "terminate", Trusted: true,
				Source: "spot request status " + *r.Status.Code})
		}
	})
	return out, err
}

// eachTaken goes over the spot requests of the account that say that AWS takes their instance.
func (a *Actor) eachTaken(ctx context.Context, f func(types.SpotInstanceRequest)) error {
	pages := ec2.NewDescribeSpotInstanceRequestsPaginator(a.EC2, &ec2.DescribeSpotInstanceRequestsInput{MaxResults: aws.Int32(1000),
		Filters: []types.Filter{{Name: aws.String("status-code"), Values: decide.NoticeStatuses}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("read which spot requests say that AWS takes their instance: %w", err)
		}
		for _, r := range page.SpotInstanceRequests {
			if r.Status != nil && aws.ToString(r.InstanceId) != "" && decide.NoticeStatus(aws.ToString(r.Status.Code)) {
				f(r)
			}
		}
	}
	return nil
}

func (a *Actor) eachTagged(ctx context.Context, filters []types.Filter, f func(id, group string)) error {
	pages := ec2.NewDescribeInstancesPaginator(a.EC2, &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("find instances by our tag %s: %w", decide.TagGroup, err)
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				for _, t := range i.Tags {
					if aws.ToString(t.Key) == decide.TagGroup {
						f(aws.ToString(i.InstanceId), aws.ToString(t.Value))
					}
				}
			}
		}
	}
	return nil
}
