package emulator

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// Attaching to the group is what puts an instance behind its load balancer (aws-facts 1.1 #7): no call of ours to the load
// balancer is needed. Retiring by the group is what takes the other away, which the emulator leaves out.
func TestASpotThatIsAttachedIsBehindTheTargetGroup(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	want := size{1, 2, 2}
	arn, err := a.targetGroup(t.Context(), "web")
	if err != nil {
		t.Fatal(err)
	}
	a.balancedGroup("web", want, arn)
	before := do(t, "look", func(ctx context.Context) (look, error) { return a.look(ctx, "web") })
	a.mustBehind(arn, before.onDemand)
	a.guests(a.ready)
	a.serve(lab.coordinator)
	a.tick()
	swapped := a.settles("web", want)
	a.mustBehind(arn, swapped.spot)
	victim := swapped.spot[0]
	a.interrupt(victim)
	a.mustBehind(arn, a.replaced("web", victim, want).spot)
}

func (a *account) balancedGroup(name string, s size, arn string) {
	a.t.Helper()
	a.createGroup(name, s, "a", func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.LaunchTemplate = &astypes.LaunchTemplateSpecification{LaunchTemplateId: &a.template, Version: aws.String("$Default")}
		in.TargetGroupARNs, in.HealthCheckType, in.HealthCheckGracePeriod = []string{arn}, aws.String("ELB"), aws.Int32(300)
	})
}

// targetGroup makes one for instances; the SDK's client for load balancers is not needed for the two calls made here.
func (a *account) targetGroup(ctx context.Context, name string) (string, error) {
	res, err := a.raw(ctx, ask("elasticloadbalancing", "CreateTargetGroup", "2015-12-01", map[string]string{
		"Name": name, "Protocol": "HTTP", "Port": "80", "VpcId": a.vpc, "TargetType": "instance"}))
	if err != nil {
		return "", err
	}
	var doc struct {
		ARN string `xml:"CreateTargetGroupResult>TargetGroups>member>TargetGroupArn"`
	}
	if err := xml.Unmarshal(res.body, &doc); err != nil || doc.ARN == "" {
		return "", fmt.Errorf("create a target group: HTTP %d %s (%w)", res.status, res.body, err)
	}
	return doc.ARN, nil
}

// mustBehind checks that the target group sends traffic to these instances.
func (a *account) mustBehind(arn string, want []string) {
	a.t.Helper()
	got, err := a.behind(a.t.Context(), arn)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, id := range want {
		if !slices.Contains(got, id) {
			a.t.Errorf("behind the target group are %v, want %v", got, want)
		}
	}
}

// behind lists the targets that are not draining, in order.
func (a *account) behind(ctx context.Context, arn string) ([]string, error) {
	res, err := a.raw(ctx, ask("elasticloadbalancing", "DescribeTargetHealth", "2015-12-01", map[string]string{"TargetGroupArn": arn}))
	if err != nil {
		return nil, err
	}
	if !res.ok() {
		return nil, errors.New(string(res.body))
	}
	var doc struct {
		Targets []struct {
			ID    string `xml:"Target>Id"`
			State string `xml:"TargetHealth>State"`
		} `xml:"DescribeTargetHealthResult>TargetHealthDescriptions>member"`
	}
	if err := xml.Unmarshal(res.body, &doc); err != nil {
		return nil, err
	}
	var out []string
	for _, one := range doc.Targets {
		if one.State != "draining" {
			out = append(out, one.ID)
		}
	}
	slices.Sort(out)
	return out, nil
}
