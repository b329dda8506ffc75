package stage

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
	"autospotting/userdata"
)

// boarded is a group without members, whose template has spotd aboard and nobody to hear it but the inbox.
func boarded(t *testing.T, await bool) *Stage {
	t.Helper()
	settings := userdata.Settings{Topic: "arn:aws:sns:us-east-1:123456789012:autospotting-reports", Group: "web", Grace: time.Minute, Await: await,
		ReleaseURL: "https://releases.example.com/spotd", SHA256: map[string]string{"amd64": strings.Repeat("ab", 32)}}
	data, note, err := userdata.Inject([]byte("#!/bin/sh\ncfn-signal\n"), settings)
	if err != nil || note != "" {
		t.Fatal(err, note)
	}
	s, err := New(Config{UserData: data, Asleep: true, Group: cloudsim.GroupSpec{Name: "web", Min: 0, Max: 2, Desired: 1, Tags: map[string]string{}}, Tick: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Cloud.Close)
	if s.ReportsARN != settings.Topic {
		t.Fatalf("the topic is %s", s.ReportsARN)
	}
	return s
}

// said are the reports of one instance that the inbox holds, each with its time since the boot.
func (s *Stage) said(t *testing.T, instance string, since time.Time) (list []string) {
	t.Helper()
	for {
		out, err := s.owner.SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.ChangesURL, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			slices.Sort(list)
			return slices.Compact(list)
		}
		for _, m := range out.Messages {
			var envelope struct{ Message string }
			if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &envelope); err != nil {
				t.Fatal(err)
			}
			if r, err := message.Decode([]byte(envelope.Message)); err == nil && r.From.Instance == instance {
				list = append(list, strings.TrimSpace(string(r.Kind)+" "+r.Action)+" after "+r.At.Sub(since).Round(time.Second).String())
			}
			if _, err := s.owner.SQS().DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &s.ChangesURL, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTheModelOfSpotdSaysHowTheBootsWaitEnded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		await  bool
		attach time.Duration // after the boot; never if zero
		long   time.Duration // the boot is under way so long; not told if zero
		want   []string
	}{
		{"a boot that does not wait", false, 0, 0, []string{"hello after 1s", "ready"}},
		{"attached after half a minute", true, 30 * time.Second, 0, []string{"hello member after", "ready"}},
		{"never attached", true, 0, 0, []string{"hello no-member after 2m1s", "ready after 3m0s"}},
		{"a long boot", false, 0, 4 * time.Minute, []string{"hello after 1s", "ready after 4m"}},
		{"a boot that never ends", false, 0, time.Hour, []string{"hello after 1s", "ready after 10m"}}, // with the grace eleven, counted from the launch
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := boarded(t, c.await)
			var id string
			var booted time.Time
			s.Cloud.OnBoot(func(g *cloudsim.Guest) {
				if g.Instance() == id {
					booted = s.Cloud.Now()
					s.Speak(g)
					if c.long > 0 {
						g.SetBoot(cloudsim.BootRuns)
						g.After(c.long, func() { g.SetBoot(cloudsim.BootDone) })
					}
				}
			})
			out, err := s.owner.EC2().CreateFleet(t.Context(), &ec2.CreateFleetInput{Type: types.FleetTypeInstant,
				TargetCapacitySpecification: &types.TargetCapacitySpecificationRequest{TotalTargetCapacity: aws.Int32(1), DefaultTargetCapacityType: types.DefaultTargetCapacityTypeOnDemand},
				LaunchTemplateConfigs: []types.FleetLaunchTemplateConfigRequest{{LaunchTemplateSpecification: &types.FleetLaunchTemplateSpecificationRequest{
					LaunchTemplateName: aws.String("web-template"), Version: aws.String("$Default")}}}})
			if err != nil || len(out.Instances) != 1 {
				t.Fatalf("%+v, %v", out, err)
			}
			id = out.Instances[0].InstanceIds[0]
			if !s.Cloud.RunWhile(func() bool { return booted.IsZero() }, s.Cloud.Now().Add(time.Hour)) {
				t.Fatal("it never booted")
			}
			if c.attach > 0 {
				s.Cloud.RunUntil(booted.Add(c.attach))
				if _, err := s.owner.AutoScaling().AttachInstances(t.Context(), &autoscaling.AttachInstancesInput{AutoScalingGroupName: aws.String("web"), InstanceIds: []string{id}}); err != nil {
					t.Fatal(err)
				}
			}
			s.Cloud.RunUntil(booted.Add(15 * time.Minute))
			got := s.said(t, id, booted)
			if len(got) != len(c.want) {
				t.Fatalf("said %q, want %q", got, c.want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("said %q, want %q", got[i], c.want[i])
				}
			}
		})
	}
}
