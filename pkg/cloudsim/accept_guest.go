package cloudsim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// What EC2 launches though it does not come up: the system lacks a driver, or its user data looks for a device by a name that it does not have
// there.
var guestRows = []rule{
	{Reason{"no-nvme-driver", "", "† EC2 user guide, EBS volumes and NVMe: the root device is not found without the driver"}, func(a *ask) string {
		return when(a.Image.NoNVMe && a.ebs().NvmeSupport == ec2types.EbsNvmeSupportRequired, "the image has no NVMe driver for its root volume")
	}},
	{Reason{"no-ena-driver", "", "† EC2 user guide, Enhanced networking: an image with the attribute and without the driver cannot be reached"}, func(a *ask) string {
		return when(a.Image.NoENADriver && a.network().EnaSupport == ec2types.EnaSupportRequired, "the image has no ENA driver for its network")
	}},
	{Reason{"many-volumes", "", "EBS user guide, Volume limits: more than 40 volumes on Xen can cause boot failures, more than 26 on Windows"}, func(a *ask) string {
		count := a.volumes + a.disks
		return when(a.xen() && (count > 40 || (count > 26 && a.Image.Platform == "windows")), fmt.Sprintf("%d volumes on a Xen-based instance", count))
	}},
	{Reason{"nvme-names", "", "† EC2 user guide, Device names for volumes: /dev/nvme… are those of Nitro; a device beyond those attached is not there"}, func(a *ask) string {
		last, here := lastNVMe(a), a.disks
		if !a.xen() {
			here += a.volumes
		} else if !a.nvmeDisks {
			here = 0
		}
		return when(last >= here && !strings.Contains(a.userData, "attach-volume"), fmt.Sprintf("its user data names /dev/nvme%dn1, and the instance has %d NVMe devices", last, here))
	}},
	{Reason{"xen-names", "", "† EC2 user guide, Device names for volumes: on Nitro /dev/xvdf is /dev/nvme1n1, and a link where the image makes one"}, func(a *ask) string {
		name := xenName.FindString(a.userData)
		return when(name != "" && !a.Image.DeviceLinks && a.ebs().NvmeSupport == ec2types.EbsNvmeSupportRequired, "its user data names "+name+", which the instance calls otherwise")
	}},
	{Reason{"instance-store", "", "† EC2 user guide, Block device mappings: instance stores beyond those of the type are ignored; NVMe ones keep their own names"}, func(a *ask) string {
		for _, m := range a.Data.BlockDeviceMappings {
			index, found := strings.CutPrefix(aws.ToString(m.VirtualName), "ephemeral")
			n, err := strconv.Atoi(index)
			if !found || err != nil {
				continue
			}
			if n >= a.disks {
				return fmt.Sprintf("the type has no instance store for %s", aws.ToString(m.VirtualName))
			}
			if a.nvmeDisks && named(a.userData, aws.ToString(m.DeviceName)) {
				return fmt.Sprintf("the instance store mapped as %s has an NVMe name", aws.ToString(m.DeviceName))
			}
		}
		return ""
	}},
}

var (
	nvmeName = regexp.MustCompile(`/dev/nvme(\d{1,3})n1`)
	xenName  = regexp.MustCompile(`/dev/(xvd|sd)[b-z][a-z]?\b`)
)

// lastNVMe is the highest index among the NVMe devices that the user data names; -1 for none.
func lastNVMe(a *ask) int {
	last := -1
	for _, m := range nvmeName.FindAllStringSubmatch(a.userData, -1) {
		n, _ := strconv.Atoi(m[1]) // digits by the expression
		last = max(last, n)
	}
	return last
}

// named tells whether a text names a device, also by its other spelling: /dev/sdb is /dev/xvdb for Linux.
func named(text, device string) bool {
	other := strings.Replace(device, "/dev/sd", "/dev/xvd", 1)
	return device != "" && (strings.Contains(text, device) || strings.Contains(text, other))
}
