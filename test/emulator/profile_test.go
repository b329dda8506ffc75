package emulator

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Without a role spotd could not speak: the installation's minimal profile is given where the owner lets us, and elsewhere
// the instance boots as its owner wrote it.
func TestInstancesWithoutAProfileGetOursWhereTheirOwnerLetsUs(t *testing.T) {
	t.Parallel()
	const ours = "arn:aws:iam::123456789012:instance-profile/minimal"
	for _, one := range []struct {
		allowed, has string
		aboard       bool
	}{{"true", ours, true}, {"false", "", false}} {
		t.Run("minimal-profile "+one.allowed, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.template = a.bareTemplate()
			want := size{1, 1, 2}
			a.newGroup("web", want, "a")
			a.setTag("web", "autospotting:minimal-profile", one.allowed)
			a.guests(a.ready)
			c, err := a.startCoordinator(lab.coordinator, "--instance-profile", ours, "--grace=3s")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.kill)
			showOnFailure(t, "the coordinator", c.log)
			a.tick()
			l := a.settles("web", want)
			if has := a.launchedWithProfile(); has != one.has {
				t.Errorf("our template names the profile %q, want %q", has, one.has)
			}
			aboard := a.bootsWithSpotd(t.Context(), l.spot[0], "web") == nil
			if aboard != one.aboard {
				t.Errorf("spotd is on board: %v, want %v", aboard, one.aboard)
			}
			if said := strings.Contains(c.log.String(), "spotd stays off"); said == one.aboard {
				t.Errorf("that spotd stays off is said: %v", said)
			}
		})
	}
}

// bareTemplate is the owner's without a profile.
func (a *account) bareTemplate() string {
	a.t.Helper()
	return aws.ToString(do(a.t, "create a template without a profile", func(ctx context.Context) (*ec2.CreateLaunchTemplateOutput, error) {
		return a.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("bare"),
			LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(image), InstanceType: "m5.large", UserData: aws.String(encoded(userData))}})
	}).LaunchTemplate.LaunchTemplateId)
}

// launchedWithProfile is the profile that our template names.
func (a *account) launchedWithProfile() string {
	a.t.Helper()
	out := do(a.t, "read our template", func(ctx context.Context) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
		return a.ec2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Latest"}})
	})
	for _, v := range out.LaunchTemplateVersions {
		if p := v.LaunchTemplateData.IamInstanceProfile; strings.HasPrefix(aws.ToString(v.LaunchTemplateName), "autospotting-") && p != nil {
			return aws.ToString(p.Arn)
		}
	}
	return ""
}
