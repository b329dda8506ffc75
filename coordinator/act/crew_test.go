package act

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/settings"
	"autospotting/userdata"
)

func TestSpotdIsOnBoardWhereItCanSpeakAndTheReasonIsSaidWhereItIsNot(t *testing.T) {
	t.Parallel()
	const ours = "arn:aws:iam::123456789012:instance-profile/minimal"
	theirs := &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")}
	for _, c := range []struct {
		name    string
		spotd   userdata.Settings
		profile string // the installation's
		allowed bool
		from    *types.LaunchTemplateIamInstanceProfileSpecificationRequest
		data    string
		aboard  bool
		has     string // the profile that is launched with
		says    string
	}{
		{name: "the owner's profile stays", spotd: spotd(), profile: ours, allowed: true, from: theirs, aboard: true, has: "web"},
		{name: "the installation's is given where the owner lets us", spotd: spotd(), profile: ours, allowed: true, aboard: true, has: ours},
		{name: "and not where he does not", spotd: spotd(), profile: ours, says: "no instance profile"},
		{name: "nor where the installation has none", spotd: spotd(), allowed: true, says: "none to give"},
		{name: "without a release there is no spotd", profile: ours, allowed: true, says: "names no release"},
		{name: "what cannot take it passes, with the reason", spotd: spotd(), from: theirs, data: "[settings.host-containers.admin]\nenabled = true\n", has: "web", says: "user data passed through unchanged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &Actor{Config: Config{Spotd: c.spotd, Profile: c.profile}}
			data := &types.RequestLaunchTemplateData{IamInstanceProfile: c.from, UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(c.data)))}
			note, err := a.crew(described{world: decide.Group{Name: "web"}, settings: settings.Settings{MinimalProfile: c.allowed}}, data)
			if err != nil {
				t.Fatal(err)
			}
			if (note == "") != (c.says == "") || !strings.Contains(note, c.says) {
				t.Errorf("says %q, want %q", note, c.says)
			}
			raw, _ := base64.StdEncoding.DecodeString(*data.UserData)
			if _, aboard := userdata.Injected(raw); aboard != c.aboard {
				t.Errorf("on board: %v", aboard)
			}
			has := ""
			if p := data.IamInstanceProfile; p != nil {
				has = aws.ToString(p.Name) + aws.ToString(p.Arn)
			}
			if has != c.has {
				t.Errorf("launched with the profile %q, want %q", has, c.has)
			}
		})
	}
}
