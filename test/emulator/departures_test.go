package emulator

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// departure is one row of docs/fidelity.md: what the emulator does where AWS does something else. The probe asks the emulator
// as it is, without the corrections; it says what it found only while the emulator still departs.
type departure struct {
	name  string
	fact  string // row of aws-facts
	probe func(context.Context, *account) (string, error)
}

var departures = []departure{
	{"a fleet's instances lack the reserved tag", "2.1", func(ctx context.Context, a *account) (string, error) {
		i, err := a.fleet(ctx, "token")
		if err == nil && i.tags["aws:ec2:fleet-id"] == "" {
			return "no aws:ec2:fleet-id", nil
		}
		return "", err
	}},
	{"a fleet's instances lack the reserved tags of their template", "9 #2", func(ctx context.Context, a *account) (string, error) {
		i, err := a.fleet(ctx, "token")
		if err == nil && i.tags["aws:ec2launchtemplate:id"] == "" && i.tags["aws:ec2launchtemplate:version"] == "" {
			return "no aws:ec2launchtemplate:id", nil
		}
		return "", err
	}},
	{"client tokens of fleets are ignored", "2.1", func(ctx context.Context, a *account) (string, error) {
		one, err := a.fleet(ctx, "token")
		if err != nil {
			return "", err
		}
		if two, err := a.fleet(ctx, "token"); err != nil || two.id == one.id {
			return "", err
		}
		return "two instances for one token", nil
	}},
	{"attach beyond MaxSize has another code and text", "1.1 #2", func(ctx context.Context, a *account) (string, error) {
		i, err := a.fleet(ctx, "token")
		if err != nil {
			return "", err
		}
		return codeUnless("ValidationError", a.attach(ctx, "full", i.id)), nil
	}},
	{"attach takes a member a second time", "1.1 #6", func(ctx context.Context, a *account) (string, error) {
		l, err := a.look(ctx, "web")
		if err != nil || a.attach(ctx, "web", l.onDemand[0]) != nil {
			return "", err
		}
		return "a member was attached again", nil
	}},
	{"attach leaves out the group's tags", "1.1 #12", func(ctx context.Context, a *account) (string, error) {
		i, err := a.fleet(ctx, "token")
		if err != nil || a.attach(ctx, "web", i.id) != nil {
			return "", err
		}
		if i, err = a.instance(ctx, i.id); err == nil && i.tags["team"] == "" {
			return "the tag team=web is missing", nil
		}
		return "", err
	}},
	{"retiring what is no member is a server error", "1.4", func(ctx context.Context, a *account) (string, error) {
		return codeUnless("ValidationError", a.retire(ctx, "i-0123456789abcdef0")), nil
	}},
	{"retiring goes below the group's minimum", "1.4", func(ctx context.Context, a *account) (string, error) {
		l, err := a.look(ctx, "full")
		if err != nil || a.retire(ctx, l.onDemand[0]) != nil {
			return "", err
		}
		if l, err = a.look(ctx, "full"); err == nil && l.group.Desired < l.group.Min {
			return "desired is below min", nil
		}
		return "", err
	}},
	{"scaling activities are forgotten", "1.4", func(ctx context.Context, a *account) (string, error) {
		l, err := a.look(ctx, "web")
		if err != nil {
			return "", err
		}
		if err := a.retire(ctx, l.onDemand[0]); err != nil {
			return "", err
		}
		out, err := a.scaling.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String("web")})
		if err == nil && len(out.Activities) == 0 {
			return "none after a termination", nil
		}
		return "", err
	}},
	{"what a group retired stays behind its target group", "1.1 #7", func(ctx context.Context, a *account) (string, error) {
		arn, err := a.targetGroup(ctx, "balanced")
		if err != nil {
			return "", err
		}
		a.balancedGroup("balanced", size{1, 2, 2}, arn)
		l, err := a.look(ctx, "balanced")
		if err != nil {
			return "", err
		}
		if err := a.retire(ctx, l.onDemand[0]); err != nil {
			return "", err
		}
		if still, err := a.behind(ctx, arn); err != nil || !slices.Contains(still, l.onDemand[0]) {
			return "", err
		}
		return "it is still sent traffic", nil
	}},
	{"instance refreshes are not known", "1.1 #13", func(ctx context.Context, a *account) (string, error) {
		_, err := a.scaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String("web")},
			func(o *autoscaling.Options) { o.RetryMaxAttempts = 1 })
		return codeUnless("", err), nil
	}},
	{"types come on one page", "2.4", func(ctx context.Context, a *account) (string, error) {
		out, err := a.ec2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{MaxResults: aws.Int32(5)})
		if err == nil && len(out.InstanceTypes) > 5 {
			return "more than MaxResults", nil
		}
		return "", err
	}},
	{"versions of a template are cut off without a token", "2.6", func(ctx context.Context, a *account) (string, error) {
		for range 2 {
			if _, err := a.ec2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: &a.template,
				LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(image)}}); err != nil {
				return "", err
			}
		}
		out, err := a.ec2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &a.template, MaxResults: aws.Int32(1)})
		if err == nil && out.NextToken == nil {
			return "one of three, and no token", nil
		}
		return "", err
	}},
	{"a group cannot launch from version 2 of a template with user data", "2.6", func(ctx context.Context, a *account) (string, error) {
		if _, err := a.ec2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: &a.template,
			LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(image), InstanceType: "m5.large", UserData: aws.String(encoded(userData))}}); err != nil {
			return "", err
		}
		one := int32(1)
		_, err := a.scaling.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String("second"),
			MinSize: &one, MaxSize: &one, VPCZoneIdentifier: aws.String(a.subnets[region+"a"]),
			LaunchTemplate: &astypes.LaunchTemplateSpecification{LaunchTemplateId: &a.template, Version: aws.String("2")}})
		return codeUnless("", err), nil
	}},
	{"a group launches into one subnet only", "1.5", func(ctx context.Context, a *account) (string, error) {
		a.newGroup("wide", size{2, 2, 2}, "ab")
		l, err := a.look(ctx, "wide")
		if err == nil && len(l.zones) == 1 {
			return "both instances are in one zone", nil
		}
		return "", err
	}},
	{"launching hooks hold nothing", "1.1 #8", func(ctx context.Context, a *account) (string, error) {
		if _, err := a.scaling.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: aws.String("hook"),
			LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_LAUNCHING")}); err != nil {
			return "", err
		}
		if _, err := a.scaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("web"), DesiredCapacity: aws.Int32(3)}); err != nil {
			return "", err
		}
		l, err := a.look(ctx, "web")
		for _, m := range l.group.Members {
			if m.State != "InService" {
				return "", err
			}
		}
		return "all in service at once", err
	}},
	{"every hook has a notification target", "1.1 #8", func(ctx context.Context, a *account) (string, error) {
		a.launchingHook("web", "CONTINUE")
		out, err := a.scaling.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: aws.String("web")})
		if err != nil || len(out.LifecycleHooks) != 1 {
			return "", err
		}
		return aws.ToString(out.LifecycleHooks[0].NotificationTargetARN), nil
	}},
	{"a deleted message's deduplication id is forgotten", "5", func(ctx context.Context, a *account) (string, error) {
		for range 2 {
			if _, err := a.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &a.work, MessageBody: aws.String("x"), MessageGroupId: aws.String("g"), MessageDeduplicationId: aws.String("d")}); err != nil {
				return "", err
			}
			out, err := a.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &a.work})
			if err != nil || len(out.Messages) == 0 {
				return "", err
			}
			if _, err := a.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &a.work, ReceiptHandle: out.Messages[0].ReceiptHandle}); err != nil {
				return "", err
			}
		}
		return "the same id was delivered twice", nil
	}},
	{"every spot price is the same and of another product", "2.5", func(ctx context.Context, a *account) (string, error) {
		out, err := a.ec2.DescribeSpotPriceHistory(ctx, &ec2.DescribeSpotPriceHistoryInput{ProductDescriptions: []string{"Linux/UNIX"},
			Filters: []ec2types.Filter{{Name: aws.String("availability-zone"), Values: []string{region + "a"}}}})
		if err != nil {
			return "", err
		}
		prices := map[string]bool{}
		for _, p := range out.SpotPriceHistory {
			prices[aws.ToString(p.SpotPrice)+string(p.ProductDescription)] = true
		}
		if len(prices) == 1 && !prices["Linux/UNIX"] {
			return "one price for all", nil
		}
		return "", nil
	}},
}

// A departure that is gone is good news: take its correction out, or begin to assert what was left unasserted, and then its
// row in docs/fidelity.md.
func TestTheEmulatorStillDepartsFromAWS(t *testing.T) {
	t.Parallel()
	for _, d := range departures {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.newGroup("web", size{1, 2, 4}, "a")
			a.newGroup("full", size{1, 1, 1}, "a")
			bare := httptest.NewServer(serve(a.raw))
			t.Cleanup(bare.Close)
			a.side.URL = bare.URL
			a.connect()
			found, err := d.probe(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			if found == "" {
				t.Errorf("the emulator does as AWS now (aws-facts %s)", d.fact)
			}
		})
	}
}

// codeUnless returns what the error is, unless it is of AWS's code; no error is AWS's where the code is empty.
func codeUnless(code string, err error) string {
	var api smithy.APIError
	switch {
	case err == nil && code == "":
		return ""
	case err == nil:
		return "no error"
	case errors.As(err, &api) && api.ErrorCode() == code:
		return ""
	}
	return err.Error()
}

func (a *account) fleet(ctx context.Context, token string) (instance, error) {
	subnet := a.subnets[region+"a"]
	out, err := a.ec2.CreateFleet(ctx, &ec2.CreateFleetInput{Type: ec2types.FleetTypeInstant, ClientToken: &token,
		TargetCapacitySpecification: &ec2types.TargetCapacitySpecificationRequest{TotalTargetCapacity: aws.Int32(1), DefaultTargetCapacityType: "spot"},
		SpotOptions:                 &ec2types.SpotOptionsRequest{AllocationStrategy: "price-capacity-optimized"},
		LaunchTemplateConfigs: []ec2types.FleetLaunchTemplateConfigRequest{{
			LaunchTemplateSpecification: &ec2types.FleetLaunchTemplateSpecificationRequest{LaunchTemplateId: &a.template, Version: aws.String("1")},
			Overrides:                   []ec2types.FleetLaunchTemplateOverridesRequest{{InstanceType: "m5.large", SubnetId: &subnet}}}},
	})
	if err != nil {
		return instance{}, err
	}
	if len(out.Instances) != 1 || len(out.Instances[0].InstanceIds) != 1 {
		return instance{}, errors.New("a fleet of one brought something else")
	}
	return a.instance(ctx, out.Instances[0].InstanceIds[0])
}

func (a *account) attach(ctx context.Context, group, id string) error {
	_, err := a.scaling.AttachInstances(ctx, &autoscaling.AttachInstancesInput{AutoScalingGroupName: &group, InstanceIds: []string{id}})
	return err
}

func (a *account) retire(ctx context.Context, id string) error {
	_, err := a.scaling.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: &id, ShouldDecrementDesiredCapacity: aws.Bool(true)})
	return err
}
