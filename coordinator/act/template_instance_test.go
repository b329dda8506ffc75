package act

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
)

// orphaned is an account where the group's template is gone and its members run on.
type orphaned struct {
	EC2
	members map[string]types.Instance
}

func (o orphaned) DescribeLaunchTemplateVersions(context.Context, *ec2.DescribeLaunchTemplateVersionsInput, ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "InvalidLaunchTemplateId.NotFound", Message: "The specified launch template does not exist."}
}

func (o orphaned) DescribeInstances(_ context.Context, in *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	i, ok := o.members[in.Filters[0].Values[0]]
	if !ok {
		return &ec2.DescribeInstancesOutput{}, nil
	}
	return &ec2.DescribeInstancesOutput{Reservations: []types.Reservation{{Instances: []types.Instance{i}}}}, nil
}

func (o orphaned) DescribeInstanceAttribute(context.Context, *ec2.DescribeInstanceAttributeInput, ...func(*ec2.Options)) (*ec2.DescribeInstanceAttributeOutput, error) {
	return &ec2.DescribeInstanceAttributeOutput{UserData: &types.AttributeValue{Value: aws.String("IyEvYmluL3NoCg==")}}, nil
}

func member(id string, state astypes.LifecycleState) astypes.Instance {
	return astypes.Instance{InstanceId: &id, LifecycleState: state, HealthStatus: aws.String("Healthy")}
}

func TestWhereTheTemplateIsGoneAMemberIsTheSource(t *testing.T) {
	t.Parallel()
	g := described{world: decide.Group{Name: "web", Enabled: true}, source: &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-gone")}}
	g.raw.Instances = []astypes.Instance{member("i-3", astypes.LifecycleStateInService), member("i-2", astypes.LifecycleStateInService), member("i-1", astypes.LifecycleStateTerminating)}
	on := orphaned{members: map[string]types.Instance{"i-2": launched(), "i-3": launched()}}
	actor := New(Config{EC2: on, Inspector: &rehearsing{volumes: []types.Volume{{VolumeId: aws.String("vol-1"), Size: aws.Int32(8)}, {VolumeId: aws.String("vol-2")}}}, Spotd: spotd()})
	first, image, why, err := actor.want(t.Context(), g)
	if err != nil || why != "" || image != "ami-1" || aboard(t, first.data) != "shell script, 2 parts, spotd aboard: true" {
		t.Fatalf("%v, %q, image %q", err, why, image)
	}
	g.raw.Instances = g.raw.Instances[:1] // the member that served is gone, another is the same
	if second, _, _, err := actor.want(t.Context(), g); err != nil || second.hash != first.hash {
		t.Errorf("%v; the template of another member is another: %s, %s", err, second.hash, first.hash)
	}
	// While a new version of us comes, both are at work: neither may take what the other launched for a change of the owner's.
	newer := spotd()
	newer.ReleaseURL += "-next"
	other := New(Config{EC2: on, Inspector: actor.Inspector, Spotd: newer})
	if second, _, _, err := other.want(t.Context(), g); err != nil || second.source != first.source || second.hash == first.hash {
		t.Errorf("%v; with another spotd the owner's part is %s, was %s", err, second.source, first.source)
	}
	spot := launched()
	spot.InstanceLifecycle = types.InstanceLifecycleTypeSpot
	on.members["i-3"] = spot
	if _, _, why, err := actor.want(t.Context(), g); err != nil || !strings.Contains(why, "cannot be read") {
		t.Errorf("with spot members only: %v, %q; want the reason of before", err, why)
	}
	actor.Inspector = nil
	if _, _, why, err := actor.want(t.Context(), g); err != nil || !strings.Contains(why, "cannot be read") {
		t.Errorf("where volumes cannot be described: %v, %q", err, why)
	}
}
