package offline

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
)

// index finds descriptions.
type index struct {
	byTag     map[string][]string // ids of instances, by the key and value of the two tags that name a group
	byImage   map[string]string   // an instance of each image
	zones     map[string]string   // of subnets, as the instances in them show
	images    map[string]types.Image
	versions  map[string][]types.LaunchTemplateVersion // by id, and by name
	memberOf  map[string]int                           // which of the groups lists an instance
	named     map[string]int                           // how many groups have a name
	hooksOf   map[string]bool                          // groups of which hooks are told
	refreshed map[string]bool
}

func tagKey(key, value string) string { return key + "\x00" + value }

func (d *dump) index() {
	x := index{byTag: map[string][]string{}, byImage: map[string]string{}, zones: map[string]string{}, images: map[string]types.Image{},
		versions: map[string][]types.LaunchTemplateVersion{}, memberOf: map[string]int{}, named: map[string]int{}, hooksOf: map[string]bool{}, refreshed: map[string]bool{}}
	for _, id := range sorted(d.instances) {
		i := d.instances[id]
		for _, t := range i.Tags {
			if key := aws.ToString(t.Key); key == decide.TagGroup || key == tagMember {
				at := tagKey(key, aws.ToString(t.Value))
				x.byTag[at] = append(x.byTag[at], id)
			}
		}
		if image := aws.ToString(i.ImageId); image != "" && x.byImage[image] == "" {
			x.byImage[image] = id
		}
		if i.Placement != nil && aws.ToString(i.SubnetId) != "" {
			x.zones[*i.SubnetId] = aws.ToString(i.Placement.AvailabilityZone)
		}
	}
	for _, i := range d.images {
		x.images[aws.ToString(i.ImageId)] = i
	}
	for _, v := range d.versions {
		for _, name := range slices.Compact([]string{aws.ToString(v.LaunchTemplateId), aws.ToString(v.LaunchTemplateName)}) {
			if name != "" {
				x.versions[name] = append(x.versions[name], v)
			}
		}
	}
	d.hooks = once(d.hooks, func(h astypes.LifecycleHook) string {
		return aws.ToString(h.AutoScalingGroupName) + "|" + aws.ToString(h.LifecycleHookName)
	})
	d.activities = once(d.activities, func(a astypes.Activity) string { return aws.ToString(a.ActivityId) })
	for n, g := range d.groups {
		x.named[*g.AutoScalingGroupName]++
		for _, m := range g.Instances {
			x.memberOf[aws.ToString(m.InstanceId)] = n
		}
	}
	for _, h := range d.hooks {
		x.hooksOf[aws.ToString(h.AutoScalingGroupName)] = true
	}
	for _, r := range d.refreshes {
		x.refreshed[aws.ToString(r.AutoScalingGroupName)] = true
	}
	d.made = x
}

// tagMember is how Auto Scaling marks its members.
const tagMember = "aws:autoscaling:groupName"

// version finds the version of a template that a number or $Default or $Latest names: the latest is the highest that is told.
func (d *dump) version(v []types.LaunchTemplateVersion, name string) (found types.LaunchTemplateVersion, ok bool) {
	for _, one := range v {
		number := aws.ToInt64(one.VersionNumber)
		switch {
		case one.VersionNumber == nil && len(v) == 1: // --query left its number out
			return one, true
		case name == "$Latest" && (!ok || number > aws.ToInt64(found.VersionNumber)),
			name == "$Default" && aws.ToBool(one.DefaultVersion), name == formatted(number):
			found, ok = one, true
		}
	}
	return found, ok
}

// once leaves the last of what several files tell of the same thing, in the place of the first.
func once[T any](list []T, key func(T) string) []T {
	at := map[string]int{}
	var out []T
	for _, one := range list {
		k := key(one)
		if n, has := at[k]; has {
			out[n] = one
			continue
		}
		at[k] = len(out)
		out = append(out, one)
	}
	return out
}
