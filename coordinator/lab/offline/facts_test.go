package offline_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/cloudsim"
)

// facts is the simulated cloud's EC2, with what it does not simulate put into its descriptions: what is attached to instances, termination
// protection and placement groups. The same instance always has the same.
type facts struct {
	*cloudsim.EC2
	g *generated

	configurations map[string]astypes.LaunchConfiguration // by the group that has it in place of its template
	refreshing     map[string]astypes.InstanceRefreshStatus
	placed         map[string]string // placement groups, by group
}

func newFacts(g *generated) *facts {
	return &facts{EC2: g.s.EC2(), g: g, configurations: map[string]astypes.LaunchConfiguration{}, refreshing: map[string]astypes.InstanceRefreshStatus{}, placed: map[string]string{}}
}

// of draws a group's.
func (f *facts) of(name string, d *types.RequestLaunchTemplateData) {
	g := f.g
	if g.chance(15) {
		f.configurations[name] = astypes.LaunchConfiguration{LaunchConfigurationName: aws.String("configuration-of-" + name), ImageId: d.ImageId, InstanceType: aws.String(string(d.InstanceType)),
			SecurityGroups: one(g, []string{"sg-1"}, []string{"sg-1", "by-name"}), UserData: aws.String(""), KeyName: aws.String(""), EbsOptimized: aws.Bool(g.chance(50)), CreatedTime: aws.Time(g.cloud.Now()),
			BlockDeviceMappings: []astypes.BlockDeviceMapping{{DeviceName: aws.String("/dev/sdb"), VirtualName: aws.String("ephemeral0")}}, SpotPrice: one[*string](g, nil, nil, aws.String("0.05"))}
	}
	if g.chance(20) {
		f.refreshing[name] = one(g, astypes.InstanceRefreshStatusSuccessful, astypes.InstanceRefreshStatusInProgress)
	}
	if g.chance(15) {
		f.placed[name] = one(g, "apart", "close", "gone")
	}
}

func hashed(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash takes all
	return h.Sum32()
}

func (f *facts) DescribeInstances(ctx context.Context, in *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	out, err := f.EC2.DescribeInstances(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, r := range out.Reservations {
		for n := range r.Instances {
			attach(&r.Instances[n])
		}
	}
	return out, nil
}

// attach gives an instance interfaces and volumes, mostly one of each.
func attach(i *types.Instance) {
	h := hashed(*i.InstanceId)
	interfaces, volumes := 1, 1
	if h%5 == 0 {
		interfaces = 2 + int(h/5%2)
	}
	if h%7 == 0 {
		volumes = 2 + int(h/7%3)
	}
	for n := range interfaces {
		one := types.InstanceNetworkInterface{NetworkInterfaceId: aws.String(fmt.Sprintf("eni-%d-%d", h, n)), PrivateIpAddresses: make([]types.InstancePrivateIpAddress, 1+int(h/11%3))}
		if h%3 == 0 {
			one.Ipv6Addresses = []types.InstanceIpv6Address{{Ipv6Address: aws.String("2001:db8::1")}}
		}
		i.NetworkInterfaces = append(i.NetworkInterfaces, one)
	}
	i.BlockDeviceMappings = nil
	for n := range volumes {
		i.BlockDeviceMappings = append(i.BlockDeviceMappings, types.InstanceBlockDeviceMapping{DeviceName: aws.String(fmt.Sprintf("/dev/sd%c", 'f'+n)), Ebs: &types.EbsInstanceBlockDevice{VolumeId: aws.String(fmt.Sprintf("vol-%d-%d", h, n))}})
	}
	i.PlatformDetails = aws.String("Linux/UNIX")
}

func (f *facts) DescribeInstanceAttribute(_ context.Context, in *ec2.DescribeInstanceAttributeInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceAttributeOutput, error) {
	return &ec2.DescribeInstanceAttributeOutput{InstanceId: in.InstanceId, DisableApiTermination: &types.AttributeBooleanValue{Value: aws.Bool(hashed(*in.InstanceId)%9 == 0)}}, nil
}

func (f *facts) DescribePlacementGroups(_ context.Context, in *ec2.DescribePlacementGroupsInput, _ ...func(*ec2.Options)) (*ec2.DescribePlacementGroupsOutput, error) {
	out := &ec2.DescribePlacementGroupsOutput{}
	for _, p := range []types.PlacementGroup{{GroupName: aws.String("apart"), Strategy: types.PlacementStrategySpread}, {GroupName: aws.String("close"), Strategy: types.PlacementStrategyCluster}} {
		if len(in.GroupNames) == 0 || slices.Contains(in.GroupNames, *p.GroupName) {
			out.PlacementGroups = append(out.PlacementGroups, p)
		}
	}
	return out, nil
}

// scaling is the simulated cloud's Auto Scaling, with the facts.
type scaling struct {
	*cloudsim.AutoScaling
	f *facts
}

func (s scaling) DescribeAutoScalingGroups(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	out, err := s.AutoScaling.DescribeAutoScalingGroups(ctx, in)
	if err != nil {
		return nil, err
	}
	for n := range out.AutoScalingGroups {
		g := &out.AutoScalingGroups[n]
		if c, has := s.f.configurations[*g.AutoScalingGroupName]; has {
			g.LaunchTemplate, g.MixedInstancesPolicy, g.LaunchConfigurationName = nil, nil, c.LaunchConfigurationName
		}
		if placed := s.f.placed[*g.AutoScalingGroupName]; placed != "" {
			g.PlacementGroup = &placed
		}
	}
	return out, nil
}

func (s scaling) DescribeLaunchConfigurations(_ context.Context, in *autoscaling.DescribeLaunchConfigurationsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	out := &autoscaling.DescribeLaunchConfigurationsOutput{LaunchConfigurations: []astypes.LaunchConfiguration{}}
	for _, name := range s.f.g.names {
		if c, has := s.f.configurations[name]; has && (len(in.LaunchConfigurationNames) == 0 || slices.Contains(in.LaunchConfigurationNames, *c.LaunchConfigurationName)) {
			out.LaunchConfigurations = append(out.LaunchConfigurations, c)
		}
	}
	return out, nil
}

func (s scaling) DescribeInstanceRefreshes(_ context.Context, in *autoscaling.DescribeInstanceRefreshesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
	out := &autoscaling.DescribeInstanceRefreshesOutput{InstanceRefreshes: []astypes.InstanceRefresh{}}
	if status := s.f.refreshing[*in.AutoScalingGroupName]; status != "" {
		out.InstanceRefreshes = append(out.InstanceRefreshes, astypes.InstanceRefresh{AutoScalingGroupName: in.AutoScalingGroupName, InstanceRefreshId: aws.String("refresh-" + strings.TrimPrefix(*in.AutoScalingGroupName, "group-")),
			Status: status, StartTime: aws.Time(s.f.g.cloud.Now().Add(-time.Hour))})
	}
	return out, nil
}
