package act

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// The texts are AWS's as aws-facts quotes them, with the row; nothing else tells these failures apart.
func TestAWSsWordsAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, code, text string
		want             decide.Failure
	}{
		{"1.1 #2 attach over MaxSize", "ValidationError", "AutoScalingGroup web has min-size=1, max-size=3, and desired-size=3. To attach 1 instance, please update the AutoScalingGroup sizes appropriately.", decide.AtMax},
		{"1.1 #6 a member already", "ValidationError", "Instance i-1 is already part of AutoScalingGroup:web", decide.AlreadyMember},
		{"1.2 not a member", "ValidationError", "The instance i-1 is not part of Auto Scaling group web.", decide.NotMember},
		{"no member of any group", "ValidationError", "Instance Id not found - No managed instance found for instance ID i-1", decide.NotMember},
		{"1.1 #11 protection of one in Standby", "ValidationError", "The instance i-1 is not in InService or EnteringStandby or Standby.", decide.Throttled},
		{"1.4 desired equals min", "ValidationError", "Currently, desiredSize equals minSize (1). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.", decide.AtMin},
		{"1.4 an activity in progress", "ScalingActivityInProgress", "x", decide.Throttled},
		{"1.8 Auto Scaling throttles", "Throttling", "Rate exceeded", decide.Throttled},
		{"2.7 EC2 throttles", "RequestLimitExceeded", "Request limit exceeded.", decide.Throttled},
		{"2.1 the token is another request's", "IdempotentParameterMismatch", "x", decide.Mismatch},
		{"2.3 not described yet", "InvalidInstanceID.NotFound", "x", decide.Gone},
		{"2.3 the template is gone", "InvalidLaunchTemplateName.NotFoundException", "x", decide.Gone},
		{"2.3 not allowed", "UnauthorizedOperation", "x", decide.Invalid},
		{"2.3 the spot quota", "MaxSpotInstanceCountExceeded", "Max spot instance count exceeded", decide.Throttled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, _ := classify(&smithy.GenericAPIError{Code: c.code, Message: c.text}); got != c.want {
				t.Errorf("%s is read as %q, want %q", c.code, got, c.want)
			}
		})
	}
	if got, _ := classify(errors.New("connection reset")); got != decide.Lost {
		t.Errorf("no answer is read as %q: it may have worked", got)
	}
}

func TestActivitiesAreRead(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 2, 9, 0, 30, 0, time.UTC)
	for _, c := range []struct {
		name, description, cause string
		kind                     decide.ActivityKind
		at                       time.Time
		desired                  int
	}{
		{"an impaired status", "Terminating EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:30Z an instance was taken out of service in response to an EC2 instance status checks failure.", decide.Unhealthy, start, 0},
		{"our retirement", "Terminating EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:30Z instance i-0123456789abcdef0 was taken out of service in response to a user request, shrinking the capacity from 7 to 6.", decide.UserShrink, start, 0},
		{"terminated without decrement", "Terminating EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:30Z instance i-0123456789abcdef0 was taken out of service in response to a user request.", decide.UserReplace, start, 0},
		{"a failed health check", "Terminating EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:30Z an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.", decide.Unhealthy, start, 0},
		{"attached", "Attaching an existing EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:30Z an instance was attached in response to a user request, growing the capacity from 6 to 7.", decide.Attach, start, 0},
		{"desired named twice: the last holds", "Launching a new EC2 instance: i-0123456789abcdef0", "At 2026-11-02T08:59:00Z a user request update of AutoScalingGroup constraints to min: 4, max: 4, desired: 4 changing the desired capacity from 6 to 4.  At 2026-11-02T09:00:20Z a user request update of AutoScalingGroup constraints to min: 6, max: 6, desired: 6 changing the desired capacity from 5 to 6.  At 2026-11-02T09:00:30Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 5 to 6.", decide.Resize, start.Add(-10 * time.Second), 6},
		{"desired named", "Terminating EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:20Z a user request explicitly set group desired capacity changing the desired capacity from 6 to 2.  At 2026-11-02T09:00:30Z an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 6 to 2.", decide.Resize, start.Add(-10 * time.Second), 2},
		{"a policy", "Launching a new EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:20Z a monitor alarm high-cpu in state ALARM triggered policy p changing the desired capacity from 6 to 7.  At 2026-11-02T09:00:30Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 6 to 7.", decide.OtherChange, start, 7},
		{"detached by hand", "Detaching EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:30Z instance i-0123456789abcdef0 was detached in response to a user request.", decide.UserReplace, start, 0},
		{"detached for good", "Detaching EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:30Z instance i-0123456789abcdef0 was detached in response to a user request, shrinking the capacity from 7 to 6.", decide.OtherChange, start, 0},
		{"scale-in", "Terminating EC2 instance: i-0123456789abcdef0", "At 2026-11-02T09:00:30Z an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 7 to 6.", decide.GroupTook, start, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := activity(types.Activity{Description: &c.description, Cause: &c.cause, StartTime: &start})
			if a.Kind != c.kind || !a.At.Equal(c.at) || a.Desired != c.desired || a.Instance != "i-0123456789abcdef0" {
				t.Errorf("read as %+v", a)
			}
			if told := strings.Contains(c.cause, "At 2026-11-02T09:00:20Z"); told != a.DesiredAt.Equal(start.Add(-10*time.Second)) {
				t.Errorf("desired was changed at %s", a.DesiredAt)
			}
		})
	}
}

func TestWhatAnActivityComesFromAndToIsRead(t *testing.T) {
	t.Parallel()
	const scheduled = " At 2026-11-02T09:00:20Z a scheduled action update of AutoScalingGroup constraints to min: 4 changing the desired capacity from 6 to 4."
	start := time.Date(2026, 11, 2, 9, 0, 30, 0, time.UTC)
	for _, c := range []struct {
		name, description, cause string
		status                   types.ScalingActivityStatusCode
		read                     func(decide.Activity) any
		want                     any
	}{
		{"a launch", "Launching a new EC2 instance: i-0123abcd", "", "Successful", func(a decide.Activity) any { return []any{a.Launching, a.Failed, a.Instance} }, []any{true, false, "i-0123abcd"}},
		{"a launch that failed", "Launching a new EC2 instance", "", "Failed", func(a decide.Activity) any { return a.Failed }, true},
		{"one that was cancelled", "Launching a new EC2 instance", "", "Cancelled", func(a decide.Activity) any { return a.Failed }, true},
		{"one that is under way", "Launching a new EC2 instance", "", "InProgress", func(a decide.Activity) any { return a.Failed }, false},
		{"a retirement beside a naming is of its own time", "Terminating EC2 instance: i-0123abcd", "an instance was taken out of service in response to a user request, shrinking the capacity from 6 to 4." + scheduled,
			"Successful", func(a decide.Activity) any { return []any{a.Kind, a.At} }, []any{decide.UserShrink, start}},
		{"a naming without its time", "Launching a new EC2 instance", "a user request explicitly set group desired capacity changing the desired capacity from 3 to 4.", "Successful",
			func(a decide.Activity) any { return []any{a.Kind, a.At, a.Desired, a.DesiredAt.IsZero()} }, []any{decide.Resize, start, 4, true}},
		{"a naming with a time that is none", "Launching a new EC2 instance", "At noonZ a user request explicitly set group desired capacity changing the desired capacity from 3 to 4.", "Successful",
			func(a decide.Activity) any { return a.At }, start},
		{"found ended", "Terminating EC2 instance: i-0123abcd", "At 2026-11-02T09:00:30Z an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.", "Successful",
			func(a decide.Activity) any { return []any{a.Kind, a.Ended} }, []any{decide.Unhealthy, true}},
		{"found unhealthy", "Terminating EC2 instance: i-0123abcd", "At 2026-11-02T09:00:30Z an instance was taken out of service in response to an ELB system health check failure.", "Successful",
			func(a decide.Activity) any { return []any{a.Kind, a.Ended} }, []any{decide.Unhealthy, false}},
		{"a schedule", "Terminating EC2 instance: i-0123abcd", scheduled, "Successful", func(a decide.Activity) any { return []any{a.Kind, a.At} }, []any{decide.Resize, start.Add(-10 * time.Second)}},
		{"an interruption", "Terminating EC2 instance: i-0123abcd", "an EC2 spot interruption", "Successful", func(a decide.Activity) any { return a.Kind }, decide.Unhealthy},
		{"the system took it", "Terminating EC2 instance: i-0123abcd", "an instance was taken out of service in response to a system event", "Successful", func(a decide.Activity) any { return a.Kind }, decide.Unhealthy},
		{"nothing that is known", "Moving EC2 instance: i-0123abcd", "", "Successful", func(a decide.Activity) any { return a.Kind }, decide.OtherChange},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.read(activity(types.Activity{Description: &c.description, Cause: &c.cause, StartTime: &start, StatusCode: c.status})); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestTheFleetRequestIsFrozen(t *testing.T) {
	t.Parallel()
	l := ledger.Launch{Nonce: "n1", Template: "lt-1", TemplateVersion: "3", Spot: true, Tags: map[string]string{"b": "2", "a": "1", decide.TagGroup: "web"},
		Overrides: []ledger.Override{{Type: "m5.large", Zone: "a", Subnet: "subnet-a", MaxUSD: 0.096}}}
	in := fleetRequest(l)
	if in.Type != "instant" || in.SpotOptions.AllocationStrategy != "price-capacity-optimized" || aws.ToString(in.ClientToken) != "n1" {
		t.Errorf("type %s, strategy %v, token %s", in.Type, in.SpotOptions, aws.ToString(in.ClientToken))
	}
	o := in.LaunchTemplateConfigs[0].Overrides[0]
	if aws.ToString(o.MaxPrice) != "0.096" || aws.ToString(o.SubnetId) != "subnet-a" || o.AvailabilityZone != nil {
		t.Errorf("override %+v", o)
	}
	if tags := in.TagSpecifications[0].Tags; aws.ToString(tags[0].Key) != "a" || len(tags) != 3 {
		t.Errorf("tags are not in order: %v", tags)
	}
	l.Spot = false
	if in := fleetRequest(l); in.SpotOptions != nil || in.LaunchTemplateConfigs[0].Overrides[0].MaxPrice != nil || in.OnDemandOptions == nil {
		t.Error("an on-demand fleet has spot options")
	}
}
