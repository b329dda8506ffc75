package act

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/ledger"
)

// What an owner says has the hash that the version before the table of fields gave it (of commit 6e84b49): records hold it of replacements
// that are under way, which another hash would end as outdated when an installation is upgraded.
func TestAnUpgradeTakesNoTemplateForAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, hash string
		data       types.ResponseLaunchTemplateData
	}{
		{"a plain one", "99f3712bd3d9538f3f182d4835378fc5", types.ResponseLaunchTemplateData{}},
		{"flags that are down", "617a20431ac4c94b32dc3381ef3cd48c", types.ResponseLaunchTemplateData{DisableApiTermination: aws.Bool(false), DisableApiStop: aws.Bool(false), HibernationOptions: &types.LaunchTemplateHibernationOptions{Configured: aws.Bool(false)}}},
		{"flags that are up", "db73ff79c3b4715cfd5700bd2b948396", types.ResponseLaunchTemplateData{DisableApiTermination: aws.Bool(true), DisableApiStop: aws.Bool(true), HibernationOptions: &types.LaunchTemplateHibernationOptions{Configured: aws.Bool(true)}}},
		{"to stop at shutdown", "2ee15478cff3f298ee6efda5d2e7889c", types.ResponseLaunchTemplateData{InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorStop}},
		{"to terminate at shutdown", "7d8ad5f8c1454b1f88b50ab43528e650", types.ResponseLaunchTemplateData{InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorTerminate}},
		{"credits", "bab3c2ca744e8c5174b36119a8038c6c", types.ResponseLaunchTemplateData{CreditSpecification: &types.CreditSpecification{CpuCredits: aws.String("unlimited")}}},
		{"a zone, a subnet and tags of spot requests", "993a174beefd8d360caf0c85d847f9a1", types.ResponseLaunchTemplateData{Placement: &types.LaunchTemplatePlacement{AvailabilityZone: aws.String("us-east-1a")},
			NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: aws.String("subnet-a")}},
			TagSpecifications: []types.LaunchTemplateTagSpecification{{ResourceType: types.ResourceTypeSpotInstancesRequest, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			c.data.ImageId, c.data.InstanceType = aws.String("ami-1"), "m5.large"
			acc.versions["owner"][0].LaunchTemplateData = &c.data
			w, err := acc.actor().Observe(t.Context(), "web", ledger.Record{}, nil)
			if err != nil || w.Template.Hash != c.hash {
				t.Errorf("hash %q, want %q: %v, %s", w.Template.Hash, c.hash, err, w.Template.Unreadable)
			}
		})
	}
}
