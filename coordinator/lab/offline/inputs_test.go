package offline

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"go.yaml.in/yaml/v3"

	"autospotting/coordinator/act"
	"autospotting/coordinator/plan"
)

// utf16Of is a text as Windows PowerShell's > writes it, with CRLF.
func utf16Of(text string, order binary.AppendByteOrder, mark bool) string {
	text = strings.ReplaceAll(text, "\n", "\r\n")
	if mark {
		text = "\ufeff" + text
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

// list cuts the list of a document out, as --query does with its key.
func list(t *testing.T, document, key string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(document), &fields); err != nil {
		t.Fatal(err)
	}
	return string(fields[key])
}

func asYAML(t *testing.T, document string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		t.Fatal(err)
	}
	out, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Whatever way the CLI printed them, the same two descriptions give the same plan.
func TestWhateverTheCLIPrintsGivesTheSamePlan(t *testing.T) {
	t.Parallel()
	groups := group("", "")
	want := planned(t, files(t, groups, instances))
	bare, reservations := list(t, groups, "AutoScalingGroups"), list(t, instances, "Reservations")
	one := strings.TrimSuffix(strings.TrimPrefix(bare, "["), "]")
	flat := list(t, strings.TrimSuffix(strings.TrimPrefix(reservations, "["), "]"), "Instances")
	var each []json.RawMessage
	if err := json.Unmarshal([]byte(flat), &each); err != nil {
		t.Fatal(err)
	}
	lines := strings.ReplaceAll(string(each[0]), "\n", " ") + "\n" + strings.ReplaceAll(string(each[1]), "\n", " ") + "\n"
	for _, c := range []struct{ name, groups, instances string }{
		{"UTF-8 with a mark", "\ufeff" + groups, "\ufeff" + instances},
		{"UTF-16 of PowerShell", utf16Of(groups, binary.LittleEndian, true), utf16Of(instances, binary.LittleEndian, true)},
		{"UTF-16, the other end first", utf16Of(groups, binary.BigEndian, true), utf16Of(instances, binary.BigEndian, true)},
		{"UTF-16 without a mark", utf16Of(groups, binary.LittleEndian, false), utf16Of(instances, binary.BigEndian, false)},
		{"UTF-16 twice, by >>", groups, utf16Of(`{"Reservations": []}`, binary.LittleEndian, true) + utf16Of(instances, binary.LittleEndian, true)},
		{"--query of the lists", bare, reservations},
		{"--query of one group and of flat instances", one, flat},
		{"--query of one reservation", `{"AutoScalingGroups": [` + one + `]}`, `{"Instances": ` + flat + `, "OwnerId": "1"}`},
		{"--query of lists in lists", "[" + bare + "]", "[" + flat + ", []]"},
		{"one document a line", one, lines},
		{"several documents", groups, `{"Reservations": [{"Instances": [` + string(each[1]) + `]}], "NextToken": "more"}` + "\n" + `{"Reservations": [{"Instances": [` + string(each[0]) + `]}]}`},
		{"--output yaml", asYAML(t, groups), asYAML(t, instances)},
		{"--output yaml-stream", asYAML(t, "["+groups+"]"), asYAML(t, "["+instances+"]")},
		{"YAML with unquoted times and several documents", "---\n" + asYAML(t, groups), "---\n" + strings.ReplaceAll(asYAML(t, instances), `"`, "") + "---\nReservations: []\n"},
		{"times as Python prints them", groups, strings.NewReplacer("T10:00:00+00:00", " 10:00:00+00:00").Replace(instances)},
		{"times without a zone", groups, strings.NewReplacer("T10:00:00+00:00", "T10:00:00").Replace(instances)},
		{"each in the other's file", instances, groups},
		{"nulls", strings.Replace(groups, `{"AutoScalingGroups"`, `{"NextToken": null, "AutoScalingGroups"`, 1), strings.Replace(instances, `"Reservations": [`, `"Reservations": [null, `, 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := planned(t, files(t, c.groups, c.instances))
			if a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); a != b {
				t.Errorf("got  %s\nwant %s", a, b)
			}
		})
	}
	f := files(t, groups, instances)
	for name, f := range map[string]Files{"files of which nobody says what they hold": {Any: slices.Concat(f.Instances, f.Groups)}, "the same file by two flags": {Groups: f.Groups, Instances: slices.Concat(f.Groups, f.Instances)}} {
		if got := planned(t, f); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestWhatIsNoDescriptionSaysWhatToGive(t *testing.T) {
	t.Parallel()
	const print = "give the output of aws autoscaling describe-auto-scaling-groups"
	for _, c := range []struct{ name, groups, says string }{
		{"text output", "AUTOSCALINGGROUPS\tarn:aws:autoscaling:us-east-1:1:autoScalingGroup:x\tweb\t2015-01-01\n", `begins with "AUTOSCALINGGROUPS`},
		{"table output", "-----------------------------\n|  DescribeAutoScalingGroups  |\n+---------------------------+\n", print + " --output json, not text or table"},
		{"what the CLI said of its failure", "\nAn error occurred (AccessDenied) when calling the DescribeAutoScalingGroups operation: no\n", `An error occurred (AccessDenied)`},
		{"nothing", "", "it is empty: " + print + " --output json"},
		{"only names", `["web", "api"]`, `it holds "\"web\"", where a description should be: leave out --query`},
		{"names and sizes", `[["web", 2]]`, "where a description should be"},
		{"fields under other names", `[{"Name": "web", "Size": 2}]`, "what has the fields Name, Size is nothing that is read: " + print},
		{"UTF-32", "\xff\xfe\x00\x00{\x00\x00\x00", "it is UTF-32"},
		{"half a character", "\xff\xfe{\x00}", "ends in the middle of a character"},
		{"a YAML alias", "AutoScalingGroups: &a []\nMore: *a\n", "a YAML alias"},
		{"a second document that is none", `{"AutoScalingGroups": []}` + "\nCommand completed\n", "line 2: invalid character 'C'"},
		{"other descriptions only", instances, "it has no AutoScalingGroups: " + print},
		{"an empty object", "{}", "it has no AutoScalingGroups: " + print},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := files(t, c.groups, instances)
			if _, err := Worlds(f, atNoon(), nil); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v does not say %q", err, c.says)
			} else if !strings.Contains(err.Error(), f.Groups[0]) {
				t.Errorf("error %v does not name the file", err)
			}
		})
	}
}

func TestAGroupThatCannotBePlannedLeavesTheOthers(t *testing.T) {
	t.Parallel()
	good := list(t, group("", ""), "AutoScalingGroups")
	good = strings.TrimSuffix(strings.TrimPrefix(good, "["), "]")
	renamed := func(from, to string) string {
		return strings.Replace(strings.Replace(good, `"web"`, `"other"`, 1), from, to, 1)
	}
	for _, c := range []struct{ name, other, instances, says string }{
		{"a size that is no number", renamed(`"MinSize": 1`, `"MinSize": "one"`), instances, "cannot unmarshal string"},
		{"a size that --query left out", renamed(`"DesiredCapacity": 2,`, ""), instances, "does not tell its DesiredCapacity: give the output"},
		{"members that --query left out", renamed(`"Instances"`, `"Members"`), instances, "does not tell its Instances"},
		{"an instance of it that cannot be read", renamed(`"InstanceId": "i-a"`, `"InstanceId": "i-bad"`), strings.Replace(instances, `"Instances": [`, `"Instances": [{"InstanceId": "i-bad", "InstanceType": 5},`, 1), "cannot be read at i-bad"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			worlds, err := Worlds(files(t, `{"AutoScalingGroups": [`+c.other+", "+good+"]}", c.instances), atNoon(), nil)
			if err != nil || len(worlds) != 2 {
				t.Fatalf("%d worlds: %v", len(worlds), err)
			}
			if w := worlds[0]; w.Err == nil || w.Group.Name != "other" || !strings.Contains(w.Err.Error(), c.says) {
				t.Errorf("%s: %v does not say %q", w.Group.Name, w.Err, c.says)
			}
			if w := worlds[1]; w.Err != nil || plan.Of(w.World, w.Assumed).Status != plan.Managed {
				t.Errorf("the good one: %v", w.Err)
			}
		})
	}
}

// more are descriptions beside groups and instances, as files of their own.
func withMore(t *testing.T, g string, on string, more ...string) Files {
	t.Helper()
	f := files(t, g, on)
	for _, text := range more {
		f.Any = append(f.Any, file(t, text))
	}
	return f
}

const (
	image    = `{"Images": [{"ImageId": "ami-1", "Architecture": "x86_64", "VirtualizationType": "hvm", "EnaSupport": true, "RootDeviceType": "ebs"}]}`
	versions = `{"LaunchTemplateVersions": [{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "VersionNumber": 1, "CreateTime": "2026-01-01T00:00:00+00:00", "DefaultVersion": true, "LaunchTemplateData": {"ImageId": "ami-1", "InstanceType": "m5.large"%s}}]}`
)

func TestFurtherFilesAreJudgedAsLive(t *testing.T) {
	t.Parallel()
	template := func(more string) string { return fmt.Sprintf(versions, more) }
	configured := strings.Replace(group("", ""), `"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"}`, `"LaunchConfigurationName": "lc-1"`, 1)
	configuration := `{"LaunchConfigurations": [{"LaunchConfigurationName": "lc-1", "ImageId": "ami-1", "InstanceType": "m5.large", "SecurityGroups": ["sg-1"], "CreatedTime": "2026-01-01T00:00:00+00:00"%s}]}`
	alone := strings.Replace(group("", ""), `"MaxSize": 4, "DesiredCapacity": 2`, `"MaxSize": 1, "DesiredCapacity": 1`, 1)
	alone = alone[:strings.Index(alone, `,
 {"InstanceId": "i-b"`)] + alone[strings.Index(alone, `],
 "Tags"`):]
	const warm = `{"LifecycleHooks": [{"LifecycleHookName": "warm", "AutoScalingGroupName": "web", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING", "DefaultResult": "CONTINUE", "HeartbeatTimeout": 300}]}`
	rules := func(source, bus string) string {
		return fmt.Sprintf(`{"Rules": [{"Name": "setup", "State": "ENABLED", "EventBusName": %q, "EventPattern": "{\"source\": [\"%s\"]}"}]}`, bus, source)
	}
	shop := group(`"TargetGroupARNs": ["arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"],`, `, {"Key": "elasticbeanstalk:environment-id", "Value": "e-abc"}`)
	environment := func(status, tier string) string {
		return `{"Environments": [{"EnvironmentName": "shop", "EnvironmentId": "e-abc", "ApplicationName": "shop", "Status": "` + status + `", "Tier": {"Name": "` + tier + `", "Type": "Standard", "Version": "1.0"}, "AbortableOperationInProgress": false, "DateCreated": "2026-01-01T00:00:00+00:00"}]}`
	}
	for _, c := range []struct {
		name, group string
		more        []string
		status      string
		says        string // in the reason, or in why
	}{
		{"a group of one", alone, []string{template(""), image}, plan.Managed, "MaxSize is raised to 2 for minutes at each replacement"},
		{"a group of one whose user data no file has", alone, nil, plan.Refused, "no file has the launch template"},
		{"a group of one with a worker", alone, []string{template(`, "UserData": "` + base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\ncelery -A shop worker\n")) + `"`), image, `{"LifecycleHooks": [{"LifecycleHookName": "drain", "AutoScalingGroupName": "web", "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING"}]}`}, plan.Refused, "autospotting:accept=worker"},
		{"a hook", group("", ""), []string{`{"LifecycleHooks": [{"LifecycleHookName": "warm", "AutoScalingGroupName": "web", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}]}`}, plan.Refused, "launching lifecycle hooks (warm)"},
		{"a hook that only waits", group("", ""), []string{warm}, plan.Managed, "count as up only after as long, 5m0s"},
		{"a hook that only waits, as far as the files tell", group("", ""), []string{warm}, plan.Managed, "EventBridge rules that hear of launching hooks"},
		{"a rule that hears of it", group("", ""), []string{warm, rules("aws.autoscaling", "default")}, plan.Refused, "EventBridge's rule setup may hear of warm"},
		{"a rule of something else", group("", ""), []string{warm, rules("aws.ec2", "default")}, plan.Managed, "only delay"},
		{"our own rule", group("", ""), []string{warm, strings.Replace(rules("aws.autoscaling", "default"), `"Name"`, `"Description": "`+act.RuleDescription+`", "Name"`, 1)}, plan.Managed, "only delay"},
		{"a rule on another bus", group("", ""), []string{warm, rules("aws.autoscaling", "shop")}, plan.Managed, "only delay"},
		{"another group's hook", group("", ""), []string{`[{"LifecycleHookName": "warm", "AutoScalingGroupName": "api", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}]`}, plan.Managed, "lifecycle hooks"},
		{"a refresh", group("", ""), []string{`{"InstanceRefreshes": [{"InstanceRefreshId": "r", "AutoScalingGroupName": "web", "Status": "InProgress", "StartTime": "2026-11-25T11:00:00+00:00"}]}`}, plan.Refused, "an instance refresh is under way"},
		{"a template for a dedicated host", group("", ""), []string{template(`, "Placement": {"Tenancy": "host"}`), image}, plan.Refused, "the template asks for host tenancy"},
		{"a template that asks for spot", group("", ""), []string{template(`, "InstanceMarketOptions": {"MarketType": "spot"}`), image}, plan.Refused, "the launch template asks for spot itself"},
		{"a template's options that are dropped", group("", ""), []string{template(`, "DisableApiTermination": true`), image}, plan.Managed, "not taken over: DisableApiTermination"},
		{"a template's credits", group("", ""), []string{template(`, "CreditSpecification": {"CpuCredits": "unlimited"}`), image}, plan.Managed, "CreditSpecification goes to burstable types only"},
		{"a template's version without its number", group("", ""), []string{strings.Replace(template(`, "DisableApiTermination": true`), `"VersionNumber": 1, `, "", 1), image}, plan.Managed, "not taken over: DisableApiTermination"},
		{"a hook in two files", group("", ""), []string{`[{"LifecycleHookName": "warm", "AutoScalingGroupName": "web", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}]`, `{"LifecycleHookName": "warm", "AutoScalingGroupName": "web", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}`}, plan.Refused, "launching lifecycle hooks (warm) do not run"},
		{"an image for arm", group("", ""), []string{template(""), strings.Replace(image, "x86_64", "arm64", 1)}, plan.Managed, "881 other architecture"},
		{"a configuration that asks for spot", configured, []string{fmt.Sprintf(configuration, `, "SpotPrice": "0.05"`), image}, plan.Refused, "the launch configuration asks for spot itself"},
		{"a configuration", configured, []string{fmt.Sprintf(configuration, ""), image}, plan.Managed, "launch"},
		{"a spread placement group", group(`"PlacementGroup": "apart",`, ""), []string{`{"PlacementGroups": [{"GroupName": "apart", "Strategy": "spread"}]}`}, plan.Managed, "launch"},
		{"a cluster placement group", group(`"PlacementGroup": "close",`, ""), []string{`{"PlacementGroups": [{"GroupName": "close", "Strategy": "cluster"}]}`}, plan.Refused, "close (cluster)"},
		{"a stack that changes", group("", `, {"Key": "aws:cloudformation:stack-id", "Value": "arn:1"}`), []string{`{"Stacks": [{"StackId": "arn:1", "StackName": "web", "StackStatus": "UPDATE_IN_PROGRESS", "CreationTime": "2026-01-01T00:00:00+00:00"}]}`}, plan.Refused, "its CloudFormation stack is changing"},
		{"an environment of which no file tells", shop, nil, plan.Managed, "an Elastic Beanstalk environment that changes, or is of workers"},
		{"an environment that is ready", shop, []string{environment("Ready", "WebServer")}, plan.Managed, "launch"},
		{"an environment that changes", shop, []string{environment("Updating", "WebServer")}, plan.Refused, "its Elastic Beanstalk environment is changing (Updating)"},
		{"an environment of workers", shop, []string{environment("Ready", "Worker")}, plan.Refused, "in the middle of a job (the environment's tier)"},
		{"another environment", shop, []string{strings.Replace(environment("Updating", "WebServer"), "e-abc", "e-xyz", 1)}, plan.Managed, "launch"},
		{"no subnets", strings.Replace(group("", ""), "subnet-a,subnet-b", "", 1), nil, plan.Managed, "each of its zones has a default one"},
		{"no subnets, and one of the zones has no default one", strings.Replace(group("", ""), "subnet-a,subnet-b", "", 1), []string{`{"Subnets": [{"SubnetId": "subnet-1", "AvailabilityZone": "us-east-1a", "DefaultForAz": true, "VpcId": "vpc-1"}, {"SubnetId": "subnet-2", "AvailabilityZone": "us-east-1b", "DefaultForAz": false, "VpcId": "vpc-1"}]}`}, plan.Refused, "the zone us-east-1b has no default subnet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := planned(t, withMore(t, c.group, instances, c.more...))
			why := strings.Join(got.Why, "\n")
			for _, a := range got.Actions {
				why += "\n" + a.Kind
			}
			if got.Status != c.status || !strings.Contains(got.Reason+"\n"+why, c.says) {
				t.Errorf("got %s, %q, %s", got.Status, got.Reason, why)
			}
		})
	}
}

func TestAPlanSaysHowItsInstancesAreDrained(t *testing.T) {
	t.Parallel()
	template := func(script string) string {
		return fmt.Sprintf(versions, `, "UserData": "`+base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n"+script+"\n"))+`"`)
	}
	const hook = `{"LifecycleHooks": [{"LifecycleHookName": "drain", "AutoScalingGroupName": "web", "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING"}]}`
	host := template("echo ECS_CLUSTER=prod >> /etc/ecs/ecs.config")
	for _, c := range []struct {
		name, tag     string
		more          []string
		drain, status string
		says          string // in why
	}{
		{"nothing has to be", "", []string{template("true")}, "none", plan.Managed, ""},
		{"a hook drains", "", []string{template("true"), hook}, "hook", plan.Managed, ""},
		{"a host of ECS", "", []string{host}, "ecs", plan.Managed, "the hosts of its ECS cluster"},
		{"a host of ECS with a hook", "", []string{host, hook}, "hook", plan.Managed, ""},
		{"a host of ECS whose tasks may end", "none", []string{host}, "none", plan.Managed, ""},
		{"a host of a cluster that cannot be told", "", []string{template("echo ECS_CLUSTER=$(cat /etc/name) >> /etc/ecs/ecs.config")}, "none", plan.Refused, ""},
		{"a hook that is not there", "hook", []string{template("true")}, "hook", plan.Refused, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := group("", "")
			if c.tag != "" {
				g = group("", `, {"Key": "autospotting:drain-with", "Value": "`+c.tag+`"}`)
			}
			got := planned(t, withMore(t, g, instances, append(c.more, image)...))
			if got.Drain != c.drain || got.Status != c.status || !strings.Contains(strings.Join(got.Why, "\n"), c.says) {
				t.Errorf("drained by %s, %s: %s %q", got.Drain, got.Status, got.Reason, got.Why)
			}
		})
	}
}

func TestWhatAFileLacksIsNamed(t *testing.T) {
	t.Parallel()
	latest := strings.Replace(group("", ""), `"Version": "1"`, `"Version": "$Latest"`, 1)
	for _, c := range []struct {
		name, group, instances string
		more                   []string
		assumed                string
	}{
		{"hooks and refreshes", group("", ""), instances, nil, "lifecycle hooks, instance refreshes, termination protection of instances, vCPU quotas: no file tells any of this group"},
		{"a page of groups", strings.Replace(group("", ""), `{"AutoScalingGroups"`, `{"NextToken": "eyJ", "AutoScalingGroups"`, 1), instances, nil, "has not all AutoScalingGroups, since it ends with a NextToken"},
		{"a page of instances, as old programs spell it", group("", ""), strings.Replace(instances, `{"Reservations"`, `{"nextToken": "eyJ", "Reservations"`, 1), nil, "has not all Reservations"},
		{"the template", group("", ""), instances, nil, "launch template lt-1 is not in the files: replacements are launched like i-a"},
		{"the template's version", strings.Replace(group("", ""), `"Version": "1"`, `"Version": "7"`, 1), instances, []string{fmt.Sprintf(versions, "")}, "version 7 of launch template lt-1 is not in the files"},
		{"whether a later version is", latest, instances, []string{fmt.Sprintf(versions, "")}, "version 1 of launch template lt-1 is its latest"},
		{"the image", group("", ""), instances, []string{fmt.Sprintf(versions, "")}, "image ami-1 is not in the files: architecture, virtualization, ENA and boot mode are those of i-a"},
		{"an image that a parameter names", group("", ""), instances, []string{strings.Replace(fmt.Sprintf(versions, ""), "ami-1", "resolve:ssm:/golden", 1)}, "image resolve:ssm:/golden is not in the files"},
		{"the configuration", strings.Replace(group("", ""), `"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"}`, `"LaunchConfigurationName": "lc-1"`, 1), instances, nil, "launch configuration lc-1 is not in the files"},
		{"what the group launches from", strings.Replace(group("", ""), `"LaunchTemplate"`, `"Template"`, 1), instances, nil, "neither launch template nor launch configuration is in the files"},
		{"a member, so that nothing is done", group("", ""), strings.Replace(instances, "i-b", "i-c", 1), nil, "i-b is not in the instances file: it counts for nothing"},
		{"states of members", strings.ReplaceAll(group("", ""), `"LifecycleState": "InService", `, ""), instances, nil, "i-a is in service, since it is listed without a LifecycleState"},
		{"states of instances", group("", ""), strings.ReplaceAll(instances, `"State": {"Code": 16, "Name": "running"}, `, ""), nil, "i-a runs, since it is listed without a state"},
		{"the group's subnets", strings.Replace(group("", ""), `"VPCZoneIdentifier"`, `"Zones"`, 1), instances, nil, "the file does not tell the group's subnets"},
		{"subnets of zones", strings.Replace(group("", ""), "subnet-a,subnet-b", "subnet-x,subnet-y", 1), strings.NewReplacer("subnet-a", "", "subnet-b", "").Replace(instances), nil, "which subnet is in which zone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := planned(t, withMore(t, c.group, c.instances, c.more...))
			if idle := strings.Contains(c.name, "nothing is done"); got.Status != plan.Managed || (len(got.Actions) == 0) != idle || !strings.Contains(strings.Join(got.Why, "\n"), "assumed: ") || !strings.Contains(strings.Join(got.Why, "\n"), c.assumed) {
				t.Errorf("got %s, %d actions, %q", got.Status, len(got.Actions), got.Why)
			}
		})
	}
}

func TestTagsThatTheFileDoesNotTellAreNamed(t *testing.T) {
	t.Parallel()
	got := planned(t, files(t, strings.Replace(group("", ""), `"Tags"`, `"Labels"`, 1), instances))
	if got.Status != plan.NotEnabled || !strings.Contains(strings.Join(got.Why, "\n"), "assumed: the file does not tell the group's tags: it has none") {
		t.Errorf("got %+v", got)
	}
}

// The page lists every command whose output is read.
func TestThePageListsEveryFile(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/plan.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		if !strings.Contains(string(page), "`aws "+k.command) {
			t.Errorf("docs/plan.md does not name aws %s", k.command)
		}
	}
}
