package act

import (
	"cmp"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/lazyregexp"
)

// withoutSpotd is what follows where spotd stays off.
const withoutSpotd = "notices come from EventBridge alone, and readiness by the status checks and the grace"

// readers are images, by what their publishers call them, whose user data something other than cloud-init reads. Ours is a part of a
// MIME message, which none of them reads: the owner's own script would not run. unless are the same publisher's images with cloud-init.
var readers = []struct {
	who, why     string
	name, unless *lazyregexp.Regexp
}{
	{"Alpine Linux", "tiny-cloud runs a script, but reads no message", imageName(`alpine-`, `alpine linux`), lazyregexp.New(`(?i)cloud-?init`)},
	{"FreeBSD", "there is no spotd for it", imageName(`freebsd\b`, `freebsd`), nil},
	{"OpenBSD", "there is no spotd for it", imageName(`openbsd\b`, `openbsd`), nil},
	{"NetBSD", "there is no spotd for it", imageName(`netbsd\b`, `netbsd`), nil},
	{"RancherOS", "its own cloud-init reads no message", imageName(`rancheros-`, `rancheros`), nil},
	{"k3OS", "it reads its own configuration alone", imageName(`k3os-`, `k3os`), nil},
	{"Talos", "it reads a machine configuration, and runs no programs on its host", imageName(`talos-`, `talos`), nil},
	{"Flatcar", "Ignition and coreos-cloudinit read no message: bake spotd into the image", imageName(`flatcar-`, `flatcar container linux`), nil},
	{"Fedora CoreOS", "Ignition reads no message: bake spotd into the image", imageName(`fedora-coreos-`, `fedora coreos`), nil},
	{"RHEL CoreOS", "Ignition reads no message: bake spotd into the image", imageName(`rhcos-`, `(openshift|rhel coreos)`), nil},
	{"CoreOS", "Ignition and coreos-cloudinit read no message: bake spotd into the image", imageName(`coreos-`, `coreos container linux`), nil},
	{"Bottlerocket", "its host runs containers only", imageName(`bottlerocket-`, `bottlerocket`), nil},
	{"NixOS", "amazon-init runs a script or builds a configuration, but reads no message", imageName(`nixos[-/]`, `nixos`), nil},
}

// imageName matches the beginning of an image's name, also of a copy or behind a folder, or of its description.
func imageName(name, description string) *lazyregexp.Regexp {
	return lazyregexp.New(`(?i)^name: (?:copy of |\S*/|\[copied \S+ from \S+\] )?` + name + `|\ndescription: (?:\[copied \S+ from \S+\] )?` + description)
}

// reader says who reads the user data of an image if it is not cloud-init, and why spotd stays off there; empty where nothing is known.
func reader(i types.Image) string {
	said := "name: " + aws.ToString(i.Name) + "\ndescription: " + aws.ToString(i.Description)
	for _, r := range readers {
		if r.name.MatchString(said) && (r.unless == nil || !r.unless.MatchString(said)) {
			return fmt.Sprintf("the image %s (%s) is of %s: %s; %s",
				aws.ToString(i.ImageId), cmp.Or(aws.ToString(i.Name), aws.ToString(i.Description)), r.who, r.why, withoutSpotd)
		}
	}
	return ""
}

// off says why spotd stays off whatever image and user data are; empty where it does not. The boot can wait for membership all the same.
func (a *Actor) off(g described, data *types.RequestLaunchTemplateData) string {
	switch {
	case !g.world.Enabled:
		return "" // what is launched on the way back to on-demand carries no spotd, and nobody misses it
	case g.settings.NoSpotd:
		return "the setting spotd is off; " + withoutSpotd
	case a.Spotd.Topic == "":
		return "the installation names no release of it"
	case unseen(data) != "" || data.IamInstanceProfile != nil:
		return ""
	case !g.settings.MinimalProfile:
		return "the instances have no instance profile, so it could not speak; name one in the template, or set minimal-profile to true to have ours"
	case a.Profile == "":
		return "the instances have no instance profile, and the installation has none to give"
	}
	return ""
}

// unseen says why nothing of ours could read the instance metadata; empty where it can.
func unseen(data *types.RequestLaunchTemplateData) string {
	if data.MetadataOptions != nil && data.MetadataOptions.HttpEndpoint == types.LaunchTemplateInstanceMetadataEndpointStateDisabled {
		return "the template switches off the instance metadata, which is all that spotd reads (MetadataOptions.HttpEndpoint=disabled); " + withoutSpotd
	}
	return ""
}
