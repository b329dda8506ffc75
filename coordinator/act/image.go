package act

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
	"autospotting/userdata/needs"
)

// image reads the image; unreadable is set where there is none to be had for good. An image does not change, so it is read once.
func (a *Actor) image(ctx context.Context, id string) (i types.Image, unreadable string, err error) {
	if i, ok := a.cache.images.get(id); ok {
		return i, "", nil
	}
	out, err := a.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	if f, detail := classify(err); f == decide.Gone || f == decide.Invalid {
		return i, "the image cannot be read: " + detail, nil
	}
	if err != nil {
		return i, "", fmt.Errorf("describe image %s: %w", id, err)
	}
	if len(out.Images) == 0 {
		return i, fmt.Sprintf("the image %s does not exist any more, and attach needs it to", id), nil
	}
	a.cache.images.put(id, out.Images[0])
	return out.Images[0], "", nil
}

// needOf is NeedOf, remembered: looking into user data takes longer than all else about a template.
func (a *Actor) needOf(i types.Image, w wanted) market.Need {
	key := w.source + aws.ToString(i.ImageId)
	n, known := a.cache.needs.get(key)
	if !known {
		n = NeedOf(i, w.data)
		a.cache.needs.put(key, n)
	}
	return n
}

// userNeeds is what the owner's user data needs, what of it could not be read, why what needs membership of the group cannot wait for it, where it has
// something run by the clock, and the ECS cluster; empty if all could, if it can, if nothing does, and where that cannot be told.
type userNeeds struct {
	list                            []decide.UserNeed
	unread, hasty, clocked, cluster string
}

// userNeeds are those of the owner's user data, remembered for the same reason.
func (a *Actor) userNeeds(w wanted) userNeeds {
	known, ok := a.cache.userNeeds.get(w.source)
	if !ok {
		known.list, known.unread = UserNeeds(w.owners)
		known.hasty, known.clocked, known.cluster = Hasty(w.owners), Clocked(w.owners), Cluster(w.owners)
		a.cache.userNeeds.put(w.source, known)
	}
	return known
}

// needsMembership tells whether the boot of what is launched has to wait for membership of the group: the user data needs it, and the owner has neither
// answered for that nor ruled the early attach out.
func (a *Actor) needsMembership(g described, w wanted) bool {
	if g.settings.Attach == settings.AttachReady || slices.Contains(g.settings.Accept, needs.Membership) {
		return false
	}
	return slices.ContainsFunc(a.userNeeds(w).list, func(n decide.UserNeed) bool { return n.Need == needs.Membership })
}

// UserNeeds are what user data, in base64, needs of the group or does to what others share; each need where it stands first. unread says what of it
// could not be read, first of all.
func UserNeeds(userData *string) (list []decide.UserNeed, unread string) {
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(userData))
	if err != nil {
		return nil, "it is not base64" // the owner's own launches say so better than we could
	}
	found, closed := needs.Read(raw)
	for _, n := range found {
		if !slices.ContainsFunc(list, func(have decide.UserNeed) bool { return have.Need == n.Need }) {
			list = append(list, decide.UserNeed{Need: n.Need, Where: n.Where})
		}
	}
	for _, u := range closed {
		if unread == "" {
			unread = u.What + ", " + u.Where
		}
	}
	return list, unread
}

// Hasty is why user data, in base64, that needs membership of the group would not wait for it: ours runs among the scripts. Empty where it would.
func Hasty(userData *string) string {
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(userData))
	if err != nil {
		return ""
	}
	for _, n := range needs.Early(raw) {
		if n.Need == needs.Membership {
			return "it is asked for before any script runs (" + n.Where + ")"
		}
	}
	return ""
}

// Clocked is where user data, in base64, has something run by the clock, first of all; empty where nothing does.
func Clocked(userData *string) string {
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(userData))
	if err != nil {
		return ""
	}
	for _, where := range needs.Clocked(raw) {
		return where
	}
	return ""
}

// Cluster is the ECS cluster that an instance with that user data, in base64, registers with; empty where that cannot be told.
func Cluster(userData *string) string {
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(userData))
	if err != nil {
		return ""
	}
	name, _ := needs.Cluster(raw)
	return name
}

// NeedOf is what an image and the template that launches it ask of a type. The original's type, the zones and the owner's wishes are for
// whoever knows the group.
func NeedOf(i types.Image, d *types.RequestLaunchTemplateData) market.Need {
	n := market.Need{Arch: string(i.Architecture), Virtualization: string(i.VirtualizationType), BootMode: string(i.BootMode), ENA: support(i.EnaSupport),
		UsesInstanceStore: instanceStore(d), Asks: asksOf(d)}
	n.TPM = i.TpmSupport == types.TpmSupportValuesV20
	n.InstanceStoreRoot = i.RootDeviceType == types.DeviceTypeInstanceStore
	mapped := map[string]bool{}
	for _, m := range d.BlockDeviceMappings {
		mapped[aws.ToString(m.DeviceName)] = true
	}
	for _, b := range i.BlockDeviceMappings {
		if mapped[aws.ToString(b.DeviceName)] {
			continue // the template's word on it counts
		}
		n.UsesInstanceStore = n.UsesInstanceStore || strings.HasPrefix(aws.ToString(b.VirtualName), "ephemeral")
		if b.Ebs != nil {
			n.Volumes++
			n.EncryptedVolumes = n.EncryptedVolumes || aws.ToBool(b.Ebs.Encrypted)
		}
	}
	n.DeviceNames = n.DeviceNames || n.Volumes > 1
	return n
}

func support(says *bool) market.Support {
	switch {
	case says == nil:
		return market.SupportUnknown
	case *says:
		return market.SupportYes
	}
	return market.SupportNo
}
