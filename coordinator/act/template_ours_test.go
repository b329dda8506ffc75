package act

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

func TestOursIsRememberedAndTheImageToo(t *testing.T) {
	t.Parallel()
	acc := web()
	actor := acc.actor()
	acc.made(t, actor)
	for range 2 {
		if w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil || w.Template.Version != "7" || w.Template.Need.Arch != "x86_64" {
			t.Fatalf("%v, %+v", err, w.Template)
		}
	}
	ours := 0
	for _, in := range inputs[ec2.DescribeLaunchTemplateVersionsInput](acc) {
		if in.Versions == nil {
			ours++
		}
	}
	if ours != 3 || acc.calls("ec2.DescribeImages") != 1 { // before it was made, and two pages once
		t.Errorf("ours was looked for %d times, the image %d times", ours, acc.calls("ec2.DescribeImages"))
	}
}

func TestOursCannotBeMade(t *testing.T) {
	t.Parallel()
	act := decide.Action{Kind: decide.MakeTemplate}
	broken := func(call string) func(*cloud) { return func(c *cloud) { c.failing(call, errLost) } }
	for _, c := range []struct {
		name   string
		change func(*cloud)
		says   string
	}{
		{"of a group that cannot be read", broken("autoscaling.DescribeAutoScalingGroups"), `describe group "web"`},
		{"of a template that cannot be read now", broken("ec2.DescribeLaunchTemplateVersions"), `read the launch template of group "web"`},
		{"of a template that cannot be read ever", (*cloud).without, `group "web": the group's launch template has no version $Latest`},
		{"of a group that says nothing", func(c *cloud) { c.group().LaunchTemplate = nil }, `group "web" has neither a launch template nor a launch configuration`},
		{"for want of an answer", broken("ec2.CreateLaunchTemplate"), errLost.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			c.change(acc)
			res := acc.actor().Apply(t.Context(), "web", act, noon.Add(1e9))
			if res.Failure == decide.Done || !strings.Contains(res.Detail, c.says) || acc.calls("ec2.CreateLaunchTemplateVersion") != 0 {
				t.Errorf("%+v, %d versions made", res, acc.calls("ec2.CreateLaunchTemplateVersion"))
			}
		})
	}
	acc := web()
	acc.fails = func(call string, _ any) error {
		switch call {
		case "ec2.CreateLaunchTemplate":
			return refusedBy("InvalidLaunchTemplateName.AlreadyExistsException", "there")
		case "ec2.CreateLaunchTemplateVersion":
			return errLost
		}
		return nil
	}
	if res := acc.actor().Apply(t.Context(), "web", act, noon.Add(1e9)); res.Failure != decide.Lost || acc.calls("ec2.CreateLaunchTemplateVersion") != 1 {
		t.Errorf("a version that is not answered: %+v", res)
	}
}

// Names of our templates: what EC2 forbids is replaced, and the hash tells apart what then reads the same.
func TestOursCarriesTheTagsOfTheInstallation(t *testing.T) {
	t.Parallel()
	acc := web()
	actor := acc.actor()
	actor.Tags = map[string]string{"CostCenter": "42", decide.TagGroup: "forged"}
	if res := actor.Apply(t.Context(), "web", decide.Action{Kind: decide.MakeTemplate}, noon.Add(1e9)); res.Failure != decide.Done {
		t.Fatalf("%+v", res)
	}
	tags := map[string]string{}
	for _, in := range inputs[ec2.CreateLaunchTemplateInput](acc) {
		for _, one := range in.TagSpecifications[0].Tags {
			tags[aws.ToString(one.Key)] = aws.ToString(one.Value)
		}
	}
	if fmt.Sprint(tags) != fmt.Sprint(map[string]string{"CostCenter": "42", decide.TagGroup: "web"}) {
		t.Errorf("it is tagged %v", tags)
	}
}

func TestANameForOursIsMadeOfTheGroups(t *testing.T) {
	t.Parallel()
	name := func(group string) string {
		n := decide.TemplateName(group)
		return n[:strings.LastIndexByte(n, '-')]
	}
	for group, want := range map[string]string{"web": "web", "AZaz09-_.": "AZaz09-_.", "a b/c:@é": "a-b-c---", strings.Repeat("x", 90): strings.Repeat("x", 80)} {
		if got := name(group); got != "autospotting-"+want {
			t.Errorf("%s: %s", group, got)
		}
	}
	if decide.TemplateName("a b") == decide.TemplateName("a/b") {
		t.Error("two groups have one template")
	}
}

// A template takes 5,000 versions. What is superfluous goes, a bounded number at a time, and no more pages are read than that takes.
func TestOldVersionsGoByTwoHundred(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                       string
		have, page, deleted, reads int
	}{
		{"none is old", keptVersions + 1, 20, 0, 1},
		{"one is", keptVersions + 2, 20, 1, 1},
		{"two hundred are in five pages", 300, 42, 200, 5},
		{"one less is, and a sixth page tells of it", 300, 41, 200, 6},
		{"a page has more of them", 300, 130, 200, 2},
		{"one is missing after four pages", 300, 51, 200, 5},
	} {
		acc := web()
		acc.perPage = c.page
		for n := c.have; n > 0; n-- {
			acc.versions["ours"] = append(acc.versions["ours"], types.LaunchTemplateVersion{VersionNumber: aws.Int64(int64(n)), DefaultVersion: aws.Bool(n == 1)})
		}
		acc.actor().prune(t.Context(), "ours")
		var deleted []string
		for _, in := range inputs[ec2.DeleteLaunchTemplateVersionsInput](acc) {
			if deleted = in.Versions; *in.LaunchTemplateName != "ours" {
				t.Errorf("%s: of %s", c.name, *in.LaunchTemplateName)
			}
		}
		if len(deleted) != c.deleted || acc.calls("ec2.DescribeLaunchTemplateVersions") != c.reads || acc.calls("ec2.DeleteLaunchTemplateVersions") != min(1, c.deleted) {
			t.Errorf("%s: %d deleted after %d reads", c.name, len(deleted), acc.calls("ec2.DescribeLaunchTemplateVersions"))
		}
		if c.deleted > 0 && deleted[0] != fmt.Sprint(c.have-keptVersions) {
			t.Errorf("%s: the first to go is %s", c.name, deleted[0])
		}
	}
	acc := web()
	acc.failing("ec2.DescribeLaunchTemplateVersions", errLost)
	if acc.actor().prune(t.Context(), "owner"); acc.calls("ec2.DeleteLaunchTemplateVersions") != 0 {
		t.Error("versions that were not seen are deleted")
	}
}

func TestWhatBurstableTypesAloneTakeIsAVersionOfItsOwn(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.group().DesiredCapacity = aws.Int32(4)
	acc.template().CreditSpecification = &types.CreditSpecification{CpuCredits: aws.String("unlimited")}
	actor := acc.actor()
	first := look(t, acc, ledger.Record{}).Template
	if first.Version != "" || first.Burstable != "" || !strings.Contains(strings.Join(first.Notes, "; "), "CreditSpecification goes to burstable types only") {
		t.Errorf("before it is made: %+v", first)
	}
	acc.made(t, actor)
	var said []*types.RequestLaunchTemplateData
	for _, in := range inputs[ec2.CreateLaunchTemplateInput](acc) {
		said = append(said, in.LaunchTemplateData)
	}
	for _, in := range inputs[ec2.CreateLaunchTemplateVersionInput](acc) {
		said = append(said, in.LaunchTemplateData)
	}
	credits := 0
	for _, d := range said {
		if d.CreditSpecification != nil {
			credits++
		}
	}
	if credits != 1 || len(said) < 2 {
		t.Errorf("%d of the %d versions give credits, want one", credits, len(said))
	}
}

func TestAFleetTakesEachTypeWithItsVersion(t *testing.T) {
	t.Parallel()
	l := ledger.Launch{Nonce: "n", Template: "lt-1", TemplateVersion: "4", Overrides: []ledger.Override{
		{Type: "m5.large", Subnet: "subnet-a"}, {Type: "t3.large", Subnet: "subnet-a", Version: "5"}, {Type: "m5a.large", Subnet: "subnet-a"}}}
	for _, spot := range []bool{true, false} {
		l.Spot = spot
		in := fleetRequest(l)
		var got []string
		for _, c := range in.LaunchTemplateConfigs {
			for _, o := range c.Overrides {
				got = append(got, fmt.Sprintf("%s:%s:%v", *c.LaunchTemplateSpecification.Version, o.InstanceType, aws.ToFloat64(o.Priority)))
			}
		}
		want := "[4:m5.large:0 4:m5a.large:2 5:t3.large:1]"
		if spot {
			want = "[4:m5.large:0 4:m5a.large:0 5:t3.large:0]"
		}
		if fmt.Sprint(got) != want {
			t.Errorf("spot %t: %v, want %v", spot, got, want)
		}
	}
}
