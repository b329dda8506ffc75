package offline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/snapshot"
)

// choose finds the member whose like is looked for: the oldest that is on-demand, else the oldest.
func (a *account) choose() {
	for _, m := range a.group.Instances {
		i, ok := a.instances[aws.ToString(m.InstanceId)]
		if !ok {
			a.assume("%s is not in the instances file: it counts for nothing", aws.ToString(m.InstanceId))
			continue
		}
		if a.example == nil || older(i, *a.example) {
			a.example = &i
		}
	}
}

func older(i, than types.Instance) bool {
	if spot := i.InstanceLifecycle == types.InstanceLifecycleTypeSpot; spot != (than.InstanceLifecycle == types.InstanceLifecycleTypeSpot) {
		return !spot
	}
	return aws.ToTime(i.LaunchTime).Before(aws.ToTime(than.LaunchTime))
}

// mend fills in what --query cut out of the group's description, not out of the group.
func (a *account) mend() {
	g := &a.group
	g.Instances = slices.Clone(g.Instances)
	for n := range g.Instances {
		if m := &g.Instances[n]; m.LifecycleState == "" {
			a.assume("%s is in service, since it is listed without a LifecycleState", aws.ToString(m.InstanceId))
			m.LifecycleState, m.HealthStatus = astypes.LifecycleStateInService, aws.String(cmp.Or(aws.ToString(m.HealthStatus), "Healthy"))
		}
	}
	if g.shows.Tags == nil {
		a.assume("the file does not tell the group's tags: it has none")
	}
	if g.shows.VPCZoneIdentifier == nil {
		var known []string
		for _, m := range g.Instances {
			if i, ok := a.instances[aws.ToString(m.InstanceId)]; ok && aws.ToString(i.SubnetId) != "" {
				known = append(known, *i.SubnetId)
			}
		}
		for _, zone := range a.zonesOf() { // one that no member shows
			known = append(known, "a-subnet-in-"+zone)
		}
		if len(known) == 0 {
			known = []string{"a-subnet"}
		}
		a.assume("the file does not tell the group's subnets: they are its members', and one in each other zone")
		g.VPCZoneIdentifier = aws.String(strings.Join(known, ","))
	}
	if g.LaunchTemplate == nil && aws.ToString(g.LaunchConfigurationName) == "" && g.MixedInstancesPolicy == nil {
		a.assume("neither launch template nor launch configuration is in the files: replacements are launched like the instances")
		g.LaunchTemplate = &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("unknown")}
	}
}

// whole fills in what --query cut out of an instance's description.
func (a *account) whole(i types.Instance) types.Instance {
	id := aws.ToString(i.InstanceId)
	if i.State == nil {
		i.State = &types.InstanceState{Name: types.InstanceStateNameRunning}
		a.assume("%s runs, since it is listed without a state", id)
	}
	if aws.ToTime(i.LaunchTime).After(a.now) {
		i.LaunchTime = aws.Time(time.Time{})
		a.assume("%s was launched long ago, since its launch time is after the time to plan for", id)
	}
	if i.PlatformDetails == nil && i.Platform == types.PlatformValuesWindows {
		i.PlatformDetails = aws.String("Windows")
	}
	return i
}

// like names the member that something is taken from.
func (a *account) like() string {
	if a.example == nil {
		return "no instance"
	}
	return aws.ToString(a.example.InstanceId)
}

// templateLike stands in for a launch template that no file has: it asks for what the example shows that it was launched with. What is
// attached to the members, and their own architecture, is known of each.
func (a *account) templateLike(name, version string, others bool) types.LaunchTemplateVersion {
	switch {
	case name == "unknown":
	case others:
		a.assume("version %s of launch template %s is not in the files: replacements are launched like %s", version, name, a.like())
	default:
		a.assume("launch template %s is not in the files: replacements are launched like %s", name, a.like())
	}
	a.unreadData = "no file has the launch template"
	data := &types.ResponseLaunchTemplateData{ImageId: aws.String(unknownImage), InstanceType: a.memberType()}
	if i := a.example; i != nil {
		data.ImageId, data.InstanceType = aws.String(cmp.Or(aws.ToString(i.ImageId), unknownImage)), i.InstanceType
		if p := i.IamInstanceProfile; p != nil {
			data.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecification{Arn: p.Arn}
		}
		if p := i.Placement; p != nil && (aws.ToString(p.GroupName) != "" || p.Tenancy == types.TenancyHost || p.Tenancy == types.TenancyDedicated) {
			data.Placement = &types.LaunchTemplatePlacement{Tenancy: p.Tenancy, GroupName: p.GroupName}
		}
		if e := i.EnclaveOptions; e != nil && aws.ToBool(e.Enabled) {
			data.EnclaveOptions = &types.LaunchTemplateEnclaveOptions{Enabled: e.Enabled}
		}
		if m := i.MetadataOptions; m != nil {
			data.MetadataOptions = &types.LaunchTemplateInstanceMetadataOptions{HttpProtocolIpv6: types.LaunchTemplateInstanceMetadataProtocolIpv6(m.HttpProtocolIpv6)}
		}
		for _, l := range i.Licenses {
			data.LicenseSpecifications = append(data.LicenseSpecifications, types.LaunchTemplateLicenseConfiguration{LicenseConfigurationArn: l.LicenseConfigurationArn})
		}
		data.CpuOptions = unusual(*i)
	}
	return types.LaunchTemplateVersion{LaunchTemplateId: &name, VersionNumber: aws.Int64(1), LaunchTemplateData: data}
}

// unusual are an instance's CPU options where they are not its type's own, so that somebody asked for them. EC2 describes every instance with some.
func unusual(i types.Instance) *types.LaunchTemplateCpuOptions {
	o := i.CpuOptions
	t, known := snapshot.Lookup(string(i.InstanceType))
	if o == nil || !known {
		return nil
	}
	out := &types.LaunchTemplateCpuOptions{AmdSevSnp: o.AmdSevSnp}
	if int(aws.ToInt32(o.CoreCount)) != t.Cores || int(aws.ToInt32(o.ThreadsPerCore)) != t.ThreadsPerCore {
		out.CoreCount, out.ThreadsPerCore = o.CoreCount, o.ThreadsPerCore
	}
	return out
}

// configurationLike stands in for a launch configuration that no file has.
func (a *account) configurationLike(name string) astypes.LaunchConfiguration {
	a.unreadData = "no file has the launch configuration"
	a.assume("launch configuration %s is not in the files: replacements are launched like %s", name, a.like())
	c := astypes.LaunchConfiguration{LaunchConfigurationName: &name, ImageId: aws.String(unknownImage), InstanceType: aws.String(string(a.memberType()))}
	if i := a.example; i != nil {
		c.ImageId, c.InstanceType = aws.String(cmp.Or(aws.ToString(i.ImageId), unknownImage)), aws.String(string(i.InstanceType))
		if p := i.IamInstanceProfile; p != nil {
			c.IamInstanceProfile = p.Arn
		}
		if p := i.Placement; p != nil {
			c.PlacementTenancy = aws.String(string(p.Tenancy))
		}
	}
	return c
}

// unknownImage is that of an instance of which no file tells it.
const unknownImage = "unknown"

// memberType is the type that the group says of its members.
func (a *account) memberType() types.InstanceType {
	for _, m := range a.group.Instances {
		if t := aws.ToString(m.InstanceType); t != "" {
			return types.InstanceType(t)
		}
	}
	return ""
}

// imageLike stands in for an image that no file has: an instance that runs it shows most of it, and else the example's.
func (a *account) imageLike(id string) types.Image {
	i, from := a.example, a.like()
	if runs, ok := a.instances[a.made.byImage[id]]; ok && (i == nil || aws.ToString(i.ImageId) != id) {
		i, from = &runs, aws.ToString(runs.InstanceId)
	}
	if i == nil {
		a.assume("image %s is not in the files, nor an instance of it: it runs on what the members' type is", id)
		out := types.Image{ImageId: &id, Architecture: types.ArchitectureValuesX8664, VirtualizationType: types.VirtualizationTypeHvm, EnaSupport: aws.Bool(true)}
		if t, ok := snapshot.Lookup(string(a.memberType())); ok && len(t.Arch) > 0 {
			out.Architecture = types.ArchitectureValues(t.Arch[len(t.Arch)-1])
		}
		return out
	}
	a.assume("image %s is not in the files: architecture, virtualization, ENA and boot mode are those of %s", id, from)
	out := types.Image{ImageId: &id, Architecture: i.Architecture, VirtualizationType: i.VirtualizationType, BootMode: i.BootMode, EnaSupport: i.EnaSupport, RootDeviceType: i.RootDeviceType}
	if aws.ToString(i.TpmSupport) != "" {
		out.TpmSupport = types.TpmSupportValues(*i.TpmSupport)
	}
	return out
}
