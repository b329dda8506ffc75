package act

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// keptVersions is how many versions of our template stay: the newest, and those that launches under way may still name.
// A template takes 5,000 (EC2 quotas), and an owner's pipeline makes one a day or an hour, which may be two of ours.
const keptVersions = 10

// prune deletes our oldest versions. It may fail: what stays is deleted with the next version, so nobody is told.
// The default version, our first, cannot be deleted.
func (a *Actor) prune(ctx context.Context, name string) {
	const most = 200 // of one deletion
	in := &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: &name, MaxResults: aws.Int32(200)}
	seen := 0
	var old []string
	for len(old) < most {
		out, err := a.EC2.DescribeLaunchTemplateVersions(ctx, in)
		if err != nil {
			return
		}
		for _, v := range out.LaunchTemplateVersions { // newest first
			if seen++; seen > keptVersions && !aws.ToBool(v.DefaultVersion) {
				old = append(old, strconv.FormatInt(aws.ToInt64(v.VersionNumber), 10))
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if old = old[:min(len(old), most)]; len(old) > 0 {
		_, _ = a.EC2.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateName: &name, Versions: old})
		a.cache.templates.clear() // one of them may be remembered, where an owner went back to an older template
	}
}
