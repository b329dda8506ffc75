package cloudsim

import (
	"cmp"
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Image is what a launch can depend on of an AMI. The zero value is an HVM, EBS-backed image for x86_64 that names no boot mode and has the
// drivers of today.
type Image struct {
	Architecture   string `json:"architecture,omitempty"`    // x86_64 by default; i386, arm64, x86_64_mac, arm64_mac
	Virtualization string `json:"virtualization,omitempty"`  // hvm by default; paravirtual
	NoENA          bool   `json:"no_ena,omitempty"`          // its attribute EnaSupport is false
	NoENADriver    bool   `json:"no_ena_driver,omitempty"`   // the attribute says yes, the system has no driver
	NoNVMe         bool   `json:"no_nvme,omitempty"`         // the system has no NVMe driver
	DeviceLinks    bool   `json:"device_links,omitempty"`    // its udev rules link /dev/xvdf or /dev/sdf to the NVMe device, as Amazon Linux does
	BootMode       string `json:"boot_mode,omitempty"`       // uefi, legacy-bios, uefi-preferred; empty leaves it to the type
	TPM            string `json:"tpm,omitempty"`             // v2.0
	RootDevice     string `json:"root_device,omitempty"`     // ebs by default; instance-store
	RootName       string `json:"root_name,omitempty"`       // /dev/xvda by default
	RootEncrypted  bool   `json:"root_encrypted,omitempty"`  // of its root snapshot
	Platform       string `json:"platform,omitempty"`        // windows; empty for everything else
	PlatformDetail string `json:"platform_detail,omitempty"` // as DescribeImages names what is billed: "Red Hat Enterprise Linux"
	IMDS           string `json:"imds,omitempty"`            // v2.0
	Kernel         string `json:"kernel,omitempty"`          // aki-…, of a paravirtual image
}

func (im Image) architecture() string   { return cmp.Or(im.Architecture, "x86_64") }
func (im Image) virtualization() string { return cmp.Or(im.Virtualization, "hvm") }
func (im Image) rootDevice() string     { return cmp.Or(im.RootDevice, "ebs") }
func (im Image) rootName() string       { return cmp.Or(im.RootName, "/dev/xvda") }

// describe renders an image as DescribeImages does. What the system has of drivers is not shown: AWS does not know it either.
func (im *image) describe(owner string) ec2types.Image {
	out := ec2types.Image{ImageId: aws.String(im.id), OwnerId: aws.String(owner), State: ec2types.ImageStateAvailable,
		Architecture: ec2types.ArchitectureValues(im.architecture()), VirtualizationType: ec2types.VirtualizationType(im.virtualization()),
		EnaSupport: aws.Bool(!im.NoENA), BootMode: ec2types.BootModeValues(im.BootMode), TpmSupport: ec2types.TpmSupportValues(im.TPM),
		ImdsSupport: ec2types.ImdsSupportValues(im.IMDS), RootDeviceType: ec2types.DeviceType(im.rootDevice()), RootDeviceName: aws.String(im.rootName())}
	if im.Platform == "windows" {
		out.Platform = ec2types.PlatformValuesWindows
	}
	if im.PlatformDetail != "" {
		out.PlatformDetails = aws.String(im.PlatformDetail)
	}
	if im.Kernel != "" {
		out.KernelId = aws.String(im.Kernel)
	}
	if im.RootEncrypted {
		out.BlockDeviceMappings = []ec2types.BlockDeviceMapping{{DeviceName: out.RootDeviceName, Ebs: &ec2types.EbsBlockDevice{Encrypted: aws.Bool(true)}}}
	}
	return out
}

// ask is a launch with what is derived from it.
type ask struct {
	Launch
	typ, family, size string
	interfaces        []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest // at least the primary one
	volumes           int                                                                   // EBS, the root among them
	root              *ec2types.LaunchTemplateEbsBlockDeviceRequest                         // the mapping of the root; nil without
	disks             int                                                                   // of the type's instance store
	nvmeDisks         bool
	userData          string
}

func newAsk(l Launch) *ask {
	a := &ask{Launch: l, typ: string(l.Type.InstanceType), interfaces: l.Data.NetworkInterfaces}
	a.family, a.size, _ = strings.Cut(a.typ, ".")
	if len(a.interfaces) == 0 {
		a.interfaces = make([]ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest, 1)
	}
	if l.Image.rootDevice() == "ebs" {
		a.volumes = 1
	}
	for _, m := range l.Data.BlockDeviceMappings {
		switch {
		case m.NoDevice != nil || m.Ebs == nil:
		case aws.ToString(m.DeviceName) == l.Image.rootName():
			a.root = m.Ebs
		default:
			a.volumes++
		}
	}
	if s := l.Type.InstanceStorageInfo; s != nil {
		a.nvmeDisks = s.NvmeSupport == ec2types.EphemeralNvmeSupportRequired || s.NvmeSupport == ec2types.EphemeralNvmeSupportSupported
		for _, d := range s.Disks {
			a.disks += int(aws.ToInt32(d.Count))
		}
	}
	raw, _ := base64.StdEncoding.DecodeString(aws.ToString(l.Data.UserData)) // a template with another encoding cannot be made
	a.userData = string(raw)
	return a
}

// xen is a type of before the Nitro System. Bare metal has no hypervisor, and its devices are those of Nitro.
func (a *ask) xen() bool { return a.Type.Hypervisor == ec2types.InstanceTypeHypervisorXen }

func (a *ask) metal() bool { return aws.ToBool(a.Type.BareMetal) }

func (a *ask) is(families ...string) bool {
	for _, f := range families {
		if f == a.family {
			return true
		}
	}
	return false
}

// network is the type's network, never nil.
func (a *ask) network() *ec2types.NetworkInfo {
	if n := a.Type.NetworkInfo; n != nil {
		return n
	}
	return &ec2types.NetworkInfo{}
}

// ebs is what the type offers of EBS, never nil.
func (a *ask) ebs() *ec2types.EbsInfo {
	if e := a.Type.EbsInfo; e != nil {
		return e
	}
	return &ec2types.EbsInfo{}
}

// card is a network card of the type; nil where the type names none with that index.
func (a *ask) card(index int32) *ec2types.NetworkCardInfo {
	for i, c := range a.network().NetworkCards {
		if aws.ToInt32(c.NetworkCardIndex) == index {
			return &a.network().NetworkCards[i]
		}
	}
	return nil
}

// denied is a feature that the type says it does not have; one it says nothing of is not denied.
func denied(feature *bool) bool { return feature != nil && !*feature }

// when gives the words where the rule applies.
func when(applies bool, text string) string {
	if applies {
		return text
	}
	return ""
}
