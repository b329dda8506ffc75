package act

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/settings"
)

// account holds an owner's template and ours, by name, versions oldest first.
type account struct {
	EC2
	templates map[string][]types.LaunchTemplateVersion
	image     string // that resolve:ssm: stands for
	resolved  bool
	deleted   []string
	fails     error // of deletions
}

type scaling struct {
	AutoScaling
	group astypes.AutoScalingGroup
}

func (s scaling) DescribeAutoScalingGroups(context.Context, *autoscaling.DescribeAutoScalingGroupsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: []astypes.AutoScalingGroup{s.group}}, nil
}

func (a *account) DescribeLaunchTemplateVersions(_ context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	a.resolved = a.resolved || aws.ToBool(in.ResolveAlias)
	all := slices.Clone(a.templates[aws.ToString(in.LaunchTemplateName)])
	slices.Reverse(all)
	if len(in.Versions) > 0 {
		all = all[:1]
	}
	for i := range all {
		if d := *all[i].LaunchTemplateData; aws.ToBool(in.ResolveAlias) && aws.ToString(d.ImageId) == "resolve:ssm:/golden" {
			d.ImageId, all[i].LaunchTemplateData = &a.image, &d
		}
	}
	start, _ := strconv.Atoi(aws.ToString(in.NextToken))
	out := &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: all[start:min(len(all), start+3)]} // pages may be short
	if start+3 < len(all) {
		out.NextToken = aws.String(strconv.Itoa(start + 3))
	}
	return out, nil
}

func (a *account) CreateLaunchTemplate(_ context.Context, in *ec2.CreateLaunchTemplateInput, _ ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateOutput, error) {
	if len(a.templates[*in.LaunchTemplateName]) > 0 {
		return nil, fmt.Errorf("InvalidLaunchTemplateName.AlreadyExistsException")
	}
	a.add(*in.LaunchTemplateName, in.VersionDescription, in.LaunchTemplateData)
	return &ec2.CreateLaunchTemplateOutput{}, nil
}

func (a *account) CreateLaunchTemplateVersion(_ context.Context, in *ec2.CreateLaunchTemplateVersionInput, _ ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateVersionOutput, error) {
	a.add(*in.LaunchTemplateName, in.VersionDescription, in.LaunchTemplateData)
	return &ec2.CreateLaunchTemplateVersionOutput{}, nil
}

func (a *account) DeleteLaunchTemplateVersions(_ context.Context, in *ec2.DeleteLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateVersionsOutput, error) {
	a.deleted = append(a.deleted, in.Versions...)
	if a.fails == nil {
		name := *in.LaunchTemplateName
		a.templates[name] = slices.DeleteFunc(a.templates[name], func(v types.LaunchTemplateVersion) bool {
			return slices.Contains(in.Versions, fmt.Sprint(*v.VersionNumber))
		})
	}
	return &ec2.DeleteLaunchTemplateVersionsOutput{}, a.fails
}

func (a *account) add(name string, description *string, d *types.RequestLaunchTemplateData) {
	n := int64(1)
	if have := a.templates[name]; len(have) > 0 {
		n = *have[len(have)-1].VersionNumber + 1
	}
	a.templates[name] = append(a.templates[name], types.LaunchTemplateVersion{LaunchTemplateId: aws.String("lt-" + name), VersionNumber: &n,
		DefaultVersion: aws.Bool(n == 1), VersionDescription: description, LaunchTemplateData: &types.ResponseLaunchTemplateData{ImageId: d.ImageId, UserData: d.UserData}})
}

// newAccount has a group that launches from the newest version of its owner's template.
func newAccount() (*account, *Actor) {
	a := &account{templates: map[string][]types.LaunchTemplateVersion{}, image: "ami-1"}
	a.add("owner", nil, &types.RequestLaunchTemplateData{ImageId: aws.String("resolve:ssm:/golden")})
	group := astypes.AutoScalingGroup{AutoScalingGroupName: aws.String("web"),
		LaunchTemplate: &astypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("owner"), Version: aws.String(latestVersion)}}
	return a, New(Config{EC2: a, AutoScaling: scaling{group: group}, Defaults: settings.Defaults(), Spotd: spotd()})
}

func (a *account) ours() []types.LaunchTemplateVersion {
	return a.templates[decide.TemplateName("web")]
}

func TestTheSameSourceMakesNoNewVersionAndAnotherImageDoes(t *testing.T) {
	t.Parallel()
	acc, actor := newAccount()
	made := func() (version string) {
		g, err := actor.group(t.Context(), "web")
		if err != nil {
			t.Fatal(err)
		}
		w, why, err := actor.want(t.Context(), g)
		if err != nil || why != "" || aws.ToString(w.data.ImageId) != acc.image {
			t.Fatalf("%v, %q, image %q", err, why, aws.ToString(w.data.ImageId))
		}
		var found decide.Template
		if err := actor.ours(t.Context(), w, &found); err != nil {
			t.Fatal(err)
		}
		version = found.Version
		if version == "" {
			if err := actor.makeTemplate(t.Context(), "web"); err != nil {
				t.Fatal(err)
			}
		}
		return version
	}
	if first, second, third := made(), made(), made(); first != "" || second != "1" || third != "1" {
		t.Errorf("found versions %q, %q, %q; want none and then the first", first, second, third)
	}
	if !acc.resolved || aws.ToString(acc.ours()[0].LaunchTemplateData.ImageId) != "ami-1" {
		t.Error("the parameter of Systems Manager is not resolved")
	}
	acc.image = "ami-2"
	if before, after := made(), made(); before != "" || after != "2" {
		t.Errorf("after the parameter changed: %q, %q", before, after)
	}
	if len(acc.templates["owner"]) != 1 {
		t.Error("the owner's template got a version")
	}
}

func TestOldVersionsOfOursAreDeleted(t *testing.T) {
	t.Parallel()
	for _, fails := range []error{nil, fmt.Errorf("no permission")} {
		acc, actor := newAccount()
		acc.fails = fails
		for i := range 16 {
			acc.image = fmt.Sprintf("ami-%d", i)
			if err := actor.makeTemplate(t.Context(), "web"); err != nil {
				t.Fatalf("version %d: %v", i+1, err)
			}
		}
		var left []int64
		for _, v := range acc.ours() {
			left = append(left, *v.VersionNumber)
		}
		if want := []int64{1, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}; fails == nil && !slices.Equal(left, want) {
			t.Errorf("versions %v are left, want %v", left, want)
		}
		if fails != nil && (len(left) != 16 || len(acc.deleted) == 0) {
			t.Errorf("when deletions fail: %v are left, tried %v", left, acc.deleted)
		}
		if slices.Contains(acc.deleted, "1") {
			t.Error("the default version cannot be deleted")
		}
	}
}

// rehearsing answers dry runs as it is told, and counts them.
type rehearsing struct {
	code, text string
	asked      []*ec2.RunInstancesInput
	volumes    []types.Volume
}

func (r *rehearsing) DescribeVolumes(context.Context, *ec2.DescribeVolumesInput, ...func(*ec2.Options)) (*ec2.DescribeVolumesOutput, error) {
	return &ec2.DescribeVolumesOutput{Volumes: r.volumes}, nil
}

func (r *rehearsing) RunInstances(_ context.Context, in *ec2.RunInstancesInput, _ ...func(*ec2.Options)) (*ec2.RunInstancesOutput, error) {
	r.asked = append(r.asked, in)
	return nil, &smithy.GenericAPIError{Code: r.code, Message: r.text}
}

func TestWhatCannotBeLaunchedIsLearntBeforeTheSwapWithTheRemedy(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ name, code, text, says string }{
		{"all is well", "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", ""},
		{"PassRole", "UnauthorizedOperation", "You are not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/web. Encoded authorization failure message: abc_DEF-123", "run bin/spotctl up again"},
		{"no service-linked role", "AuthFailure.ServiceLinkedRoleCreationNotPermitted", "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.", "create-service-linked-role --aws-service-name spot.amazonaws.com"},
		{"the image is gone", "InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist", "another image"},
		{"the key of a volume", "Client.InvalidKMSKey.InvalidState", "The KMS key provided is in an incorrect state", "aws kms create-grant"},
		{"the profile is gone", "InvalidParameterValue", "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", "another in the group's template"},
		{"a value that only this kind of request refuses", "InvalidParameterValue", "something else", ""},
		{"throttled", "RequestLimitExceeded", "Request limit exceeded.", ""},
		{"throttled, with words of a remedy", "RequestLimitExceeded", "iam:PassRole", ""},
		{"no capacity now", "InsufficientInstanceCapacity", "We currently do not have sufficient capacity", ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			_, actor := newAccount()
			asked := &rehearsing{code: one.code, text: one.text}
			now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
			actor.Inspector, actor.Now = asked, func() time.Time { return now }
			g := described{world: decide.Group{Name: "web"}, raw: astypes.AutoScalingGroup{VPCZoneIdentifier: aws.String("subnet-b,subnet-a")}}
			w := wanted{spec: spec{data: &types.RequestLaunchTemplateData{}}}
			tmpl := decide.Template{ID: "lt-1", Version: "3", Type: "m5.large", Hash: "h"}
			first := actor.rehearse(t.Context(), g, w, tmpl)
			if second := actor.rehearse(t.Context(), g, w, tmpl); second != first || len(asked.asked) != 1 {
				t.Errorf("asked %d times, told %q and %q", len(asked.asked), first, second)
			}
			if (first == "") != (one.says == "") || !strings.Contains(first, one.says) || strings.Contains(first, "abc_DEF") {
				t.Errorf("told %q, want it to say %q", first, one.says)
			}
			if in := asked.asked[0]; !*in.DryRun || *in.LaunchTemplate.Version != "3" || *in.SubnetId != "subnet-a" || in.InstanceMarketOptions.MarketType != "spot" {
				t.Errorf("asked for %+v", in)
			}
			if tags := asked.asked[0].TagSpecifications; len(tags) != 1 || tags[0].ResourceType != types.ResourceTypeInstance || *tags[0].Tags[0].Key != decide.TagGroup || *tags[0].Tags[0].Value != "web" {
				t.Errorf("asked for tags %+v, without which the function may launch nothing", tags)
			}
			now = now.Add(2 * time.Hour)
			if actor.rehearse(t.Context(), g, w, tmpl); len(asked.asked) != 2 {
				t.Error("the answer is believed for ever")
			}
		})
	}
}

func TestNothingIsRehearsedThatWouldBeRefusedWrongly(t *testing.T) {
	t.Parallel()
	_, actor := newAccount()
	asked := &rehearsing{code: "InvalidAMIID.NotFound"}
	actor.Inspector = asked
	in := described{raw: astypes.AutoScalingGroup{VPCZoneIdentifier: aws.String("subnet-a")}}
	ready, plain := decide.Template{ID: "lt-1", Type: "m5.large"}, wanted{spec: spec{data: &types.RequestLaunchTemplateData{}}}
	interfaces := wanted{spec: spec{data: &types.RequestLaunchTemplateData{NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{}}}}}
	actor.rehearse(t.Context(), in, interfaces, ready)
	actor.rehearse(t.Context(), in, plain, decide.Template{Type: "m5.large"})
	actor.rehearse(t.Context(), described{}, plain, ready)
	actor.rehearse(t.Context(), in, plain, decide.Template{ID: "lt-1"})
	if len(asked.asked) != 0 {
		t.Errorf("asked %d times", len(asked.asked))
	}
	zones := described{raw: astypes.AutoScalingGroup{AvailabilityZones: []string{"us-east-1a"}}}
	if in := rehearsalOf(zones, plain, ready); in == nil || in.SubnetId != nil {
		t.Errorf("a group that names zones only is launched into a default subnet: %+v", in)
	}
	actor.Inspector = nil
	if why := actor.rehearse(t.Context(), in, plain, ready); why != "" {
		t.Errorf("where nobody can be asked: %q", why)
	}
}

func TestAMembersTypeIsRehearsedWhereTheTemplateNamesNone(t *testing.T) {
	t.Parallel()
	group := astypes.AutoScalingGroup{VPCZoneIdentifier: aws.String("subnet-a"), Instances: []astypes.Instance{{InstanceType: aws.String("c5.large")}}}
	plain := wanted{spec: spec{data: &types.RequestLaunchTemplateData{}}}
	for named, want := range map[string]types.InstanceType{"": "c5.large", "m5.large": "m5.large"} {
		if in := rehearsalOf(described{raw: group}, plain, decide.Template{ID: "lt-1", Type: named}); in == nil || in.InstanceType != want {
			t.Errorf("the template names %q: %+v", named, in)
		}
	}
}

func TestEveryRemedyIsFoundByWhatAWSSays(t *testing.T) {
	t.Parallel()
	for i, r := range remedies {
		detail := cmp.Or(r.code, "SomeCode") + ": a message with " + r.words
		if text, _ := explain(detail); !strings.Contains(text, r.remedy) {
			t.Errorf("remedy %d is hidden by an earlier one: %q gives %q", i, detail, text)
		}
	}
	if text, early := explain("SomethingNew: and unheard of"); early || text != "SomethingNew: and unheard of" {
		t.Errorf("%q, %v", text, early)
	}
}
