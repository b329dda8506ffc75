package act

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
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
