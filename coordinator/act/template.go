package act

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
)

// latest is the version name that follows the owner's newest version.
const latestVersion, defaultVersion = "$Latest", "$Default"

// wanted is what our own template has to say for one group.
type wanted struct {
	name   string // of our launch template
	source string // hash of what the owner says, without what is ours: two versions of us have to agree about that
	spec          // for every type
	// burstable is for the types that alone take what it says besides; nil where there is nothing of that kind.
	burstable *spec
	notes     []string // what could not be taken over, and why spotd is not on board
}

// spec is what a version of our template says.
type spec struct {
	hash string // of data and source; also the description of the version
	data *types.RequestLaunchTemplateData
}

// specs lists them, the one for every type first.
func (w wanted) specs() []spec {
	if w.burstable == nil {
		return []spec{w.spec}
	}
	return []spec{w.spec, *w.burstable}
}

// template reads what the group launches from, makes ours of it in memory, and looks whether that exists already. A group that launches
// from nothing is refused before.
func (a *Actor) template(ctx context.Context, g described) (decide.Template, error) {
	want, unreadable, err := a.want(ctx, g)
	if err != nil || unreadable != "" {
		return decide.Template{Unreadable: unreadable}, err
	}
	t := decide.Template{Hash: want.source, Type: string(want.data.InstanceType), Notes: want.notes}
	image, unreadable, err := a.image(ctx, aws.ToString(want.data.ImageId))
	if err != nil || unreadable != "" {
		t.Unreadable = unreadable
		return t, err
	}
	t.Need = a.needOf(image, want)
	if err := a.ours(ctx, want, &t); err != nil {
		return t, err
	}
	t.Unreadable = a.rehearse(ctx, g, want, t)
	return t, nil
}

// launches tells whether the group says what it launches; one with a mixed instances policy says it there.
func (d described) launches() bool { return d.source != nil || d.configuration != "" }

// want converts what the group launches from; unreadable is set where that is impossible for good.
func (a *Actor) want(ctx context.Context, g described) (w wanted, unreadable string, err error) {
	var from original
	if g.source != nil {
		from, unreadable, err = a.fromTemplate(ctx, g)
	} else {
		from, unreadable, err = a.fromConfiguration(ctx, g)
	}
	if from.gone {
		if member, ok, lookErr := a.fromMember(ctx, g); lookErr != nil || ok {
			from, unreadable, err = member, "", lookErr
		}
	}
	if err != nil || unreadable != "" {
		return w, unreadable, err
	}
	said := *from.data
	left, unreadable := Adapt(from.data, g.world.PlacementGroup)
	if unreadable != "" {
		return w, unreadable, nil
	}
	w = wanted{name: decide.TemplateName(g.world.Name)}
	if left = append(from.dropped, left...); len(left) > 0 {
		w.notes = append(w.notes, "not taken over: "+strings.Join(left, ", "))
	}
	tidyTags(from.data, g.world.Tags)
	toGP3(from.data, g.settings.GP2Threshold)
	intoPlacementGroup(from.data, g.world.PlacementGroup)
	w.source = sourceHash(from, said)
	if g.world.Enabled { // what is launched on the way back to on-demand carries nothing of ours
		note, err := a.crew(g, from.data)
		if err != nil {
			return w, "", err
		}
		if note != "" {
			w.notes = append(w.notes, note)
		}
	}
	w.vary(from)
	return w, "", nil
}

// vary parts what every type takes from what burstable ones alone take.
func (w *wanted) vary(from original) {
	if plain := For(from.data, false); plain != from.data {
		w.burstable = &spec{contentHash(from), from.data}
		w.notes = append(w.notes, "CreditSpecification goes to burstable types only")
		from.data = plain
	}
	w.spec = spec{contentHash(from), from.data}
}

// intoPlacementGroup launches where the group does: Attach would not ask. A template that names another one keeps it, and is refused.
func intoPlacementGroup(d *types.RequestLaunchTemplateData, name string) {
	if name == "" {
		return
	}
	if d.Placement == nil {
		d.Placement = &types.LaunchTemplatePlacementRequest{}
	}
	if aws.ToString(d.Placement.GroupName) == "" && aws.ToString(d.Placement.GroupId) == "" {
		d.Placement.GroupName = &name
	}
}

// original is what a group launches from, as data for a template of ours.
type original struct {
	id      string // of the template, or the name of the configuration
	version int64
	data    *types.RequestLaunchTemplateData
	dropped []string
	gone    bool // there is no such template or configuration any more
}

func (a *Actor) fromTemplate(ctx context.Context, g described) (o original, unreadable string, err error) {
	version := aws.ToString(g.source.Version)
	if version == "" {
		version = defaultVersion
	}
	in := &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: g.source.LaunchTemplateId, Versions: []string{version}, ResolveAlias: aws.Bool(true)}
	if in.LaunchTemplateId == nil {
		in.LaunchTemplateName = g.source.LaunchTemplateName
	}
	out, err := a.EC2.DescribeLaunchTemplateVersions(ctx, in)
	if f, detail := classify(err); f == decide.Gone || f == decide.Invalid {
		o.gone = f == decide.Gone
		return o, "the group's launch template cannot be read: " + detail, nil
	}
	if err != nil {
		return o, "", fmt.Errorf("read the launch template of group %q: %w", g.world.Name, err)
	}
	if len(out.LaunchTemplateVersions) == 0 || out.LaunchTemplateVersions[0].LaunchTemplateData == nil {
		o.gone = true
		return o, fmt.Sprintf("the group's launch template has no version %s", version), nil
	}
	source := out.LaunchTemplateVersions[0]
	o.id, o.version = aws.ToString(source.LaunchTemplateId), aws.ToInt64(source.VersionNumber)
	o.data, o.dropped = convert(source.LaunchTemplateData)
	return o, "", nil
}

func (a *Actor) fromConfiguration(ctx context.Context, g described) (o original, unreadable string, err error) {
	out, err := a.AutoScaling.DescribeLaunchConfigurations(ctx, &autoscaling.DescribeLaunchConfigurationsInput{
		LaunchConfigurationNames: []string{g.configuration}})
	if err != nil {
		return o, "", fmt.Errorf("read the launch configuration of group %q: %w", g.world.Name, err)
	}
	if len(out.LaunchConfigurations) == 0 {
		o.gone = true
		return o, fmt.Sprintf("the group's launch configuration %q does not exist", g.configuration), nil
	}
	o.id = g.configuration
	o.data, unreadable = fromConfiguration(out.LaunchConfigurations[0])
	return o, unreadable, nil
}

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
