package act

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
)

// ours finds the versions of our template that say what is wanted; what is not there is still to be made.
func (a *Actor) ours(ctx context.Context, w wanted, t *decide.Template) error {
	for _, s := range w.specs() {
		v, err := a.version(ctx, w.name, s.hash)
		if err != nil {
			return err
		}
		if v.version == "" {
			t.ID, t.Version, t.Burstable = "", "", ""
			return nil
		}
		t.ID = v.id
		if s.hash == w.hash {
			t.Version = v.version
		} else {
			t.Burstable = v.version
		}
	}
	return nil
}

// version finds the version of our template that says what has that hash; the zero value where there is none.
func (a *Actor) version(ctx context.Context, name, hash string) (templateVersion, error) {
	if t, ok := a.cache.templates.get(name + hash); ok {
		return t, nil
	}
	in := &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: &name, MaxResults: aws.Int32(200)}
	for {
		out, err := a.EC2.DescribeLaunchTemplateVersions(ctx, in)
		if f, _ := classify(err); f == decide.Gone {
			return templateVersion{}, nil
		}
		if err != nil {
			return templateVersion{}, fmt.Errorf("read our launch template %s: %w", name, err)
		}
		for _, v := range out.LaunchTemplateVersions {
			if aws.ToString(v.VersionDescription) == hash {
				t := templateVersion{aws.ToString(v.LaunchTemplateId), fmt.Sprint(aws.ToInt64(v.VersionNumber))}
				a.cache.templates.put(name+hash, t)
				return t, nil
			}
		}
		if out.NextToken == nil {
			return templateVersion{}, nil
		}
		in.NextToken = out.NextToken
	}
}

// makeTemplate creates our template, or the versions of it that are not there. The name lets there be one template only; neither has a token
// of ours: for a day what was deleted since would be answered instead of made. A version that two make at once is there twice, which harms nobody.
func (a *Actor) makeTemplate(ctx context.Context, group string) error {
	g, err := a.group(ctx, group)
	if err != nil {
		return err
	}
	if !g.launches() {
		return fmt.Errorf("group %q has neither a launch template nor a launch configuration", group)
	}
	w, unreadable, err := a.want(ctx, g)
	if err != nil {
		return err
	}
	if unreadable != "" {
		return fmt.Errorf("group %q: %s", group, unreadable)
	}
	for _, s := range w.specs() {
		if v, err := a.version(ctx, w.name, s.hash); err != nil || v.version != "" {
			if err != nil {
				return err
			}
			continue
		}
		if err := a.makeVersion(ctx, group, w.name, s); err != nil {
			return err
		}
	}
	return nil
}

func (a *Actor) makeVersion(ctx context.Context, group, name string, s spec) error {
	_, err := a.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &name, VersionDescription: &s.hash, LaunchTemplateData: s.data,
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeLaunchTemplate,
			Tags: a.ownTags(group)}},
	})
	if err == nil || !strings.Contains(err.Error(), "AlreadyExists") {
		return err
	}
	_, err = a.EC2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateName: &name, VersionDescription: &s.hash, LaunchTemplateData: s.data,
	})
	if err == nil {
		a.prune(ctx, name)
	}
	return err
}

// ownTags are those of a launch template that we make.
func (a *Actor) ownTags(group string) []types.Tag {
	tags := map[string]string{}
	maps.Copy(tags, a.Tags)
	tags[decide.TagGroup] = group // by which it is ours
	return fleetTags(tags)
}
