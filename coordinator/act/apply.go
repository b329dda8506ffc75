package act

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/settings"
	"autospotting/pkg/message"
)

// answeredFor is how long after the plan's deadline a call that was begun before may be answered.
const answeredFor = 4 * time.Second

// Apply makes the one call of an action, unless the plan is older than its deadline: a process that was paused must not
// go on with a stale plan.
func (a *Actor) Apply(ctx context.Context, group string, act decide.Action, deadline time.Time) decide.Result {
	if !a.Now().Before(deadline) {
		return decide.Result{Failure: decide.Expired, Detail: "the plan's deadline had passed"}
	}
	ctx, cancel := context.WithTimeout(ctx, deadline.Sub(a.Now())+answeredFor) // else the SDK's patience outlasts the run, and what was learned is not written
	defer cancel()
	if act.Kind == decide.LaunchOne {
		res := a.launch(ctx, *act.Launch)
		if strings.Contains(res.Detail, "InvalidLaunchTemplate") { // somebody deleted ours since we saw it
			a.cache.templates.clear()
		}
		return res
	}
	f, detail := classify(a.call(ctx, group, act))
	return decide.Result{Failure: f, Detail: detail}
}

func (a *Actor) call(ctx context.Context, group string, act decide.Action) error {
	var err error
	switch act.Kind {
	case decide.MakeTemplate:
		err = a.makeTemplate(ctx, group)
	case decide.RaiseMax, decide.RestoreMax:
		// Only MaxSize: a desired or minimum that we had read would undo what an owner set since.
		_, err = a.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: &group, MaxSize: aws.Int32(int32(act.Max))})
	case decide.AttachSome:
		_, err = a.AutoScaling.AttachInstances(ctx, &autoscaling.AttachInstancesInput{
			AutoScalingGroupName: &group, InstanceIds: act.Instances})
	case decide.Retire:
		// Never sent twice by the SDK: where the first answer was lost, a second one could lower desired again.
		_, err = a.AutoScaling.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{
			InstanceId: &act.Instance, ShouldDecrementDesiredCapacity: &act.Decrement}, func(o *autoscaling.Options) { o.Retryer = aws.NopRetryer{} })
	case decide.Protect, decide.Unprotect:
		_, err = a.AutoScaling.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{
			AutoScalingGroupName: &group, InstanceIds: act.Whom(), ProtectedFromScaleIn: aws.Bool(act.Kind == decide.Protect)})
	case decide.SetDraining, decide.SetActive:
		err = a.setState(ctx, act)
	case decide.AskDrain:
		_, err = a.EC2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{act.Instance}, Tags: []types.Tag{{Key: aws.String(message.DrainTag), Value: &act.Text}}})
	case decide.AskNoMore:
		_, err = a.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{act.Instance}, Tags: []types.Tag{{Key: aws.String(message.DrainTag)}}})
	case decide.SetDesired:
		_, err = a.AutoScaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{
			AutoScalingGroupName: &group, DesiredCapacity: aws.Int32(int32(act.Desired))})
	case decide.TagStatus, decide.UntagStatus:
		err = a.tagStatus(ctx, group, act)
	case decide.Untag:
		_, err = a.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: act.Instances,
			Tags: []types.Tag{{Key: aws.String(decide.TagGroup)}, {Key: aws.String(decide.TagLaunch)}}})
	case decide.DropTemplate:
		_, err = a.EC2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: aws.String(decide.TemplateName(group))})
	case decide.Terminate:
		_, err = a.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{act.Instance}})
	default:
		err = fmt.Errorf("no call is known for action %q", act.Kind)
	}
	return err
}

func (a *Actor) tagStatus(ctx context.Context, group string, act decide.Action) error {
	tag := asgtypes.Tag{ResourceId: &group, ResourceType: aws.String("auto-scaling-group"), Key: aws.String(settings.StatusTag)}
	if act.Kind == decide.UntagStatus {
		_, err := a.AutoScaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []asgtypes.Tag{tag}})
		return err
	}
	tag.Value, tag.PropagateAtLaunch = &act.Text, aws.Bool(false)
	_, err := a.AutoScaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []asgtypes.Tag{tag}})
	return err
}

func splitIDs(list string) []string {
	var out []string
	for _, id := range strings.Split(list, ",") {
		if id = strings.TrimSpace(id); id != "" {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
