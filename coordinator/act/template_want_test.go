package act

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// configured is a group that launches from a launch configuration.
func configured(c *cloud) {
	c.group().LaunchTemplate, c.group().LaunchConfigurationName = nil, aws.String("lc-1")
	c.configurations = []astypes.LaunchConfiguration{{LaunchConfigurationName: aws.String("lc-1"), ImageId: aws.String("ami-1"), InstanceType: aws.String("c5.large")}}
}

func TestWhatAReplacementWouldBeLaunchedFrom(t *testing.T) {
	t.Parallel()
	notes := func(t decide.Template) any { return strings.Join(t.Notes, "; ") }
	const off = "spotd stays off: the installation names no release of it"
	for _, c := range []struct {
		name   string
		change func(*cloud)
		read   func(decide.Template) any
		want   any
	}{
		{"a template's type", func(*cloud) {}, func(t decide.Template) any { return t.Type }, "m5.large"},
		{"a configuration's type", configured, func(t decide.Template) any { return t.Type }, "c5.large"},
		{"what the image asks for", func(*cloud) {}, func(t decide.Template) any { return t.Need },
			market.Need{Arch: "x86_64", Virtualization: "hvm", BootMode: "uefi", ENA: market.SupportYes}},
		{"an image without enhanced networking", func(c *cloud) { c.images[0].EnaSupport = aws.Bool(false) }, func(t decide.Template) any { return t.Need.ENA }, market.SupportNo},
		{"an image that does not say", func(c *cloud) { c.images[0].EnaSupport = nil }, func(t decide.Template) any { return t.Need.ENA }, market.Need{}.ENA},
		{"an image with instance store", func(c *cloud) {
			c.images[0].BlockDeviceMappings = []types.BlockDeviceMapping{{}, {VirtualName: aws.String("ephemeral0")}, {DeviceName: aws.String("/dev/sdb")}}
		}, func(t decide.Template) any { return t.Need.UsesInstanceStore }, true},
		{"how many interfaces", func(c *cloud) {
			c.template().NetworkInterfaces = []types.LaunchTemplateInstanceNetworkInterfaceSpecification{{}, {}}
		}, func(t decide.Template) any { return t.Need.NetworkInterfaces }, 2},
		{"nothing that could not be taken over", func(*cloud) {}, notes, off},
		{"one thing", func(c *cloud) { c.template().DisableApiTermination = aws.Bool(true) }, notes, "not taken over: DisableApiTermination (spot cannot be protected from termination, and what is never attached has to be ended); " + off},
		{"a group that is given back launches with nothing of ours, and says nothing of spotd", func(c *cloud) {
			c.group().Tags[0].Value = aws.String("false")
		}, notes, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			acc.group().DesiredCapacity = aws.Int32(4)
			c.change(acc)
			// A group that is given back has something to do as long as something of ours is there.
			acc.join("i-9")
			if got := c.read(look(t, acc, ledger.Record{}).Template); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestWhatStandsAgainstATemplateIsSaid(t *testing.T) {
	t.Parallel()
	failing := func(call, code string) func(*cloud) {
		return func(c *cloud) { c.failing(call, refusedBy(code, "said")) }
	}
	for _, c := range []struct {
		name   string
		change func(*cloud)
		want   string
	}{
		{"a template that may not be read", failing("ec2.DescribeLaunchTemplateVersions", "UnauthorizedOperation"), "the group's launch template cannot be read: UnauthorizedOperation: said"},
		{"a template without that version", func(c *cloud) { c.without() }, "the group's launch template has no version $Latest"},
		{"a version without data", func(c *cloud) {
			v := c.versions["owner"]
			c.without()
			v[0].LaunchTemplateData = nil
			c.versions["owner"] = v
		}, "the group's launch template has no version $Latest"},
		{"a configuration that is not there", func(c *cloud) { configured(c); c.without(); c.configurations = nil }, `the group's launch configuration "lc-1" does not exist`},
		{"a configuration that asks for spot", func(c *cloud) { configured(c); c.configurations[0].SpotPrice = aws.String("1") },
			"the launch configuration asks for spot itself (SpotPrice): there is nothing left to replace"},
		{"an image that is gone", failing("ec2.DescribeImages", "InvalidAMIID.NotFound"), "the image cannot be read: InvalidAMIID.NotFound: said"},
		{"an image that is not ours to see", failing("ec2.DescribeImages", "AuthFailure"), "the image cannot be read: AuthFailure: said"},
		{"an image that is no more", func(c *cloud) { c.images = nil }, "the image ami-1 does not exist any more, and attach needs it to"},
		{"a template of dedicated tenancy", func(c *cloud) { c.template().Placement = &types.LaunchTemplatePlacement{Tenancy: "dedicated"} },
			"the template asks for dedicated tenancy, and so would a replacement have to"},
		{"a template that names the group's own placement group", func(c *cloud) {
			c.template().Placement = &types.LaunchTemplatePlacement{GroupName: aws.String("apart")}
		}, ""},
		{"a template that names another one", func(c *cloud) {
			c.template().Placement = &types.LaunchTemplatePlacement{GroupName: aws.String("near")}
		}, "the template puts instances into the placement group near, which may not hold other instance types"},
		{"all is well", func(*cloud) {}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			c.change(acc)
			if got := look(t, acc, ledger.Record{}).Template.Unreadable; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// without is a group whose template has no version, and no member that could stand in for it.
func (c *cloud) without() {
	c.versions["owner"] = nil
	for i := range c.group().Instances {
		c.group().Instances[i].LifecycleState = astypes.LifecycleStatePending
	}
}

func TestAnotherConfigurationIsAnotherSource(t *testing.T) {
	t.Parallel()
	hash := func(name string) string {
		acc := web()
		acc.group().LaunchTemplate, acc.group().LaunchConfigurationName = nil, &name
		acc.configurations = []astypes.LaunchConfiguration{{LaunchConfigurationName: &name, ImageId: aws.String("ami-1"), InstanceType: aws.String("c5.large")}}
		return look(t, acc, ledger.Record{}).Template.Hash
	}
	if first, again, other := hash("lc-1"), hash("lc-1"), hash("lc-2"); first != again || first == other || first == "" {
		t.Errorf("%s, %s, %s", first, again, other)
	}
}

func TestOursIsMadeOfAConfigurationToo(t *testing.T) {
	t.Parallel()
	acc := web()
	configured(acc)
	acc.made(t, acc.actor())
	if d := inputs[ec2.CreateLaunchTemplateInput](acc)[0].LaunchTemplateData; d.InstanceType != "c5.large" || *d.ImageId != "ami-1" {
		t.Errorf("made of %+v", d)
	}
}

func TestAFaultOfTheReadOfAConfigurationComesOut(t *testing.T) {
	t.Parallel()
	acc := web()
	configured(acc)
	acc.failing("autoscaling.DescribeLaunchConfigurations", errLost)
	if w := look(t, acc, ledger.Record{}); len(w.Missing) != 1 || w.Missing[0].What != "the launch template" || !strings.Contains(w.Missing[0].Why, `read the launch configuration of group "web"`) {
		t.Error(w.Missing)
	}
}

// What cannot be used is neither looked for nor rehearsed.
func TestOfATemplateThatCannotBeUsedNothingMoreIsAsked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cloud){
		"unservable":       func(c *cloud) { c.template().Placement = &types.LaunchTemplatePlacement{Tenancy: "host"} },
		"unreadable":       (*cloud).without,
		"without an image": func(c *cloud) { c.images = nil },
	} {
		acc := web()
		change(acc)
		w := look(t, acc, ledger.Record{})
		if w.Template.Unreadable == "" || acc.calls("ec2.DescribeLaunchTemplateVersions") != 1 || acc.calls("ec2.RunInstances") != 0 {
			t.Errorf("%s: %+v, %d looks at templates", name, w.Template, acc.calls("ec2.DescribeLaunchTemplateVersions"))
		}
	}
}

func TestTheOwnersTemplateIsAskedForAsTheGroupNamesIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		from              astypes.LaunchTemplateSpecification
		id, named, number string
	}{
		{"by id and version", astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-owner"), LaunchTemplateName: aws.String("owner"), Version: aws.String("4")}, "lt-owner", "", "4"},
		{"by name, the default version", astypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("owner")}, "", "owner", "$Default"},
	} {
		acc := web()
		acc.group().LaunchTemplate = &c.from
		look(t, acc, ledger.Record{})
		in := inputs[ec2.DescribeLaunchTemplateVersionsInput](acc)[0]
		if aws.ToString(in.LaunchTemplateId) != c.id || aws.ToString(in.LaunchTemplateName) != c.named || !slices.Equal(in.Versions, []string{c.number}) || !aws.ToBool(in.ResolveAlias) {
			t.Errorf("%s: asked for %+v", c.name, in)
		}
	}
}

func TestOursIsMadeOfWhatTheOwnerSays(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.group().Tags = append(acc.group().Tags, groupTag("autospotting:gp2-conversion-threshold", "100", false))
	tag := func(key string) types.Tag { return types.Tag{Key: &key, Value: aws.String("v")} }
	acc.template().TagSpecifications = []types.LaunchTemplateTagSpecification{{ResourceType: "instance", Tags: []types.Tag{tag("team"), tag("mine"), tag("autospotting-launch")}}}
	acc.template().BlockDeviceMappings = []types.LaunchTemplateBlockDeviceMapping{{Ebs: &types.LaunchTemplateEbsBlockDevice{VolumeType: "gp2", VolumeSize: aws.Int32(8)}}}
	actor := acc.actor()
	acc.made(t, actor)
	in := inputs[ec2.CreateLaunchTemplateInput](acc)[0]
	d := in.LaunchTemplateData
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"its name", *in.LaunchTemplateName, decide.TemplateName("web")},
		{"our tag, by which it is found", in.TagSpecifications, []types.TagSpecification{{ResourceType: "launch-template", Tags: []types.Tag{{Key: aws.String("autospotting-group"), Value: aws.String("web")}}}}},
		{"the image", *d.ImageId, "ami-1"},
		{"tags of the owner, but for what the group propagates", d.TagSpecifications, []types.LaunchTemplateTagSpecificationRequest{{ResourceType: "instance", Tags: []types.Tag{tag("mine")}}}},
		{"gp3 where the owner lets us", d.BlockDeviceMappings[0].Ebs.VolumeType, types.VolumeTypeGp3},
		{"the group's placement group", *d.Placement.GroupName, "apart"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	w := look(t, acc, ledger.Record{})
	if w.Template.ID != "lt-ours" || w.Template.Version != "7" {
		t.Errorf("found as %s version %s", w.Template.ID, w.Template.Version)
	}
	acc.versions["owner"][0].VersionNumber = aws.Int64(5)
	if again := look(t, acc, ledger.Record{}); again.Template.Hash == w.Template.Hash || again.Template.ID != "" {
		t.Error("another version of the owner's is the same to us")
	}
}

func TestUserDataThatSpotdCannotGoInto(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, topic, data, note, err string
	}{
		{"that is no base64", spotd().Topic, "%", "spotd stays off: the user data is not base64", ""},
		{"for an installation that cannot be", "no topic", "", "", `put spotd into the user data of group "web"`},
	} {
		s := spotd()
		s.Topic = c.topic
		data := &types.RequestLaunchTemplateData{UserData: &c.data}
		came, err := (&Actor{}).inject(described{world: decide.Group{Name: "web"}}, data, s)
		if came.note != c.note || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || *data.UserData != c.data {
			t.Errorf("%s: %q, %v, %q", c.name, came.note, err, *data.UserData)
		}
	}
	acc := web() // and the reason reaches the group's owner
	actor := acc.actor()
	actor.Spotd = spotd()
	actor.Spotd.Topic = "no topic"
	acc.template().IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecification{Name: aws.String("web")}
	if w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil || len(w.Missing) != 1 || !strings.Contains(w.Missing[0].Why, "put spotd into the user data") {
		t.Errorf("an installation that cannot be is not noticed: %v, %v", err, w.Missing)
	}
	acc.template().UserData, actor.Spotd = aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n"))), spotd()
	if w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil || len(w.Template.Notes) != 1 || !strings.HasPrefix(w.Template.Notes[0], "no probe is set") {
		t.Errorf("%v, %q", err, w.Template.Notes)
	}
}
