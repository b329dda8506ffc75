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

// boarded is what came of putting something of ours into what a group launches.
type boarded struct {
	note string // what stands in the way of spotd, or what else is to be said
	// hasty is why the boot would not wait for membership; empty where it does, or need not.
	hasty string
	mute  bool // no spotd is on board
}

// crew puts spotd on board, and the instance profile without which it could not speak where the owner lets us. Without spotd the group is served all
// the same. member says that the boot has to wait for membership: it does so also without spotd, and on the way back to on-demand, where nothing of
// ours is left running.
func (a *Actor) crew(ctx context.Context, g described, data *types.RequestLaunchTemplateData, member bool) (boarded, error) {
	off := a.off(g, data)
	alone := off != "" || !g.world.Enabled // without spotd
	b := boarded{note: stays(off), mute: true}
	if alone && !member {
		return b, nil
	}
	why, err := a.deaf(ctx, data)
	if err != nil {
		return boarded{}, err
	}
	if why != "" {
		if b.note = stays(why); member {
			b.hasty = b.note
		}
		return b, nil
	}
	if alone {
		waits, err := a.inject(g, data, userdata.Settings{Await: true, WaitOnly: true})
		b.hasty = waits.hasty
		return b, err
	}
	if data.IamInstanceProfile == nil {
		data.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: &a.Profile}
	}
	s := a.Spotd
	s.Group, s.Grace, s.Probe, s.Await = g.world.Name, cmp.Or(g.settings.Grace, a.Spotd.Grace, a.Defaults.Grace), g.settings.Probe, member
	return a.inject(g, data, s)
}

// deaf says why nothing of ours would work on what is launched; empty where it does.
func (a *Actor) deaf(ctx context.Context, data *types.RequestLaunchTemplateData) (string, error) {
	if why := unseen(data); why != "" {
		return why, nil
	}
	id := aws.ToString(data.ImageId)
	if why, known := a.cache.readers.get(id); known {
		return why, nil
	}
	image, _, err := a.image(ctx, id) // one that is gone refuses the group, later
	why := reader(image)
	if image.ImageId != nil {
		a.cache.readers.put(id, why)
	}
	return why, err
}

// stays is the note on a group without spotd.
func stays(off string) string {
	if off == "" {
		return ""
	}
	return "spotd stays off: " + off
}

// noticeRoom is how soon after its launch a replacement has to be ready to be attached before AWS takes whom it replaces: two minutes,
// less the launch's own time and the drain.
const noticeRoom = 100 * time.Second

// crewed is what became of a group's user data when ours was put into it last.
type crewed struct {
	of   boarding
	data *string // with ours
	came boarded
}

// boarding is what it was made of, as far as that changes.
type boarding struct {
	from        string // the owner's user data, in base64
	grace       time.Duration
	probe       string
	await, only bool
}

// inject puts ours on board by the user data, where the format takes it. Groups are looked at far more often than one of the settings changes, so what
// came of them last is remembered with them.
func (a *Actor) inject(g described, data *types.RequestLaunchTemplateData, s userdata.Settings) (boarded, error) {
	now := crewed{of: boarding{aws.ToString(data.UserData), s.Grace, s.Probe, s.Await, s.WaitOnly}}
	if last, known := a.cache.aboard.get(g.world.Name); known && last.of == now.of {
		data.UserData = last.data
		return last.came, nil
	}
	raw, err := base64.StdEncoding.DecodeString(now.of.from)
	if err != nil {
		return boarded{note: stays("the user data is not base64"), mute: true}, nil // the owner's own launches say so better than we could
	}
	out, note, err := userdata.Inject(raw, s)
	if err != nil {
		return boarded{}, fmt.Errorf("put spotd into the user data of group %q: %w", g.world.Name, err)
	}
	now.came.mute = s.WaitOnly || strings.HasPrefix(note, userdata.Unchanged)
	if s.Await {
		now.came.hasty = userdata.Late(note)
	}
	switch {
	case note != "" && now.came.hasty == "":
		note = "user data " + note
	case now.came.hasty != "", s.WaitOnly: // the refusal says it
	case (s.Probe == "" || s.Probe == "none") && s.Grace > noticeRoom:
		note = fmt.Sprintf("no probe is set: unless the image's spotd.conf names one, what is launched counts as ready only %s after its launch, too late for an instance that AWS takes; set probe, or grace to the time that the application takes", s.Grace)
	}
	data.UserData = aws.String(base64.StdEncoding.EncodeToString(out))
	now.data, now.came.note = data.UserData, note
	a.cache.aboard.put(g.world.Name, now)
	return now.came, nil
}
