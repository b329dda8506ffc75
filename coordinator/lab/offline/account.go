package offline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
)

// account answers EC2's calls about one group from what the files tell. Where they tell nothing, something stands in, and is named. It
// serves reads only: a plan makes no other call. All of the interface is written out, so that a read that act learns to make is not forgotten here.
type account struct {
	*dump
	group   asg
	example *types.Instance // the member that stands in for what no file tells of the template and its image; nil where there is none
	assumed []string
	unseen  []string // what no file tells, of which none is assumed
	// unreadData says why the user data is not known; empty where it is.
	unreadData string
}

func (a *account) assume(format string, args ...any) {
	if said := fmt.Sprintf(format, args...); !slices.Contains(a.assumed, said) {
		a.assumed = append(a.assumed, said)
	}
}

// none notes that no file tells of something of the group, which is taken as that there is none.
func (a *account) none(what string) {
	if !slices.Contains(a.unseen, what) {
		a.unseen = append(a.unseen, what)
	}
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func formatted(n int64) string { return strconv.FormatInt(n, 10) }

// missing is the answer about what does not exist.
func missing(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// DescribeInstances answers by id, and by the two tags that name a group.
func (a *account) DescribeInstances(_ context.Context, in *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	var list []types.Instance
	add := func(id string) error {
		if err := a.broken[id]; err != nil {
			return fmt.Errorf("the instances file cannot be read at %s: %w", id, err)
		}
		if i, ok := a.instances[id]; ok {
			list = append(list, a.whole(i))
		}
		return nil
	}
	for _, f := range in.Filters {
		for _, value := range f.Values {
			found := []string{value}
			if key, byTag := strings.CutPrefix(aws.ToString(f.Name), "tag:"); byTag {
				found = slices.DeleteFunc(slices.Clone(a.made.byTag[tagKey(key, value)]), a.elsewhere)
			}
			for _, id := range found {
				if err := add(id); err != nil {
					return nil, err
				}
			}
		}
	}
	return &ec2.DescribeInstancesOutput{Reservations: []types.Reservation{{Instances: list}}}, nil
}

// elsewhere tells whether an instance runs in another region, where a group may have the same name.
func (a *account) elsewhere(id string) bool {
	i := a.instances[id]
	if i.Placement == nil {
		return false
	}
	its, ours := inRegion.FindString(aws.ToString(i.Placement.AvailabilityZone)), a.region()
	return its != "" && ours != "" && its != ours
}

// DescribeInstanceAttribute tells of termination protection.
func (a *account) DescribeInstanceAttribute(_ context.Context, in *ec2.DescribeInstanceAttributeInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceAttributeOutput, error) {
	on, told := a.protected[aws.ToString(in.InstanceId)]
	if !told {
		a.none("termination protection of instances")
	}
	return &ec2.DescribeInstanceAttributeOutput{DisableApiTermination: &types.AttributeBooleanValue{Value: &on}}, nil
}

// DescribeInstanceStatus tells what a file has of the instances; of others there is no status.
func (a *account) DescribeInstanceStatus(_ context.Context, in *ec2.DescribeInstanceStatusInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceStatusOutput, error) {
	out := &ec2.DescribeInstanceStatusOutput{}
	for _, s := range a.statuses {
		if slices.Contains(in.InstanceIds, aws.ToString(s.InstanceId)) {
			out.InstanceStatuses = append(out.InstanceStatuses, s)
		}
	}
	return out, nil
}

// DescribeSpotInstanceRequests is asked by instance, or by status.
func (a *account) DescribeSpotInstanceRequests(_ context.Context, in *ec2.DescribeSpotInstanceRequestsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSpotInstanceRequestsOutput, error) {
	if !a.told["SpotInstanceRequests"] {
		a.none("interruption notices")
	}
	out := &ec2.DescribeSpotInstanceRequestsOutput{}
	for _, r := range a.requests {
		of := aws.ToString(r.InstanceId)
		if len(in.Filters) > 0 && aws.ToString(in.Filters[0].Name) == "status-code" && r.Status != nil {
			of = aws.ToString(r.Status.Code)
		}
		if len(in.Filters) > 0 && slices.Contains(in.Filters[0].Values, of) {
			out.SpotInstanceRequests = append(out.SpotInstanceRequests, r)
		}
	}
	return out, nil
}

// defaultSubnets are those of the zones that are asked for. Where no file tells of subnets each zone has one, since the group launches there.
func (a *account) defaultSubnets(zones []string) *ec2.DescribeSubnetsOutput {
	out := &ec2.DescribeSubnetsOutput{}
	for _, s := range a.subnets {
		if aws.ToBool(s.DefaultForAz) && slices.Contains(zones, aws.ToString(s.AvailabilityZone)) {
			out.Subnets = append(out.Subnets, s)
		}
	}
	if a.told["Subnets"] {
		return out
	}
	a.assume("the group names no subnets: each of its zones has a default one, since no file tells")
	for _, zone := range zones {
		out.Subnets = append(out.Subnets, types.Subnet{SubnetId: aws.String("the-default-subnet-of-" + zone), AvailabilityZone: aws.String(zone)})
	}
	return out
}

// DescribeSubnets is asked by id, or for the default ones of zones. A subnet that no file has is in the zone that an instance in it shows, else in one of the group's that is left.
func (a *account) DescribeSubnets(_ context.Context, in *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	if aws.ToString(in.Filters[0].Name) == "default-for-az" {
		return a.defaultSubnets(in.Filters[1].Values), nil
	}
	out := &ec2.DescribeSubnetsOutput{}
	asked := in.Filters[0].Values
	taken := map[string]bool{}
	var left []string
	for _, id := range asked {
		at := slices.IndexFunc(a.subnets, func(s types.Subnet) bool { return aws.ToString(s.SubnetId) == id })
		switch zone := a.made.zones[id]; {
		case at >= 0:
			out.Subnets = append(out.Subnets, a.subnets[at])
			taken[aws.ToString(a.subnets[at].AvailabilityZone)] = true
		case zone != "":
			out.Subnets = append(out.Subnets, types.Subnet{SubnetId: aws.String(id), AvailabilityZone: aws.String(zone)})
			taken[zone] = true
		default:
			left = append(left, id)
		}
	}
	if len(left) == 0 || a.told["Subnets"] { // those that the file does not have are gone
		return out, nil
	}
	zones := slices.DeleteFunc(a.zonesOf(), func(z string) bool { return taken[z] })
	if len(zones) != 1 || len(left) != 1 { // else there is no choice
		a.assume("which subnet is in which zone is not in the files")
	}
	for n := range min(len(zones), len(left)) {
		out.Subnets = append(out.Subnets, types.Subnet{SubnetId: aws.String(left[n]), AvailabilityZone: aws.String(zones[n])})
	}
	return out, nil
}

// zonesOf are the group's zones, in order.
func (a *account) zonesOf() []string {
	zones := slices.Clone(a.group.AvailabilityZones)
	for _, m := range a.group.Instances {
		if zone := aws.ToString(m.AvailabilityZone); zone != "" {
			zones = append(zones, zone)
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// DescribePlacementGroups finds no group that no file has: then its strategy is not known.
func (a *account) DescribePlacementGroups(_ context.Context, in *ec2.DescribePlacementGroupsInput, _ ...func(*ec2.Options)) (*ec2.DescribePlacementGroupsOutput, error) {
	for _, p := range a.placements {
		if slices.Contains(in.GroupNames, aws.ToString(p.GroupName)) {
			return &ec2.DescribePlacementGroupsOutput{PlacementGroups: []types.PlacementGroup{p}}, nil
		}
	}
	return nil, missing("InvalidPlacementGroup.Unknown", "The Placement Group '%s' is in no file.", strings.Join(in.GroupNames, ", "))
}

// DescribeImages is asked by id.
func (a *account) DescribeImages(_ context.Context, in *ec2.DescribeImagesInput, _ ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	id := in.ImageIds[0]
	i, told := a.made.images[id]
	if !told {
		i = a.imageLike(id)
	}
	return &ec2.DescribeImagesOutput{Images: []types.Image{i}}, nil
}

// DescribeLaunchTemplateVersions is asked for one version of the owner's template, or for ours by its name.
func (a *account) DescribeLaunchTemplateVersions(_ context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	name := cmp.Or(aws.ToString(in.LaunchTemplateId), aws.ToString(in.LaunchTemplateName))
	list := a.made.versions[name]
	if name == decide.TemplateName(aws.ToString(a.group.AutoScalingGroupName)) {
		return a.ourTemplate(list, in.Versions)
	}
	if len(in.Versions) == 0 {
		return &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: list}, nil
	}
	v, told := a.version(list, in.Versions[0])
	switch {
	case !told:
		v = a.templateLike(name, in.Versions[0], len(list) > 0)
	case in.Versions[0] == "$Latest":
		a.assume("version %d of launch template %s is its latest, since no file has a later one", aws.ToInt64(v.VersionNumber), name)
	}
	return &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: []types.LaunchTemplateVersion{v}}, nil
}

// ourTemplate is the one that the coordinator made for the group. Where no file has it, instances that carry all marks of ours are believed.
func (a *account) ourTemplate(list []types.LaunchTemplateVersion, asked []string) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	if len(list) > 0 && len(asked) == 0 {
		list = slices.Clone(list) // other groups read it at the same time
		slices.SortStableFunc(list, func(x, y types.LaunchTemplateVersion) int {
			return cmp.Compare(aws.ToInt64(y.VersionNumber), aws.ToInt64(x.VersionNumber))
		})
		return &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: list}, nil
	}
	if v, told := a.version(list, "$Latest"); told {
		return &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: []types.LaunchTemplateVersion{v}}, nil
	}
	if len(asked) > 0 {
		for _, id := range a.made.byTag[tagKey(decide.TagGroup, aws.ToString(a.group.AutoScalingGroupName))] {
			if a.elsewhere(id) {
				continue
			}
			i := act.ToInstance(a.instances[id])
			if _, others := a.made.versions[i.Template]; !i.Unproven || others {
				continue
			}
			a.assume("%s is ours, by its tags: whose launch template it is of is not in the files", id)
			return &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: []types.LaunchTemplateVersion{{LaunchTemplateId: &i.Template}}}, nil
		}
	}
	return nil, missing("InvalidLaunchTemplateName.NotFoundException", "our template is in no file")
}
