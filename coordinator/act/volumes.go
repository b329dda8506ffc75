package act

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// toGP3 makes gp3 of the gp2 volumes smaller than so many GiB: below 1,000 GiB gp3's base of 3,000 operations a second is more than
// gp2's, and it is cheaper (EBS user guide, "General Purpose SSD volumes"). A volume whose size only its snapshot tells stays.
func toGP3(d *types.RequestLaunchTemplateData, below int) {
	for i := range d.BlockDeviceMappings {
		e := d.BlockDeviceMappings[i].Ebs
		if e != nil && e.VolumeType == types.VolumeTypeGp2 && e.VolumeSize != nil && int(aws.ToInt32(e.VolumeSize)) < below {
			e.VolumeType, e.Iops = types.VolumeTypeGp3, nil
		}
	}
}
