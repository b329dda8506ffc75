package offline

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

// World is one group as the files show it, with what had to be assumed.
type World struct {
	decide.World
	Assumed []string
}

// Worlds reads the files and makes a world of every group, in the file's order, as of now.
func Worlds(f Files, scope settings.Scope, defaults settings.Settings, now time.Time) ([]World, error) {
	var groups []astypes.AutoScalingGroup
	read := make(chan error, 1)
	go func() { // the two largest files at once
		var err error
		groups, err = readGroups(f.Groups)
		read <- err
	}()
	instances, err := readInstances(f.Instances)
	if err := errors.Join(<-read, err); err != nil {
		return nil, err
	}
	m := maker{scope: scope, defaults: defaults, now: now, byID: make(map[string]types.Instance, len(instances)), ofGroup: map[string][]string{}}
	for _, i := range instances {
		id := aws.ToString(i.InstanceId)
		m.byID[id] = i
		for _, t := range i.Tags {
			if aws.ToString(t.Key) == decide.TagGroup {
				m.ofGroup[aws.ToString(t.Value)] = append(m.ofGroup[aws.ToString(t.Value)], id)
			}
		}
	}
	if m.images, err = readImages(f.Images); err != nil {
		return nil, err
	}
	shelf, err := readShelf(f, now)
	if err != nil {
		return nil, err
	}
	m.catalogs = catalogs{shelf: shelf, now: now, made: map[string]market.Catalog{}}
	out := make([]World, 0, len(groups))
	for _, g := range groups {
		out = append(out, m.world(g))
	}
	return out, nil
}

// maker makes worlds of what was read.
type maker struct {
	scope    settings.Scope
	defaults settings.Settings
	now      time.Time
	byID     map[string]types.Instance
	ofGroup  map[string][]string // by our tag
	images   map[string]types.Image
	catalogs catalogs
}

// blind is what no file tells of any group.
const blind = "lifecycle hooks, instance refreshes, CloudFormation stacks, termination protection and load balancers' health are not in the files: none stands in the way"

func (m *maker) world(g astypes.AutoScalingGroup) World {
	w := World{World: decide.World{Now: m.now, Record: ledger.Record{Group: aws.ToString(g.AutoScalingGroupName)}}, Assumed: []string{blind}}
	w.Group, w.Settings = act.ToGroup(g, m.scope, m.defaults)
	m.lenient(&w)
	example := m.instances(&w, g)
	m.subnets(&w, g)
	w.Template = decide.Template{ID: "planned", Version: "1"}
	product := linux
	if example != nil {
		product = m.need(&w, *example)
	}
	zones := slices.Sorted(maps.Keys(w.Group.Subnets))
	if len(zones) > 0 {
		w.Catalog = m.catalogs.of(region(zones[0]), product, zones)
	}
	return w
}

// lenient lets no gap in the description refuse the group: what is missing was cut from the output, not from the group.
func (m *maker) lenient(w *World) {
	w.Group.NoSubnets = false
	if !w.Group.HasTemplate && !w.Group.MixedInstances {
		w.Group.HasTemplate = true
		w.Assumed = append(w.Assumed, "neither launch template nor launch configuration is in the files: replacements are launched like the instances")
	}
}

// instances puts the group's members and what carries our tag into the world. It returns the member whose like is looked for: the
// oldest that is on-demand.
func (m *maker) instances(w *World, g astypes.AutoScalingGroup) *types.Instance {
	byID := map[string]decide.Instance{}
	var example *types.Instance
	for _, id := range m.members(g) {
		i, ok := m.byID[id]
		if !ok {
			w.Assumed = append(w.Assumed, id+" is not in the instances file: it counts for nothing")
			continue
		}
		byID[id] = m.instance(w, i)
		if i.InstanceLifecycle == "" && (example == nil || aws.ToTime(i.LaunchTime).Before(aws.ToTime(example.LaunchTime))) {
			example = &i
		}
		if name := placementGroup(i); name != "" && w.Group.PlacementGroup == "" {
			w.Group.PlacementGroup = name
		}
	}
	for _, id := range m.ofGroup[w.Group.Name] {
		byID[id] = m.instance(w, m.byID[id])
	}
	act.Join(byID, g.Instances)
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		w.Instances = append(w.Instances, byID[id])
	}
	return example
}

func (m *maker) instance(w *World, i types.Instance) decide.Instance {
	out := act.ToInstance(i)
	if out.Unproven {
		out.Ours, out.Unproven = true, false
		w.Assumed = append(w.Assumed, out.ID+" is ours, by its tags: whose launch template it is of is not in the files")
	}
	if i.State == nil {
		out.State = string(types.InstanceStateNameRunning)
		w.Assumed = append(w.Assumed, out.ID+" runs, since it is listed without a state")
	}
	if out.Launched.After(m.now) {
		out.Launched = time.Time{}
		w.Assumed = append(w.Assumed, out.ID+" was launched long ago, since its launch time is after the time to plan for")
	}
	return out
}

func (m *maker) members(g astypes.AutoScalingGroup) []string {
	var ids []string
	for _, i := range g.Instances {
		ids = append(ids, aws.ToString(i.InstanceId))
	}
	return ids
}

func placementGroup(i types.Instance) string {
	if i.Placement == nil {
		return ""
	}
	return aws.ToString(i.Placement.GroupName)
}

// subnets gives each of the group's zones a subnet: the one that a member shows there, else any of the group's that no other zone
// has. Which is which, the description does not say.
func (m *maker) subnets(w *World, g astypes.AutoScalingGroup) {
	w.Group.Subnets = map[string]string{}
	zones := slices.Clone(g.AvailabilityZones)
	left := strings.FieldsFunc(aws.ToString(g.VPCZoneIdentifier), func(r rune) bool { return r == ',' || r == ' ' })
	for _, member := range g.Instances {
		zone := aws.ToString(member.AvailabilityZone)
		if !slices.Contains(zones, zone) && zone != "" {
			zones = append(zones, zone)
		}
		if i, ok := m.byID[aws.ToString(member.InstanceId)]; ok && i.SubnetId != nil && w.Group.Subnets[zone] == "" {
			w.Group.Subnets[zone] = *i.SubnetId
			left = slices.DeleteFunc(left, func(s string) bool { return s == *i.SubnetId })
		}
	}
	slices.Sort(zones)
	guessed := false
	for _, z := range zones {
		if w.Group.Subnets[z] != "" {
			continue
		}
		guessed = true
		w.Group.Subnets[z] = "a subnet in " + z
		if len(left) > 0 {
			w.Group.Subnets[z], left = left[0], left[1:]
		}
	}
	if guessed {
		w.Assumed = append(w.Assumed, "which subnet is in which zone is not in the files")
	}
}

// need tells what a replacement must be able to do, by the image where a file describes it, else by the instance; it returns the
// product, by which spot is priced.
func (m *maker) need(w *World, i types.Instance) string {
	n := market.Need{Arch: string(i.Architecture), Virtualization: string(i.VirtualizationType), BootMode: string(i.BootMode)}
	ena := i.EnaSupport
	image, known := m.images[aws.ToString(i.ImageId)]
	if known {
		n.Arch, n.Virtualization, n.BootMode, ena = string(image.Architecture), string(image.VirtualizationType), string(image.BootMode), image.EnaSupport
		n.UsesInstanceStore = slices.ContainsFunc(image.BlockDeviceMappings, func(b types.BlockDeviceMapping) bool {
			return strings.HasPrefix(aws.ToString(b.VirtualName), "ephemeral")
		})
	} else {
		w.Assumed = append(w.Assumed, fmt.Sprintf("image %s is not in the files: architecture, virtualization, ENA and boot mode are those of %s", aws.ToString(i.ImageId), aws.ToString(i.InstanceId)))
	}
	if ena != nil {
		n.ENA = market.SupportNo
		if *ena {
			n.ENA = market.SupportYes
		}
	}
	n.NetworkInterfaces = len(i.NetworkInterfaces)
	w.Template.Need = n
	p := act.Product(aws.ToString(i.PlatformDetails))
	if i.PlatformDetails == nil && i.Platform == types.PlatformValuesWindows {
		p = "Windows"
	}
	return p
}

// region cuts a zone's name: us-east-1a is in us-east-1, the local zone us-west-2-lax-1a in us-west-2-lax-1.
func region(zone string) string {
	return strings.TrimRight(zone, "abcdefghijklmnopqrstuvwxyz")
}
