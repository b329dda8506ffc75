package cloudsim

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// rig is a cloud with a group of on-demand m5.large and one session that acts on it.
type rig struct {
	*Cloud
	t       testing.TB
	s       *Session
	image   string
	subnets []string
	lt      string
}

var bg = context.Background()

func newRig(t testing.TB, cfg Config, spec GroupSpec) *rig {
	t.Helper()
	c := New(cfg)
	t.Cleanup(c.Close)
	r := &rig{Cloud: c, t: t, s: c.NewSession("test"), image: c.CreateImage(""), subnets: c.CreateSubnets()}
	r.lt = r.template("owner-lt", &ec2types.RequestLaunchTemplateData{ImageId: aws.String(r.image), InstanceType: "m5.large",
		IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")}})
	if spec.Name == "" {
		spec.Name = "web"
	}
	spec.LaunchTemplate = r.lt
	must(t, c.CreateGroup(spec))
	r.settle()
	return r
}

// six is the demo's group.
func six() GroupSpec {
	return GroupSpec{Min: 2, Max: 6, Desired: 6, Tags: map[string]string{"spot-enabled": "true"}}
}

func (r *rig) template(name string, d *ec2types.RequestLaunchTemplateData) string {
	r.t.Helper()
	out, err := r.s.EC2().CreateLaunchTemplate(bg, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String(name), LaunchTemplateData: d})
	must(r.t, err)
	return *out.LaunchTemplate.LaunchTemplateId
}

// settle lets ten minutes pass: everything that was under way is over.
func (r *rig) settle() { r.pass(10 * time.Minute) }

func (r *rig) pass(d time.Duration) { r.RunUntil(r.Now().Add(d)) }

func (r *rig) fleet(spot bool, n int32, change func(*ec2.CreateFleetInput), types ...string) (*ec2.CreateFleetOutput, error) {
	kind := ec2types.DefaultTargetCapacityTypeOnDemand
	if spot {
		kind = ec2types.DefaultTargetCapacityTypeSpot
	}
	in := &ec2.CreateFleetInput{Type: ec2types.FleetTypeInstant,
		TargetCapacitySpecification: &ec2types.TargetCapacitySpecificationRequest{TotalTargetCapacity: aws.Int32(n), DefaultTargetCapacityType: kind},
		SpotOptions:                 &ec2types.SpotOptionsRequest{AllocationStrategy: ec2types.SpotAllocationStrategyPriceCapacityOptimized},
		LaunchTemplateConfigs: []ec2types.FleetLaunchTemplateConfigRequest{{LaunchTemplateSpecification: &ec2types.FleetLaunchTemplateSpecificationRequest{
			LaunchTemplateId: aws.String(r.lt), Version: aws.String("$Default")}}}}
	for _, typ := range types {
		in.LaunchTemplateConfigs[0].Overrides = append(in.LaunchTemplateConfigs[0].Overrides,
			ec2types.FleetLaunchTemplateOverridesRequest{InstanceType: ec2types.InstanceType(typ), SubnetId: aws.String(r.subnets[0])})
	}
	if change != nil {
		change(in)
	}
	return r.s.EC2().CreateFleet(bg, in)
}

// spot launches one spot instance in the first zone and returns its id.
func (r *rig) spot() string {
	r.t.Helper()
	out, err := r.fleet(true, 1, nil, "m5a.large", "m6i.large")
	must(r.t, err)
	if len(out.Instances) != 1 {
		r.t.Fatalf("no spot instance: %+v", out.Errors)
	}
	return out.Instances[0].InstanceIds[0]
}

func (r *rig) attach(ids ...string) error {
	_, err := r.s.AutoScaling().AttachInstances(bg, &autoscaling.AttachInstancesInput{AutoScalingGroupName: aws.String("web"), InstanceIds: ids})
	return err
}

func (r *rig) retire(id string, decrement bool) error {
	_, err := r.s.AutoScaling().TerminateInstanceInAutoScalingGroup(bg, &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: aws.String(id), ShouldDecrementDesiredCapacity: aws.Bool(decrement)})
	return err
}

func (r *rig) group() GroupView {
	r.t.Helper()
	g, ok := r.Cloud.Group("web")
	if !ok {
		r.t.Fatal("the group is gone")
	}
	return g
}

// inZone is the first member in service in a zone.
func (r *rig) inZone(zone string) string {
	r.t.Helper()
	for _, m := range r.group().Members {
		if m.Zone == zone && m.State == "InService" {
			return m.ID
		}
	}
	r.t.Fatal("no member in service in " + zone)
	return ""
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode checks an API error's code and a part of its message.
func wantCode(t *testing.T, err error, code, part string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("want %s, got %v", code, err)
	}
	if api.ErrorCode() != code || !wildcard("*"+part+"*", api.ErrorMessage()) {
		t.Fatalf("want %s with %q, got %s: %s", code, part, api.ErrorCode(), api.ErrorMessage())
	}
}
