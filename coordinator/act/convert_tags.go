package act

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
)

// tidyTags leaves in the template the owner's tags only. aws: is reserved for AWS, which sets such tags itself. What the
// group propagates goes with the fleet request, as Auto Scaling's own launch has it: there the group's value goes before
// the template's, and one key must not be given twice. Tags of ours come with the request as well.
func tidyTags(d *types.RequestLaunchTemplateData, propagated map[string]string) {
	for i := range d.TagSpecifications {
		spec := &d.TagSpecifications[i]
		spec.Tags = slices.DeleteFunc(slices.Clone(spec.Tags), func(t types.Tag) bool {
			key := aws.ToString(t.Key)
			_, group := propagated[key]
			ours := key == decide.TagGroup || key == decide.TagLaunch
			return strings.HasPrefix(key, "aws:") || spec.ResourceType == types.ResourceTypeInstance && (group || ours)
		})
	}
	d.TagSpecifications = slices.DeleteFunc(d.TagSpecifications, func(t types.LaunchTemplateTagSpecificationRequest) bool { return len(t.Tags) == 0 })
	if len(d.TagSpecifications) == 0 {
		d.TagSpecifications = nil
	}
}

// oddInMetadata lists the keys of tags that the metadata of an instance cannot show, where the template asks for tags there.
// Only Nitro types launch with them (EC2 user guide, "instance tags in instance metadata"); the owner's do, so they stay.
func oddInMetadata(d *types.RequestLaunchTemplateData, propagated map[string]string) []string {
	if d.MetadataOptions == nil || d.MetadataOptions.InstanceMetadataTags != types.LaunchTemplateInstanceMetadataTagsStateEnabled {
		return nil
	}
	var odd []string
	add := func(key string) {
		if !legalInMetadata(key) {
			odd = append(odd, key)
		}
	}
	for key := range propagated {
		add(key)
	}
	for _, spec := range d.TagSpecifications {
		if spec.ResourceType == types.ResourceTypeInstance {
			for _, t := range spec.Tags {
				add(aws.ToString(t.Key))
			}
		}
	}
	slices.Sort(odd)
	return slices.Compact(odd)
}

// alphanumeric are the letters and digits that names may hold everywhere.
const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func legalInMetadata(key string) bool {
	if key == "." || key == ".." || key == "_index" {
		return false
	}
	return strings.Trim(key, alphanumeric+"+-=.,_:@") == "" // nothing stops it halfway
}
