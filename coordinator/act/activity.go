package act

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/coordinator/decide"
	"autospotting/pkg/lazyregexp"
)

// activityPages bounds how far back the activities are read; a page holds 100. Where they go on before that, nothing that they do not tell is known.
const activityPages = 60

var instanceID = lazyregexp.New(`\bi-(?:[0-9a-f]{17}|[0-9a-f]{8})\b`)

// activities returns the group's scaling activities since the given time, newest first.
func (a *Actor) activities(ctx context.Context, group string, since time.Time) ([]decide.Activity, error) {
	var out []decide.Activity
	in := &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: &group, MaxRecords: aws.Int32(100)}
	for range activityPages {
		page, err := a.AutoScaling.DescribeScalingActivities(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("read the scaling activities of group %q: %w", group, err)
		}
		for _, one := range page.Activities {
			if one.StartTime != nil && one.StartTime.Before(since) {
				return out, nil
			}
			out = append(out, activity(one))
		}
		if page.NextToken == nil {
			return out, nil
		}
		in.NextToken = page.NextToken
	}
	return nil, fmt.Errorf("read the scaling activities of group %q: there are more than %d since %s", group, 100*activityPages, since.UTC().Format(time.TimeOnly))
}

// activity reads one entry. A termination that follows from a named capacity is told as what it did to the instance; the naming
// itself is in the entry's cause.
func activity(one types.Activity) decide.Activity {
	cause, description := aws.ToString(one.Cause), aws.ToString(one.Description)
	a := decide.Activity{
		Instance:  instanceID.FindString(description),
		Kind:      activityKind(description, cause),
		At:        aws.ToTime(one.StartTime),
		Launching: strings.HasPrefix(description, "Launching a new EC2 instance"),
		Ended:     strings.Contains(cause, "terminated or stopped"),
		Failed:    one.StatusCode == types.ScalingActivityStatusCodeFailed || one.StatusCode == types.ScalingActivityStatusCodeCancelled,
	}
	var all [][]string
	if strings.Contains(cause, change) { // most say nothing of it, and the pattern has to look at every place
		all = changing.FindAllStringSubmatch(cause, -1)
	}
	if len(all) > 0 {
		last := all[len(all)-1]
		a.Desired, _ = strconv.Atoi(last[2]) // digits by the pattern
		a.DesiredAt, _ = time.Parse(time.RFC3339, last[1])
	}
	if a.Kind != decide.Resize {
		return a
	}
	if all := named.FindAllStringSubmatch(cause, -1); len(all) > 0 { // the last of several is what holds
		if t, err := time.Parse(time.RFC3339, all[len(all)-1][1]); err == nil {
			a.At = t
		}
	}
	return a
}

const change = "changing the desired capacity from "

var (
	changing = lazyregexp.New(`(?:At (\S+Z),? [^.]*)?` + change + `\d+ to (\d{1,9})`)
	named    = lazyregexp.New(`At (\S+Z),? (?:a user request|a scheduled action|a monitor alarm TargetTracking-|predictive scaling)`)
)

// activityKind reads the English that Auto Scaling writes (Auto Scaling user guide, "Verify a scaling activity").
func activityKind(description, cause string) decide.ActivityKind {
	has := func(s string) bool { return strings.Contains(cause, s) }
	switch {
	case strings.HasPrefix(description, "Attaching"), has("was attached in response to"):
		return decide.Attach
	case has("taken out of service in response to a user request, shrinking"):
		return decide.UserShrink
	case has("taken out of service in response to a user request"), strings.HasPrefix(description, "Detaching") && !has("shrinking"):
		return decide.UserReplace
	case has("health check"), has("status checks failure"), has("taken out of service in response to a system"), has("interrupt"):
		return decide.Unhealthy
	case has("explicitly set group desired capacity"), has("update of AutoScalingGroup constraints"), has("scheduled action"),
		has("TargetTracking-"), has("predictive scaling"): // a total too: only a change in capacity goes on top of what is there
		return decide.Resize
	case strings.HasPrefix(description, "Terminating EC2 instance"):
		return decide.GroupTook
	}
	return decide.OtherChange
}
