package command

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"autospotting/coordinator/plan"
	"autospotting/pkg/cli"
)

// run is the plan of a command line, as its document, and its error.
func run(t *testing.T, args ...string) ([]plan.Group, error) {
	t.Helper()
	c := Plan("test")
	fs := flag.NewFlagSet("plan", flag.ContinueOnError)
	if err := c.Flags(fs); err != nil {
		t.Fatal(err)
	}
	if err := fs.Parse(append([]string{"--format", "json", "--now", "2026-11-25T12:00:00Z"}, args...)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := c.Run(context.Background(), fs.Args(), cli.Streams{Out: &out})
	var doc struct{ Groups []plan.Group }
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
			t.Fatalf("%s: %v", out.Bytes(), err)
		}
	}
	return doc.Groups, err
}

func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const (
	asked = `{"AutoScalingGroups": [{"AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 3, "DesiredCapacity": 1, "AvailabilityZones": ["us-east-1a"], "VPCZoneIdentifier": "subnet-a",
 "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"}, "Tags": [{"Key": "spot-enabled", "Value": "true"}],
 "Instances": [{"InstanceId": "i-a", "InstanceType": "m5.large", "AvailabilityZone": "us-east-1a", "LifecycleState": "InService", "HealthStatus": "Healthy"}]}]}`
	runs = `{"Reservations": [{"Instances": [{"InstanceId": "i-a", "InstanceType": "m5.large", "ImageId": "ami-1", "LaunchTime": "2026-11-01T10:00:00+00:00", "Placement": {"AvailabilityZone": "us-east-1a"},
 "State": {"Name": "running"}, "SubnetId": "subnet-a", "Architecture": "x86_64", "VirtualizationType": "hvm", "EnaSupport": true}]}]}`
)

func TestFilesAreKnownByTheirContent(t *testing.T) {
	t.Parallel()
	groups, instances := written(t, asked), written(t, runs)
	for _, args := range [][]string{{"--groups", groups, "--instances", instances}, {groups, instances}, {"--instances", instances, groups}, {"--groups", groups, instances}} {
		got, err := run(t, args...)
		if err != nil || len(got) != 1 || got[0].Status != plan.Managed || len(got[0].Actions) != 1 {
			t.Errorf("%v: %+v, %v", args, got, err)
		}
	}
}

func TestAFailedGroupIsShownWithTheOthersAndTheCommandFails(t *testing.T) {
	t.Parallel()
	got, err := run(t, "--groups", written(t, asked), "--groups", written(t, strings.NewReplacer(`"web"`, `"bad"`, `"MaxSize": 3`, `"MaxSize": "three"`).Replace(asked)), "--instances", written(t, runs))
	if len(got) != 2 || got[0].Status != plan.Managed || got[1].Status != plan.Failed || !strings.Contains(got[1].Reason, "cannot unmarshal string") {
		t.Errorf("got %+v", got)
	}
	if err == nil || !strings.Contains(err.Error(), "1 of 2 groups could not be planned: bad") {
		t.Errorf("error %v", err)
	}
	if got, err = run(t, "--group", "web", written(t, asked), written(t, runs), written(t, strings.NewReplacer(`"web"`, `"bad"`, `"MaxSize": 3`, `"MaxSize": "three"`).Replace(asked))); err != nil || len(got) != 1 {
		t.Errorf("of the good one alone: %+v, %v", got, err)
	}
}
