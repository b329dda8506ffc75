package act

import (
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// What was launched by a version of ours before this one must not count as launched from another template of the owner's: these are the hashes that
// the version of 2026-11-27 (6e84b49), before fields were left out, wrote into records.
func TestTheSourceOfATemplateIsWhatVersionsBeforeTookItFor(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"cmk.json": "adef7c3b7e5f89754313e6db3e28ee6c", "eks-node.json": "3c99aa9fac907065a78f88dc32e3009f", "interfaces.json": "4c0b93954d32316e92c6eb9447866c5b",
		"web.json": "6a1bbca064b225c9e3ceb804bb462d19", "as the console makes one": "839342c3ae9dc9af14d5373c018648ff",
	} {
		acc := web()
		data := &types.ResponseLaunchTemplateData{ImageId: aws.String("ami-1"), InstanceType: "t3.large", DisableApiTermination: aws.Bool(false), DisableApiStop: aws.Bool(true),
			InstanceInitiatedShutdownBehavior: "stop", HibernationOptions: &types.LaunchTemplateHibernationOptions{Configured: aws.Bool(false)},
			CreditSpecification: &types.CreditSpecification{CpuCredits: aws.String("unlimited")}, Placement: &types.LaunchTemplatePlacement{AvailabilityZone: aws.String("us-east-1a"), Tenancy: "default"}}
		if filepath.Ext(name) == ".json" {
			data = readTemplate(t, filepath.Join("testdata/templates", name))
		}
		acc.versions["owner"][0].LaunchTemplateData = data
		a := acc.actor()
		g, err := a.group(t.Context(), "web")
		if err != nil {
			t.Fatal(err)
		}
		if w, why, err := a.want(t.Context(), g); w.source != want || why != "" || err != nil {
			t.Errorf("%s: %s, want %s; %q, %v", name, w.source, want, why, err)
		}
	}
}
