package act

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/userdata"
)

// crew puts spotd on board, and the instance profile without which it could not speak where the owner lets us. The note
// says what stands in the way; without spotd the group is served all the same.
func (a *Actor) crew(ctx context.Context, g described, data *types.RequestLaunchTemplateData) (note string, err error) {
	why := a.off(g, data)
	if why == "" {
		image, _, err := a.image(ctx, aws.ToString(data.ImageId)) // one that is gone refuses the group, later
		if err != nil {
			return "", err
		}
		why = reader(image)
	}
	if why != "" {
		return "spotd stays off: " + why, nil
	}
	if data.IamInstanceProfile == nil {
		switch {
		case !g.settings.MinimalProfile:
			return "spotd stays off: the instances have no instance profile, so it could not speak; name one in the template, or set minimal-profile to true to have ours", nil
		case a.Profile == "":
			return "spotd stays off: the instances have no instance profile, and the installation has none to give", nil
		}
		data.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: &a.Profile}
	}
	return a.inject(g, data)
}

// noticeRoom is how soon after its launch a replacement has to be ready to be attached before AWS takes whom it replaces: two minutes,
// less the launch's own time and the drain.
const noticeRoom = 100 * time.Second

// crewed is what became of a group's user data when spotd was put into it last, and what it was made of.
type crewed struct {
	from  string // the owner's user data, in base64
	grace time.Duration
	probe string

	data *string // with spotd
	note string
}

// inject puts spotd on board by the user data, where the format takes it, with the grace and the probe of the group. Groups are looked at
// far more often than one of these changes, so what came of them last is remembered with them.
func (a *Actor) inject(g described, data *types.RequestLaunchTemplateData) (note string, err error) {
	now := crewed{from: aws.ToString(data.UserData), grace: cmp.Or(g.settings.Grace, a.Spotd.Grace, a.Defaults.Grace), probe: g.settings.Probe}
	last, known := a.cache.aboard.get(g.world.Name)
	if known && last.from == now.from && last.grace == now.grace && last.probe == now.probe {
		data.UserData = last.data
		return last.note, nil
	}
	raw, err := base64.StdEncoding.DecodeString(now.from)
	if err != nil {
		return "spotd stays off: the user data is not base64", nil // the owner's own launches say so better than we could
	}
	s := a.Spotd
	s.Group, s.Grace, s.Probe = g.world.Name, now.grace, now.probe
	out, note, err := userdata.Inject(raw, s)
	if err != nil {
		return "", fmt.Errorf("put spotd into the user data of group %q: %w", g.world.Name, err)
	}
	switch {
	case strings.HasPrefix(note, userdata.NotFirst):
	case note != "":
		note = "user data " + note
	case (s.Probe == "" || s.Probe == "none") && s.Grace > noticeRoom:
		note = fmt.Sprintf("no probe is set: unless the image's spotd.conf names one, what is launched counts as ready only %s after its launch, too late for an instance that AWS takes; set probe, or grace to the time that the application takes", s.Grace)
	}
	data.UserData = aws.String(base64.StdEncoding.EncodeToString(out))
	now.data, now.note = data.UserData, note
	a.cache.aboard.put(g.world.Name, now)
	return note, nil
}
