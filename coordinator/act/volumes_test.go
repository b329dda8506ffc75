package act

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestSmallGP2VolumesBecomeGP3WhereTheOwnerSaysSo(t *testing.T) {
	t.Parallel()
	volume := func(kind types.VolumeType, size *int32) types.LaunchTemplateBlockDeviceMappingRequest {
		return types.LaunchTemplateBlockDeviceMappingRequest{Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{VolumeType: kind, VolumeSize: size}}
	}
	for _, c := range []struct {
		name  string
		below int
		from  types.LaunchTemplateBlockDeviceMappingRequest
		want  types.VolumeType
	}{
		{"smaller than the threshold", 170, volume(types.VolumeTypeGp2, aws.Int32(169)), types.VolumeTypeGp3},
		{"at the threshold", 170, volume(types.VolumeTypeGp2, aws.Int32(170)), types.VolumeTypeGp2},
		{"no threshold", 0, volume(types.VolumeTypeGp2, aws.Int32(8)), types.VolumeTypeGp2},
		{"of another type", 170, volume(types.VolumeTypeIo1, aws.Int32(8)), types.VolumeTypeIo1},
		{"of unknown size", 170, volume(types.VolumeTypeGp2, nil), types.VolumeTypeGp2},
	} {
		d := types.RequestLaunchTemplateData{BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{c.from, {}}}
		toGP3(&d, c.below)
		if got := d.BlockDeviceMappings[0].Ebs.VolumeType; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
