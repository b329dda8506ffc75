package emulator

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// mutant is one mistake in a request, or in what is done with its answer, as if a builder of it were wrong. It is made on
// the wire, between the built coordinator and the emulator, so that it costs no build. A mutant that the suite does not notice is
// a check that is missing.
type mutant struct {
	name   string
	call   string // service.Action
	wrong  func(*call)
	answer func([]byte) []byte
}

// drop takes out the parameters whose name matches.
func drop(pattern string) func(*call) {
	re := regexp.MustCompile(pattern)
	return func(k *call) {
		for name := range k.form {
			if re.MatchString(name) {
				delete(k.form, name)
			}
		}
	}
}

// put changes values that are exactly as given.
func put(old, new string) func(*call) {
	return func(k *call) {
		for name, values := range k.form {
			if len(values) == 1 && values[0] == old {
				k.form[name] = []string{new}
			}
		}
	}
}

// rename gives a parameter another name.
func rename(pattern, to string) func(*call) {
	re := regexp.MustCompile(pattern)
	return func(k *call) {
		form := url.Values{}
		for name, values := range k.form {
			form[re.ReplaceAllString(name, to)] = values
		}
		k.form = form
	}
}

// field changes a top-level field of the JSON protocol; nil takes it out.
func field(name string, change func(any) any) func(*call) {
	return func(k *call) {
		if v := change(k.doc[name]); v != nil {
			k.doc[name] = v
		} else {
			delete(k.doc, name)
		}
	}
}

func gone(any) any { return nil }

// onePage makes the list look as if whoever reads it did not follow the token.
func onePage(body []byte) []byte {
	return regexp.MustCompile(`(?i)<nextToken>[^<]*</nextToken>`).ReplaceAll(body, nil)
}

var mutants = []mutant{
	{name: "the fleet is of the default type", call: "ec2.CreateFleet", wrong: drop(`^Type$`)},
	{name: "the fleet has no strategy", call: "ec2.CreateFleet", wrong: drop(`^SpotOptions`)},
	{name: "the fleet is on-demand", call: "ec2.CreateFleet", wrong: put("spot", "on-demand")},
	{name: "the fleet has no client token", call: "ec2.CreateFleet", wrong: drop(`^ClientToken$`)},
	{name: "the instance lacks the group tag", call: "ec2.CreateFleet", wrong: put("autospotting-group", "autospotting-groups")},
	{name: "the instance lacks the launch tag", call: "ec2.CreateFleet", wrong: put("autospotting-launch", "autospotting-lunch")},
	{name: "the instance lacks the owner's tag", call: "ec2.CreateFleet", wrong: put("team", "teams")},
	{name: "the fleet names the version wrongly", call: "ec2.CreateFleet", wrong: rename(`LaunchTemplateSpecification\.Version`, "LaunchTemplateSpecification.VersionNumber")},
	{name: "the fleet leaves the group's subnets", call: "ec2.CreateFleet", wrong: drop(`SubnetId$`)},
	{name: "the user data is not base64", call: "ec2.CreateLaunchTemplate", wrong: func(k *call) {
		k.form.Set("LaunchTemplateData.UserData", "#!/bin/sh\necho the owner's own script\n")
	}},
	{name: "the user data is base64 twice", call: "ec2.CreateLaunchTemplate", wrong: func(k *call) {
		k.form.Set("LaunchTemplateData.UserData", encoded(k.form.Get("LaunchTemplateData.UserData")))
	}},
	{name: "the template has no description", call: "ec2.CreateLaunchTemplate", wrong: drop(`^VersionDescription$`)},
	{name: "the template is not tagged", call: "ec2.CreateLaunchTemplate", wrong: drop(`^TagSpecification`)},
	{name: "attach names the instances wrongly", call: "autoscaling.AttachInstances", wrong: rename(`^InstanceIds\.member`, "InstanceId.member")},
	{name: "retire does not lower desired", call: "autoscaling.TerminateInstanceInAutoScalingGroup", wrong: put("true", "false")},
	{name: "retire names the instance wrongly", call: "autoscaling.TerminateInstanceInAutoScalingGroup", wrong: rename(`^InstanceId$`, "InstanceIds")},
	{name: "MaxSize is named wrongly", call: "autoscaling.UpdateAutoScalingGroup", wrong: rename(`^MaxSize$`, "Maximum")},
	{name: "desired is sent along with MaxSize", call: "autoscaling.UpdateAutoScalingGroup", wrong: func(k *call) { k.form.Set("DesiredCapacity", k.form.Get("MaxSize")) }},
	{name: "protection is not taken back", call: "autoscaling.SetInstanceProtection", wrong: put("false", "true")},
	{name: "the tag filter is named wrongly", call: "autoscaling.DescribeAutoScalingGroups", wrong: put("tag:spot-enabled", "tag:spot")},
	{name: "only the first page of groups is read", call: "autoscaling.DescribeAutoScalingGroups", answer: onePage},
	{name: "only the first page of types is read", call: "ec2.DescribeInstanceTypes", answer: onePage},
	{name: "only the first page of offerings is read", call: "ec2.DescribeInstanceTypeOfferings", answer: onePage},
	{name: "only the first page of prices is read", call: "ec2.DescribeSpotPriceHistory", answer: onePage},
	{name: "the filter of subnets is named wrongly", call: "ec2.DescribeSubnets", wrong: rename(`^SubnetId`, "Subnet")},
	{name: "the image is named wrongly", call: "ec2.DescribeImages", wrong: rename(`^ImageId`, "Image")},
	{name: "spot requests are filtered by a wrong name", call: "ec2.DescribeSpotInstanceRequests", wrong: put("instance-id", "instance-ids")},
	{name: "the record is written without its revision", call: "dynamodb.PutItem", wrong: field("Item", func(v any) any {
		delete(v.(map[string]any), "revision")
		return v
	})},
	{name: "the record is written to another table", call: "dynamodb.PutItem", wrong: field("TableName", func(any) any { return "ledger" })},
	{name: "the record is read by a wrong key", call: "dynamodb.GetItem", wrong: field("Key", func(any) any {
		return map[string]any{"group": map[string]any{"S": "web"}}
	})},
	{name: "open records are sought in a wrong form", call: "dynamodb.Scan", wrong: field("ExpressionAttributeValues", gone)},
	{name: "work is sent without a message group", call: "sqs.SendMessage", wrong: field("MessageGroupId", gone)},
}

// trial is how long a mutant may go unnoticed: the same story without a mistake takes a few seconds.
const trial = 30 * time.Second

// This takes minutes, since most mistakes show by nothing happening; so it runs where EMULATOR_MUTANTS is set, alone, for a
// slow machine would make every mutant look noticed. The story without a mistake shows that it is not.
func TestAMistakeInARequestIsNoticed(t *testing.T) {
	if os.Getenv("EMULATOR_MUTANTS") == "" {
		t.Skip("set EMULATOR_MUTANTS=1 to run it")
	}
	for _, m := range append([]mutant{{name: "none"}}, mutants...) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.distort(m)
			err := a.plainStory()
			if m.call == "" {
				if err != nil {
					t.Errorf("without a mistake: %v", err)
				}
				return
			}
			if a.count(m.call) == 0 {
				t.Fatalf("%s was never asked: nothing was tried", m.call)
			}
			if err == nil {
				t.Errorf("nobody noticed")
			}
		})
	}
}

// plainStory is what the other tests check, on two groups of which one is at its MaxSize; the error says what they would
// have found wrong.
func (a *account) plainStory() error {
	full, roomy := size{2, 2, 2}, size{1, 1, 2}
	a.newGroup("full", full, "b")
	a.newGroup("roomy", roomy, "b")
	a.guests(a.ready)
	c, err := a.startCoordinator(lab.coordinator)
	if err != nil {
		return err
	}
	defer c.kill()
	ctx, cancel := context.WithTimeout(a.t.Context(), trial)
	defer cancel()
	a.tick()
	for name, want := range map[string]size{"full": full, "roomy": roomy} {
		l, err := a.await(ctx, name, func(l look) string {
			l.loose = nil
			return l.unlike(want)
		})
		if err != nil {
			return err
		}
		if err := a.launchedWell(ctx, name, l); err != nil {
			return err
		}
	}
	if strings.Contains(c.log.String(), `"failure":"invalid"`) || strings.Contains(c.log.String(), `"kind":"error"`) {
		return fmt.Errorf("the coordinator met errors:\n%s", c.log)
	}
	return nil
}
