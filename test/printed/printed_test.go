package printed

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/plan"
)

// What the AWS CLI prints of the same answers (AWS CLI user guide, "describe-auto-scaling-groups" and "describe-instances").
func TestOutputsArePrintedAsTheCLIPrintsThem(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		output any
		want   string
	}{
		{"nothing", &ec2.DescribeImagesOutput{}, `{"Images": []}`},
		{"an instance", &ec2.DescribeInstancesOutput{NextToken: aws.String("more"), Reservations: []types.Reservation{{Instances: []types.Instance{{InstanceId: aws.String("i-1"), LaunchTime: &at,
			State: &types.InstanceState{Name: "running", Code: aws.Int32(16)}, EnaSupport: aws.Bool(false)}}}}},
			`{"NextToken": "more", "Reservations": [{"Instances": [{"InstanceId": "i-1", "LaunchTime": "2026-11-25T12:00:00+00:00", "State": {"Name": "running", "Code": 16}, "EnaSupport": false}]}]}`},
		{"a group", &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: []astypes.AutoScalingGroup{{AutoScalingGroupName: aws.String("web"), CreatedTime: aws.Time(at.Add(1500 * time.Microsecond))}}},
			`{"AutoScalingGroups": [{"AutoScalingGroupName": "web", "CreatedTime": "2026-11-25T12:00:00.001500+00:00", "AvailabilityZoneIds": [], "AvailabilityZones": [], "EnabledMetrics": [], "Instances": [], "LoadBalancerNames": [],
			 "SuspendedProcesses": [], "Tags": [], "TargetGroupARNs": [], "TerminationPolicies": [], "TrafficSources": []}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body, err := JSON(c.output)
			var got, want any
			if err != nil || json.Unmarshal(body, &got) != nil || json.Unmarshal([]byte(c.want), &want) != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s (%v)", body, err)
			}
		})
	}
}

func TestADifferenceIsNamedAndWhatMayDifferIsNot(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	world := func(change func(*decide.World)) decide.World {
		w := decide.World{Now: at, Instances: []decide.Instance{{ID: "i-1", Launched: at}}, Group: decide.Group{LaunchHooks: []string{"warm"}}}
		change(&w)
		return w
	}
	for name, c := range map[string]struct {
		change func(*decide.World)
		path   string
	}{
		"nothing":             {func(*decide.World) {}, ""},
		"the same time":       {func(w *decide.World) { w.Now = at.In(time.FixedZone("", 3600)) }, ""},
		"the ledger":          {func(w *decide.World) { w.Record.Group = "web" }, ""},
		"a balancer":          {func(w *decide.World) { w.Instances[0].Balancer = "initial" }, ""},
		"a time":              {func(w *decide.World) { w.Instances[0].Launched = at.Add(time.Second) }, "Instances.Launched: "},
		"a hook":              {func(w *decide.World) { w.Group.LaunchHooks = nil }, "Group.LaunchHooks: "},
		"a need":              {func(w *decide.World) { w.Template.Need.Asks.Volumes = 2 }, "Template.Need.Asks.Volumes: "},
		"an instance":         {func(w *decide.World) { w.Instances = nil }, "Instances: "},
		"what was not read":   {func(w *decide.World) { w.Missing = []decide.Missing{{What: "x"}} }, "Missing: "},
		"how a member is put": {func(w *decide.World) { w.Instances[0].Lifecycle = "Standby" }, "Instances.Lifecycle: "},
	} {
		got := Worlds(world(func(*decide.World) {}), world(c.change))
		if c.path == "" && len(got) > 0 || c.path != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.path)) {
			t.Errorf("%s: %q", name, got)
		}
	}
	live, files := plan.Group{Reason: "a", Why: []string{"b"}}, plan.Group{Reason: "a", Why: []string{"b", "assumed: c"}}
	if got := Plans(live, files); len(got) > 0 {
		t.Errorf("an assumption differs: %q", got)
	}
	files.Reason = "c"
	if got := Plans(live, files); len(got) != 1 {
		t.Errorf("of two reasons: %q", got)
	}
}

// The table of what may differ has no row for what is not there any more.
func TestWhatMayDifferExists(t *testing.T) {
	t.Parallel()
	for path := range May {
		at := reflect.TypeFor[decide.World]()
		for name := range strings.SplitSeq(path, ".") {
			for at.Kind() == reflect.Slice {
				at = at.Elem()
			}
			f, has := at.FieldByName(name)
			if !has {
				t.Fatalf("a world has no %s", path)
			}
			at = f.Type
		}
	}
}
