package act

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
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

func (o orphaned) DescribeImages(_ context.Context, in *ec2.DescribeImagesInput, _ ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	return &ec2.DescribeImagesOutput{Images: []types.Image{{ImageId: &in.ImageIds[0], Name: aws.String("web")}}}, nil
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
	first, why, err := actor.want(t.Context(), g)
	if err != nil || why != "" || aws.ToString(first.data.ImageId) != "ami-1" || aboard(t, first.data) != "shell script, 2 parts, spotd aboard: true" {
		t.Fatalf("%v, %q, image %q", err, why, aws.ToString(first.data.ImageId))
	}
	g.raw.Instances = g.raw.Instances[:1] // the member that served is gone, another is the same
	if second, _, err := actor.want(t.Context(), g); err != nil || second.hash != first.hash {
		t.Errorf("%v; the template of another member is another: %s, %s", err, second.hash, first.hash)
	}
	// While a new version of us comes, both are at work: neither may take what the other launched for a change of the owner's.
	newer := spotd()
	newer.ReleaseURL += "-next"
	other := New(Config{EC2: on, Inspector: actor.Inspector, Spotd: newer})
	if second, _, err := other.want(t.Context(), g); err != nil || second.source != first.source || second.hash == first.hash {
		t.Errorf("%v; with another spotd the owner's part is %s, was %s", err, second.source, first.source)
	}
	spot := launched()
	spot.InstanceLifecycle = types.InstanceLifecycleTypeSpot
	on.members["i-3"] = spot
	if _, why, err := actor.want(t.Context(), g); err != nil || !strings.Contains(why, "cannot be read") {
		t.Errorf("with spot members only: %v, %q; want the reason of before", err, why)
	}
	actor.Inspector = nil
	if _, why, err := actor.want(t.Context(), g); err != nil || !strings.Contains(why, "cannot be read") {
		t.Errorf("where volumes cannot be described: %v, %q", err, why)
	}
}

// left is a group of one member, i-1, whose template is gone.
func left() *cloud {
	acc := web()
	acc.versions["owner"] = nil
	acc.instances[0].BlockDeviceMappings = []types.InstanceBlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsInstanceBlockDevice{VolumeId: aws.String("vol-1")}}}
	acc.volumes = []types.Volume{{VolumeId: aws.String("vol-1"), Size: aws.Int32(8)}}
	acc.userData = aws.String("IyE=")
	return acc
}

func TestAMemberStandsInForATemplateWhereItCan(t *testing.T) {
	t.Parallel()
	const none = "the group's launch template has no version $Latest"
	for _, c := range []struct {
		name   string
		change func(*cloud)
		says   string
	}{
		{"with its volume", func(*cloud) {}, ""},
		{"or for a configuration", func(c *cloud) {
			c.group().LaunchTemplate, c.group().LaunchConfigurationName = nil, aws.String("lc-1")
		}, ""},
		{"without volumes", func(c *cloud) {
			c.instances[0].BlockDeviceMappings = []types.InstanceBlockDeviceMapping{{DeviceName: aws.String("/dev/sdb")}}
		}, ""},
		{"where EC2 says nothing of its place", func(c *cloud) { c.instances[0].Placement = nil }, ""},
		{"not where its volume is gone", func(c *cloud) { c.volumes = nil }, none},
		{"nor where EC2 does not show it", func(c *cloud) { c.instances = c.instances[1:] }, none},
		{"nor where none is in service", (*cloud).without, none},
		{"nor where none is healthy", func(c *cloud) {
			for i := range c.group().Instances {
				c.group().Instances[i].HealthStatus = aws.String("Unhealthy")
			}
		}, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := left()
			c.change(acc)
			if got := look(t, acc, ledger.Record{}).Template.Unreadable; got != c.says {
				t.Errorf("%q, want %q", got, c.says)
			}
			if without := len(acc.instances[0].BlockDeviceMappings) > 0 && acc.instances[0].BlockDeviceMappings[0].Ebs == nil; without && acc.calls("ec2.DescribeVolumes") != 0 {
				t.Error("volumes were asked for where there are none")
			}
			for _, in := range inputs[ec2.DescribeInstancesInput](acc) {
				if slices.Contains(in.Filters[0].Values, "") {
					t.Error("nobody was asked for")
				}
			}
		})
	}
}

// The choice must not change from look to look, in whatever order they are listed.
func TestTheFirstByIdOfTheMembersInServiceStandsIn(t *testing.T) {
	t.Parallel()
	acc := left()
	slices.Reverse(acc.group().Instances)
	look(t, acc, ledger.Record{})
	all := inputs[ec2.DescribeInstancesInput](acc)
	if last := all[len(all)-1].Filters[0]; *last.Name != "instance-id" || !slices.Equal(last.Values, []string{"i-1"}) {
		t.Errorf("asked for %v", last.Values)
	}
	actor := acc.actor()
	actor.Inspector = nil
	if w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil || w.Template.Unreadable == "" {
		t.Errorf("where its volumes cannot be described: %v, %+v", err, w.Template)
	}
}

// A member's place within the group's own placement group is the member's; where the next one goes EC2 chooses.
func TestAMemberOfAGroupThatIsPlacedApartStandsInForItsTemplate(t *testing.T) {
	t.Parallel()
	for own, says := range map[string]string{"apart": "", "near": "the template puts instances into the placement group pg-1, which may not hold other instance types"} {
		acc := left()
		p := acc.instances[0].Placement
		p.GroupName, p.GroupId, p.PartitionNumber = aws.String("apart"), aws.String("pg-1"), aws.Int32(3)
		acc.group().PlacementGroup = &own
		if got := look(t, acc, ledger.Record{}).Template.Unreadable; got != says {
			t.Errorf("a group in %s: %q, want %q", own, got, says)
		}
		if says != "" {
			continue
		}
		acc.made(t, acc.actor())
		made := inputs[ec2.CreateLaunchTemplateInput](acc)[0].LaunchTemplateData.Placement
		if *made.GroupName != "apart" || made.GroupId != nil || made.PartitionNumber != nil {
			t.Errorf("launched into %+v", made)
		}
	}
}

func TestAMemberThatCannotBeReadNowIsNoReasonToRefuseTheGroup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		call string
		of   func(in any) bool
		says string
	}{
		{"ec2.DescribeInstances", func(in any) bool {
			return in.(*ec2.DescribeInstancesInput).MaxResults == nil // which the look for the group's instances sets
		}, "describe instance i-1"},
		{"ec2.DescribeVolumes", func(any) bool { return true }, "describe the volumes of instance i-1"},
		{"ec2.DescribeInstanceAttribute", func(in any) bool { return in.(*ec2.DescribeInstanceAttributeInput).Attribute == "userData" }, "read the user data of instance i-1"},
	} {
		acc := left()
		acc.fails = func(call string, in any) error {
			if call == c.call && c.of(in) {
				return errLost
			}
			return nil
		}
		if w := look(t, acc, ledger.Record{}); len(w.Missing) != 1 || w.Missing[0].What != "the launch template" || !strings.Contains(w.Missing[0].Why, c.says) || w.Template.Unreadable != "" {
			t.Errorf("%s: %v", c.call, w.Missing)
		}
	}
	// A reservation may come without its instances.
	empty := New(Config{EC2: noInstances{}, Inspector: &rehearsing{}})
	if _, ok, err := empty.fromMember(t.Context(), described{raw: astypes.AutoScalingGroup{Instances: []astypes.Instance{member("i-1", astypes.LifecycleStateInService)}}}); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

// noInstances answers with a reservation that holds none.
type noInstances struct{ EC2 }

func (noInstances) DescribeInstances(context.Context, *ec2.DescribeInstancesInput, ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	return &ec2.DescribeInstancesOutput{Reservations: []types.Reservation{{}}}, nil
}
