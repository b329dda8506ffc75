package act

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// fromMember makes a template of an instance of the group's own, the last source where what it launched from is gone. Its id is no
// part of the result: the next member, being the same, must give the same template. ok is false where no member can serve.
func (a *Actor) fromMember(ctx context.Context, g described) (o original, ok bool, err error) {
	id := oldestMember(g.raw.Instances)
	if a.Inspector == nil || id == "" {
		return o, false, nil
	}
	out, err := a.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{{Name: aws.String("instance-id"), Values: []string{id}}}})
	if err != nil {
		return o, false, fmt.Errorf("describe instance %s: %w", id, err)
	}
	if len(out.Reservations) == 0 || len(out.Reservations[0].Instances) == 0 {
		return o, false, nil
	}
	i := out.Reservations[0].Instances[0]
	if i.InstanceLifecycle == types.InstanceLifecycleTypeSpot {
		return o, false, nil
	}
	volumes, err := a.volumes(ctx, i)
	if err != nil {
		return o, false, err
	}
	attribute, err := a.EC2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: types.InstanceAttributeNameUserData})
	if err != nil {
		return o, false, fmt.Errorf("read the user data of instance %s: %w", id, err)
	}
	var userData *string
	if attribute.UserData != nil {
		userData = attribute.UserData.Value
	}
	data, why := fromInstance(i, volumes, userData)
	if why != "" {
		return o, false, nil
	}
	if p := i.Placement; p != nil && aws.ToString(p.GroupName) != "" && *p.GroupName == g.world.PlacementGroup { // by its name, as the group has it; EC2 chooses the place in it
		data.Placement.GroupId, data.Placement.PartitionNumber = nil, nil
	}
	return original{id: "a member", data: data, member: true}, true, nil
}

// oldestMember is the first by id of those in service: any would do, but the choice must not change from look to look.
func oldestMember(members []astypes.Instance) string {
	var ids []string
	for _, m := range members {
		if m.LifecycleState == astypes.LifecycleStateInService && strings.EqualFold(aws.ToString(m.HealthStatus), "healthy") {
			ids = append(ids, aws.ToString(m.InstanceId))
		}
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func (a *Actor) volumes(ctx context.Context, i types.Instance) (map[string]types.Volume, error) {
	var ids []string
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs != nil {
			ids = append(ids, aws.ToString(m.Ebs.VolumeId))
		}
	}
	byID := map[string]types.Volume{}
	if len(ids) == 0 {
		return byID, nil
	}
	out, err := a.Inspector.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: ids})
	if err != nil {
		return nil, fmt.Errorf("describe the volumes of instance %s: %w", aws.ToString(i.InstanceId), err)
	}
	for _, v := range out.Volumes {
		byID[aws.ToString(v.VolumeId)] = v
	}
	return byID, nil
}
