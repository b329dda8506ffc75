package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"go.yaml.in/yaml/v3"

	"autospotting/coordinator/decide"
	"autospotting/deploy/stack"
	"autospotting/test/rig"
)

// resources lists what there is in the account.
func (a *account) resources(ctx context.Context) []string {
	a.t.Helper()
	all, err := rig.Resources(ctx, a.config())
	if err != nil {
		a.t.Fatal(err)
	}
	return all
}

func (a *account) variable(name string) string {
	a.t.Helper()
	out, err := lambda.NewFromConfig(a.config()).GetFunctionConfiguration(a.t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("autospotting")})
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Environment.Variables[name]
}

func TestWhatIsInstalledIsUpdatedAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	if before := a.resources(t.Context()); len(before) > 0 {
		t.Fatalf("the account is not empty: %v", before)
	}
	a.group("web")
	a.up("v1")
	kinds := map[string]int{}
	for _, r := range a.resources(t.Context()) {
		kind, _, _ := strings.Cut(r, " ")
		kinds[kind]++
	}
	want := map[string]int{"queue": 5, "topic": 2, "subscription": 4, "mapping": 3, "table": 1, "function": 1, "role": 4, "profile": 2, "log": 1, "bucket": 1, "stack": 2, "launch": 1}
	if fmt.Sprint(kinds) != fmt.Sprint(want) {
		t.Errorf("installed are %v, want %v", kinds, want)
	}
	if roles := a.status(); !strings.Contains(roles["InstanceRoleArns"], ":role/web") {
		t.Errorf("the function may pass %q, not the role of the group's instances", roles["InstanceRoleArns"])
	}

	if _, said := a.must("up", "--yes", "--dist", lab.dist, "--version", "v1"); !strings.Contains(said, "stack autospotting is up to date") {
		t.Errorf("installed again: %s", said)
	}
	a.up("v2", "--parameter", "Grace=120s")
	if grace, url := a.variable("AUTOSPOTTING_GRACE"), a.variable("AUTOSPOTTING_RELEASE_URL"); grace != "120s" || !strings.HasSuffix(url, "/spotd/v2") {
		t.Errorf("updated: grace %q, release %q", grace, url)
	}
	a.up("v2")
	if grace := a.variable("AUTOSPOTTING_GRACE"); grace != "120s" {
		t.Errorf("what was said once is forgotten: grace is %q", grace)
	}

	a.traces("web")
	a.must("down", "--yes")
	// The owner's own: the group's role, profile and template.
	want2 := []string{"launch template owners", "profile web", "role web"}
	if left := a.resources(t.Context()); !slices.Equal(left, want2) {
		t.Errorf("left are %v, want %v", left, want2)
	}
	if tags := a.tagsOf("web"); slices.Contains(tags, "autospotting:status") || !slices.Contains(tags, "spot-enabled") {
		t.Errorf("the group's tags are %v", tags)
	}
	if _, said := a.must("down", "--yes"); !strings.Contains(said, "nothing of autospotting is here") {
		t.Errorf("removed again: %s", said)
	}
}

func (a *account) status() map[string]string {
	a.t.Helper()
	out, _ := a.must("status", "--format", "json")
	var doc []struct{ Parameters map[string]string }
	if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc) != 1 {
		a.t.Fatalf("status: %v: %s", err, out)
	}
	return doc[0].Parameters
}

// group is an owner's, of no instances: with a template, whose profile has a role.
func (a *account) group(name string) {
	a.t.Helper()
	ctx, cfg := a.t.Context(), a.config()
	compute := ec2.NewFromConfig(cfg)
	must := func(_ any, err error) {
		a.t.Helper()
		if err != nil {
			a.t.Fatal(err)
		}
	}
	must(nil, rig.Role(ctx, cfg, name))
	made, err := compute.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("owners"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{InstanceType: "m5.large", IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: &name}}})
	must(made, err)
	must(autoscaling.NewFromConfig(cfg).CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: &name,
		MinSize: aws.Int32(0), MaxSize: aws.Int32(4), DesiredCapacity: aws.Int32(0), AvailabilityZones: []string{region + "a"},
		LaunchTemplate: &astypes.LaunchTemplateSpecification{LaunchTemplateId: made.LaunchTemplate.LaunchTemplateId},
		Tags:           []astypes.Tag{tag(name, "spot-enabled", "true")}}))
}

func tag(group, key, value string) astypes.Tag {
	return astypes.Tag{ResourceId: &group, ResourceType: aws.String("auto-scaling-group"), Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false)}
}

// ourTemplate makes our launch template of a group.
func (a *account) ourTemplate(group string) (id string) {
	a.t.Helper()
	out, err := ec2.NewFromConfig(a.config()).CreateLaunchTemplate(a.t.Context(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String(decide.TemplateName(group)),
		LaunchTemplateData: &types.RequestLaunchTemplateData{InstanceType: "m5.large"}, TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeLaunchTemplate,
			Tags: []types.Tag{{Key: aws.String("autospotting-group"), Value: &group}}}}})
	if err != nil {
		a.t.Fatal(err)
	}
	return aws.ToString(out.LaunchTemplate.LaunchTemplateId)
}

// traces are what the coordinator leaves outside the stack: its template and the group's status.
func (a *account) traces(group string) {
	a.t.Helper()
	ctx, cfg := a.t.Context(), a.config()
	a.ourTemplate(group)
	if _, err := autoscaling.NewFromConfig(cfg).CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []astypes.Tag{tag(group, "autospotting:status", "managed")}}); err != nil {
		a.t.Fatal(err)
	}
}

func (a *account) tagsOf(group string) (keys []string) {
	a.t.Helper()
	out, err := autoscaling.NewFromConfig(a.config()).DescribeAutoScalingGroups(a.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil || len(out.AutoScalingGroups) != 1 {
		a.t.Fatalf("look at group %s: %v", group, err)
	}
	for _, t := range out.AutoScalingGroups[0].Tags {
		keys = append(keys, aws.ToString(t.Key))
	}
	return keys
}

func (a *account) maxOf(group string) int {
	a.t.Helper()
	out, err := autoscaling.NewFromConfig(a.config()).DescribeAutoScalingGroups(a.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil || len(out.AutoScalingGroups) != 1 {
		a.t.Fatalf("look at group %s: %v", group, err)
	}
	return int(aws.ToInt32(out.AutoScalingGroups[0].MaxSize))
}

// What the emulator leaves out is no news: the tests of the template hold it (docs/decisions/deploy.md). Anything else would be.
func TestTheEmulatorSkipsOnlyWhatTheTemplatesTestsHold(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1")
	skipped := map[string]bool{}
	for name, template := range map[string]string{"autospotting": stack.Autospotting, "autospotting-artifacts": stack.Artifacts} {
		made, err := cloudformation.NewFromConfig(a.config()).DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: &name})
		if err != nil {
			t.Fatal(err)
		}
		there := map[string]bool{}
		for _, r := range made.StackResources {
			there[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId) != ""
		}
		text, err := stack.Template(template)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Resources map[string]struct {
				Type      string `yaml:"Type"`
				Condition string `yaml:"Condition"`
			} `yaml:"Resources"`
		}
		if err := yaml.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		for id, r := range doc.Resources {
			if !there[id] && r.Condition == "" {
				skipped[r.Type] = true
			}
		}
	}
	want := []string{"AWS::CloudWatch::Alarm", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"}
	if got := slices.Sorted(maps.Keys(skipped)); !slices.Equal(got, want) {
		t.Errorf("the emulator skips %v, want %v", got, want)
	}
}

func TestEveryQuestionHasItsAnswer(t *testing.T) {
	t.Parallel()
	up := []string{"up", "--dist", lab.dist, "--version", "v1"}
	for _, one := range []struct {
		name, answers string
		installed     bool
		says          string
	}{
		{"both changes are agreed to, through a pipe", "yes\nyes\n", true, "CREATE_COMPLETE"},
		{"the second is declined", "yes\nno\n", false, "declined"},
		{"only the first is answered", "yes\n", false, "nobody answered: give --yes"},
		{"nobody answers", "", false, "nobody answered: give --yes"},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			cmd := a.command(t.Context(), up...)
			cmd.Stdin = strings.NewReader(one.answers)
			said, err := cmd.CombinedOutput()
			if (err == nil) != one.installed || !strings.Contains(string(said), one.says) {
				t.Errorf("%v\n%s", err, said)
			}
			if out, _ := a.must("status"); strings.Contains(out, "NOT_INSTALLED") == one.installed {
				t.Errorf("status shows %s", out)
			}
		})
	}
}
