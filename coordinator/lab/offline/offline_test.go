package offline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/act"
	"autospotting/coordinator/plan"
	"autospotting/coordinator/settings"
)

var (
	scope = settings.Scope{Key: "spot-enabled", Value: "true"}
	noon  = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
)

// atNoon is what an installation of defaults goes by.
func atNoon() act.Config {
	return act.Config{Scope: scope, Defaults: settings.Defaults(), Now: func() time.Time { return noon }}
}

// files writes what the AWS CLI would print and returns where.
func files(t *testing.T, groups, instances string) Files {
	t.Helper()
	dir := t.TempDir()
	g, i := filepath.Join(dir, "groups.json"), filepath.Join(dir, "instances.json")
	for name, text := range map[string]string{g: groups, i: instances} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Files{Groups: []string{g}, Instances: []string{i}}
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

const instances = `{"Reservations": [{"Instances": [
 {"InstanceId": "i-a", "InstanceType": "m5.large", "LaunchTime": "2026-11-01T10:00:00+00:00", "Placement": {"AvailabilityZone": "us-east-1a", "Tenancy": "default"}, "State": {"Code": 16, "Name": "running"}, "SubnetId": "subnet-a", "Architecture": "x86_64", "VirtualizationType": "hvm", "EnaSupport": true, "PlatformDetails": "Linux/UNIX"},
 {"InstanceId": "i-b", "InstanceType": "m5.large", "LaunchTime": "2026-11-02T10:00:00+00:00", "Placement": {"AvailabilityZone": "us-east-1b", "Tenancy": "default"}, "State": {"Code": 16, "Name": "running"}, "SubnetId": "subnet-b", "Architecture": "x86_64", "VirtualizationType": "hvm", "EnaSupport": true, "PlatformDetails": "Linux/UNIX"}]}]}`

// group is one group of two; more is spliced into its description, and tags into its tags.
func group(more, tags string) string {
	return `{"AutoScalingGroups": [{"AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 4, "DesiredCapacity": 2, "AvailabilityZones": ["us-east-1a", "us-east-1b"],
 "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"}, "VPCZoneIdentifier": "subnet-a,subnet-b", ` + more + ` "Instances": [
 {"InstanceId": "i-a", "InstanceType": "m5.large", "AvailabilityZone": "us-east-1a", "LifecycleState": "InService", "HealthStatus": "Healthy", "ProtectedFromScaleIn": false},
 {"InstanceId": "i-b", "InstanceType": "m5.large", "AvailabilityZone": "us-east-1b", "LifecycleState": "InService", "HealthStatus": "Healthy", "ProtectedFromScaleIn": false}],
 "Tags": [{"Key": "spot-enabled", "Value": "true"}` + tags + `]}]}`
}

func planned(t *testing.T, f Files) plan.Group {
	t.Helper()
	worlds, err := Worlds(f, atNoon(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(worlds) != 1 || worlds[0].Err != nil {
		t.Fatalf("%d worlds, the first %+v", len(worlds), worlds)
	}
	return plan.Of(worlds[0].World, worlds[0].Assumed)
}

func TestAGroupIsPlannedAsTheCLIPrintsIt(t *testing.T) {
	t.Parallel()
	g := planned(t, files(t, group("", ""), instances))
	if g.Status != plan.Managed || len(g.Actions) != 1 {
		t.Fatalf("got %+v", g)
	}
	a := g.Actions[0]
	if a.Kind != "launch" || a.Instance != "i-a" || a.Zone != "us-east-1a" || a.MaxPrice != 0.096 || len(a.Types) == 0 {
		t.Errorf("the oldest goes first, at most at its own on-demand price: got %+v", a)
	}
	for _, what := range []string{"image", "lifecycle hooks", "on-demand prices are the built-in ones"} {
		if !strings.Contains(a.Why, what) {
			t.Errorf("the assumption about %s is not named in %q", what, a.Why)
		}
	}
	if g.SavingsUSDMonth < 50 || g.SavingsUSDMonth > 140 {
		t.Errorf("%.2f USD saved a month of 140", g.SavingsUSDMonth)
	}
}

func TestWhatTheFilesTellRefusesTheGroup(t *testing.T) {
	t.Parallel()
	for reason, g := range map[string]string{
		"mixed instances policy":   group(`"MixedInstancesPolicy": {"LaunchTemplate": {}},`, ""),
		"capacity rebalancing":     group(`"CapacityRebalance": true,`, ""),
		"warm pool":                group(`"WarmPoolConfiguration": {"MinSize": 1},`, ""),
		"weights":                  group(`"DesiredCapacityType": "vcpu",`, ""),
		"placement group":          group(`"PlacementGroup": "close",`, ""),
		"process Terminate":        group(`"SuspendedProcesses": [{"ProcessName": "Terminate"}],`, ""),
		"being deleted":            group(`"Status": "Delete in progress",`, ""),
		"EKS manages":              group("", `, {"Key": "eks:nodegroup-name", "Value": "x"}`),
		"the time of an update":    group("", `, {"Key": "elasticbeanstalk:environment-id", "Value": "x"}, {"Key": "aws:cloudformation:stack-name", "Value": "awseb-x-immutable-stack"}`),
		"AWS Batch":                group("", `, {"Key": "AWSBatchServiceTag", "Value": "batch"}`),
		"ECS capacity provider":    group("", `, {"Key": "AmazonECSManaged", "Value": ""}`),
		"write 2 or 25%":           group("", `, {"Key": "autospotting:keep-on-demand", "Value": "many"}`),
		"capacity reservation":     group("", ""),
		"dedicated tenancy":        group("", ""),
		"is no setting: write one": group("", `, {"Key": "autospotting/keep-ondemand", "Value": "1"}`),
	} {
		on := instances
		switch reason {
		case "capacity reservation":
			on = strings.Replace(on, `"InstanceId": "i-b"`, `"InstanceId": "i-b", "CapacityReservationId": "cr-1"`, 1)
		case "dedicated tenancy":
			on = strings.Replace(on, `"Tenancy": "default"`, `"Tenancy": "dedicated"`, 1)
		}
		got := planned(t, files(t, g, on))
		if got.Status != plan.Refused || !strings.Contains(got.Reason, reason) || len(got.Actions) != 0 {
			t.Errorf("%s: got %s, %q, %d actions", reason, got.Status, got.Reason, len(got.Actions))
		}
	}
	if got := planned(t, files(t, strings.Replace(group("", ""), `"true"`, `"false"`, 1), instances)); got.Status != plan.NotEnabled {
		t.Errorf("without the tag: %s", got.Status)
	}
}

func TestAPolicyThatListsTypesIsPlanned(t *testing.T) {
	t.Parallel()
	policy := func(share int, more string) string {
		return strings.Replace(group("", ""), `"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"}`, fmt.Sprintf(`"MixedInstancesPolicy": {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1", "Version": "1"},
 "Overrides": [{"InstanceType": "m5.large"}, {"InstanceType": "m5a.large"%s}]}, "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": %d, "OnDemandBaseCapacity": 1}}`, more, share), 1)
	}
	got := planned(t, files(t, policy(100, ""), instances))
	if got.Status != plan.Managed || len(got.Actions) != 1 || len(got.Pools) == 0 {
		t.Fatalf("got %s, %q, %d actions, %d pools", got.Status, got.Reason, len(got.Actions), len(got.Pools))
	}
	for _, p := range got.Pools {
		if p.Type != "m5.large" && p.Type != "m5a.large" {
			t.Errorf("%s is not listed", p.Type)
		}
	}
	whole := planned(t, files(t, strings.Replace(policy(100, ""), `"OnDemandBaseCapacity": 1`, `"OnDemandBaseCapacity": 0`, 1), instances))
	if got.SavingsUSDMonth <= 0 || whole.SavingsUSDMonth < 1.5*got.SavingsUSDMonth {
		t.Errorf("with a base of one of two it saves %.2f, without %.2f", got.SavingsUSDMonth, whole.SavingsUSDMonth)
	}
	for says, g := range map[string]string{"OnDemandPercentageAboveBaseCapacity": policy(50, ""), "weights": policy(100, `, "WeightedCapacity": "2"`), "one template": policy(100, `, "ImageId": "ami-2"`)} {
		if got := planned(t, files(t, g, instances)); got.Status != plan.Refused || !strings.Contains(got.Step, says) {
			t.Errorf("%s, %q, step %q does not say %q", got.Status, got.Reason, got.Step, says)
		}
	}
}

func TestOwnersTagsShapeThePlan(t *testing.T) {
	t.Parallel()
	g := planned(t, files(t, group("", `, {"Key": "autospotting:allowed-instance-types", "Value": "c5.* m6i.*"}, {"Key": "autospotting:swaps-at-once", "Value": "2"}`), instances))
	if len(g.Actions) != 2 {
		t.Fatalf("two at once: %+v", g.Actions)
	}
	for _, a := range g.Actions {
		for _, typ := range a.Types {
			if !strings.HasPrefix(typ, "m6i.") && !strings.HasPrefix(typ, "c5.") {
				t.Errorf("offers %s", typ)
			}
		}
	}
	if g = planned(t, files(t, group("", `, {"Key": "autospotting:keep-on-demand", "Value": "100%"}`), instances)); len(g.Actions) != 0 || g.SavingsUSDMonth != 0 {
		t.Errorf("all stay on-demand: %+v", g)
	}
}

func TestNothingKnownAboutAPriceMeansNoSwap(t *testing.T) {
	t.Parallel()
	g := planned(t, files(t, group("", ""), strings.ReplaceAll(instances, "Linux/UNIX", "Windows")))
	if g.Status != plan.Managed || len(g.Actions) != 0 || !strings.Contains(strings.Join(g.Why, "\n"), "original's on-demand price unknown") {
		t.Errorf("got %+v", g)
	}
}

func TestPricesAreRecognisedByTheirContent(t *testing.T) {
	t.Parallel()
	cli := `{"SpotPriceHistory": [
 {"AvailabilityZone": "us-east-1a", "InstanceType": "m5a.large", "ProductDescription": "Linux/UNIX", "SpotPrice": "0.020000", "Timestamp": "2026-11-20T00:00:00+00:00"},
 {"AvailabilityZone": "us-east-1a", "InstanceType": "m5a.large", "ProductDescription": "Linux/UNIX", "SpotPrice": "0.090000", "Timestamp": "2026-11-26T00:00:00+00:00"},
 {"AvailabilityZone": "us-east-1a", "InstanceType": "m5a.large", "ProductDescription": "Linux/UNIX", "SpotPrice": "0.010000", "Timestamp": "2026-11-10T00:00:00+00:00"},
 {"AvailabilityZone": "us-east-1a", "InstanceType": "m6a.large", "ProductDescription": "Windows", "SpotPrice": "0.001000", "Timestamp": "2026-11-20T00:00:00+00:00"}]}`
	csv := "instance_type,availability_zone,timestamp,spot_price\nm5a.large,us-east-1a,2026-11-20T00:00:00Z,0.0200\nm5a.large,us-east-1a,2026-11-26T00:00:00Z,0.0900\n"
	regions := "instance_type,region,ondemand,spot_avg,spot_min,spot_max,spot_per_az_sorted,pct_interrupt,pct_savings_od\nm5a.large,us-east-1,0.086,0.02,0.02,0.02,0.0200,<5%,70\nm5.large,us-east-1,0.1,0.2,0.2,0.2,0.2 0.2,<5%,70\n"
	for name, text := range map[string]string{"CLI": cli, "history": csv, "regions": regions} {
		f := files(t, group("", ""), instances)
		f.Prices = []string{file(t, text)}
		g := planned(t, f)
		if len(g.Actions) != 1 || len(g.Actions[0].Types) != 1 || g.Actions[0].Types[0] != "m5a.large" || g.Pools[0].SpotUSDHour != 0.02 {
			t.Errorf("%s: the price of now is not 0.02 for m5a.large alone: %+v", name, g)
		}
	}
}

func TestBadFilesNameThemselvesThePlaceAndTheRemedy(t *testing.T) {
	t.Parallel()
	good := files(t, group("", ""), instances)
	for name, c := range map[string]struct {
		change func(*Files)
		says   string
	}{
		"no such file":      {func(f *Files) { f.Groups = []string{"/nowhere/groups.json"} }, "/nowhere/groups.json: no such file or directory"},
		"cut off":           {func(f *Files) { f.Instances = []string{file(t, instances[:200])} }, "line 2: unexpected end of JSON input: give the output of aws ec2 describe-instances"},
		"something else":    {func(f *Files) { f.Groups = f.Instances }, "it has no AutoScalingGroups: give the output of aws autoscaling describe-auto-scaling-groups"},
		"of another shape":  {func(f *Files) { f.Groups = []string{file(t, `{"AutoScalingGroups": [{"MinSize": "one"}]}`)} }, "line 1: json: cannot unmarshal"},
		"no types":          {func(f *Files) { f.Types = []string{file(t, "{}")} }, "give the output of aws ec2 describe-instance-types"},
		"a price that isnt": {func(f *Files) { f.Prices = []string{file(t, "m5.large,us-east-1a,2026-01-01,free\n")} }, `line 1: "free" is no price`},
	} {
		f := good
		c.change(&f)
		if _, err := Worlds(f, atNoon(), nil); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v does not say %q", name, err, c.says)
		}
	}
}

// FuzzWorlds plans from any three files: what is read is planned without a panic, and a refused group says why.
func FuzzWorlds(f *testing.F) {
	const template = `{"LaunchTemplateVersions": [{"LaunchTemplateId": "lt-1", "VersionNumber": 1, "DefaultVersion": true, "LaunchTemplateData": {"ImageId": "ami-1", "NetworkInterfaces": [{}, {"Ipv6AddressCount": 2}], "UserData": "eA==", "CpuOptions": {"CoreCount": 1}}}]}`
	f.Add([]byte(group("", "")), []byte(instances), []byte(template))
	f.Add([]byte(group(`"PlacementGroup": "x",`, `, {"Key": "autospotting:margin", "Value": "5%"}`)), []byte(`{"Reservations": []}`), []byte("Images:\n- ImageId: ami-1\n"))
	f.Add([]byte(`{"AutoScalingGroups": [{"AutoScalingGroupName": "x", "DesiredCapacity": 3, "Instances": [{"InstanceId": "i-a"}]}]}`), []byte(instances), []byte("{}"))
	f.Add([]byte(group("", "")), []byte(instances), []byte(`[{"LifecycleHookName": "h", "AutoScalingGroupName": "web"}, {"LaunchConfigurationName": "lc-1", "ImageId": "a"}, {"SubnetId": "subnet-a", "AvailabilityZone": "us-east-1a", "VpcId": "v"}]`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, groups, list, more []byte) {
		in := Files{Groups: []string{filepath.Join(dir, "g")}, Instances: []string{filepath.Join(dir, "i")}, Any: []string{filepath.Join(dir, "m")}}
		for name, body := range map[string][]byte{in.Groups[0]: groups, in.Instances[0]: list, in.Any[0]: more} {
			if err := os.WriteFile(name, body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		worlds, err := Worlds(in, atNoon(), nil)
		if err != nil {
			return
		}
		for _, w := range worlds {
			if w.Err != nil {
				continue
			}
			if g := plan.Of(w.World, w.Assumed); g.Status == plan.Refused && g.Reason == "" || g.Status != plan.Managed && len(g.Pools) > 0 {
				t.Errorf("status %q, reason %q, %d pools", g.Status, g.Reason, len(g.Pools))
			}
		}
	})
}
