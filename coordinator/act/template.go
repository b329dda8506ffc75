package act

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
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
	owners    *string  // the user data without ours
	mute      bool     // no spotd is on board
	hasty     string   // why its boot would not wait for membership, which it needs
	notes     []string // what could not be taken over, and why spotd is not on board
	step      string   // of one that cannot be served, what the owner can do
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
		return decide.Template{Unreadable: unreadable, Step: want.step}, err
	}
	t := decide.Template{Hash: want.source, Type: string(want.data.InstanceType), Notes: want.notes, Mute: want.mute}
	if len(g.world.Types) > 0 { // the policy's list counts, its first type most
		t.Type = g.world.Types[0]
	}
	image, unreadable, err := a.image(ctx, aws.ToString(want.data.ImageId))
	if err != nil || unreadable != "" {
		t.Unreadable = unreadable
		return t, err
	}
	t.Need = a.needOf(image, want)
	asks := a.userNeeds(want)
	t.Needs, t.NeedsUnread, t.Hasty, t.Clocked, t.Cluster = asks.list, asks.unread, cmp.Or(asks.hasty, want.hasty), asks.clocked, asks.cluster
	t.HookStops, t.HookFails = asks.stops, asks.fails
	t.Windows = image.Platform == types.PlatformValuesWindows || asks.windows
	if err := a.ours(ctx, want, &t); err != nil {
		return t, err
	}
	t.Unreadable = a.rehearse(ctx, g, want, t)
	return t, nil
}

// launches tells whether the group says what it launches.
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
	if unreadable = unservable(from.data, g.world.PlacementGroup); unreadable != "" {
		return wanted{step: stepFor(from.data, g.world.PlacementGroup)}, unreadable, nil
	}
	if namesNoSubnets(g.raw) && len(from.data.SecurityGroups) > 0 {
		return wanted{step: "name the security groups by their ids (SecurityGroupIds)"}, "the group names no subnets and its template names security groups by name: a launch into a subnet takes their ids only", nil
	}
	forOverrides(from.data)
	tidyTags(from.data, g.world.Tags)
	toGP3(from.data, g.settings.GP2Threshold)
	intoPlacementGroup(from.data, g.world.PlacementGroup)
	w = wanted{name: decide.TemplateName(g.world.Name), source: sourceHash(from), owners: from.data.UserData}
	if left := append(from.dropped, from.adapt()...); len(left) > 0 {
		w.notes = append(w.notes, "not taken over: "+strings.Join(left, ", "))
	}
	aboard, err := a.crew(ctx, g, from.data, a.needsMembership(g, w))
	if err != nil {
		return w, "", err
	}
	w.hasty, w.mute = aboard.hasty, aboard.mute
	if aboard.note != "" {
		w.notes = append(w.notes, aboard.note)
	}
	w.vary(from)
	return w, "", nil
}

// sourceHash is of what the owner says, by which it is known whether that has changed since something was launched. It must not depend on what a
// version of ours leaves out: else what is under way would count as outdated after an update of ours. That termination protection is not part of it
// was so from the first.
func sourceHash(from original) string {
	data := *from.data
	if aws.ToBool(data.DisableApiTermination) {
		data.DisableApiTermination = nil
	}
	from.data = &data
	return contentHash(from)
}

// adapt takes out what no replacement is launched with, and names it.
func (o original) adapt() []string {
	if o.member {
		o.data.CpuOptions = unusual(o.data.CpuOptions, string(o.data.InstanceType))
	}
	return dropFrom(o.data)
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
	member  bool // it is made of a member, for want of both
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
	key := aws.ToString(in.LaunchTemplateId) + aws.ToString(in.LaunchTemplateName) + " " + version
	body, err := recall(g.memory, "EC2.DescribeLaunchTemplateVersions", key, func() ([]byte, error) {
		out, err := a.EC2.DescribeLaunchTemplateVersions(ctx, in)
		if err != nil || len(out.LaunchTemplateVersions) == 0 {
			return nil, err
		}
		return json.Marshal(out.LaunchTemplateVersions[0]) // a copy for each look, since what is made of it is changed
	})
	if f, detail := classify(err); f == decide.Gone || f == decide.Invalid {
		o.gone = f == decide.Gone
		return o, "the group's launch template cannot be read: " + detail, nil
	}
	if err != nil {
		return o, "", fmt.Errorf("read the launch template of group %q: %w", g.world.Name, err)
	}
	var source types.LaunchTemplateVersion
	if len(body) > 0 {
		err = json.Unmarshal(body, &source)
	}
	if err != nil || source.LaunchTemplateData == nil {
		o.gone = true
		return o, fmt.Sprintf("the group's launch template has no version %s", version), nil
	}
	o.id, o.version = aws.ToString(source.LaunchTemplateId), aws.ToInt64(source.VersionNumber)
	o.data, o.dropped = convert(source.LaunchTemplateData)
	return o, "", nil
}

func (a *Actor) fromConfiguration(ctx context.Context, g described) (o original, unreadable string, err error) {
	list, err := recall(g.memory, "Auto Scaling.DescribeLaunchConfigurations", g.configuration, func() ([]astypes.LaunchConfiguration, error) {
		out, err := a.AutoScaling.DescribeLaunchConfigurations(ctx, &autoscaling.DescribeLaunchConfigurationsInput{LaunchConfigurationNames: []string{g.configuration}})
		if err != nil {
			return nil, err
		}
		return out.LaunchConfigurations, nil
	})
	if err != nil {
		return o, "", fmt.Errorf("read the launch configuration of group %q: %w", g.world.Name, err)
	}
	if len(list) == 0 {
		o.gone = true
		return o, fmt.Sprintf("the group's launch configuration %q does not exist", g.configuration), nil
	}
	o.id = g.configuration
	o.data, unreadable = fromConfiguration(list[0])
	return o, unreadable, nil
}

func contentHash(from original) string {
	b, _ := json.Marshal(from.data) // texts, whole numbers and booleans: it cannot fail
	sum := sha256.Sum256(fmt.Appendf(b, "\x00%s\x00%d", from.id, from.version))
	return hex.EncodeToString(sum[:16])
}
