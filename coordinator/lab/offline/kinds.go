package offline

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	sqtypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"autospotting/pkg/beanstalk"
)

// kind is one sort of description, as one command of the AWS CLI prints it.
type kind struct {
	key     string // of the list in the command's document
	command string
	// has are fields by which one description of it is known where --query cut it out of its document; each is one that has to be there, or
	// several of which one has to be.
	has [][]string
	// not are fields that make it something else.
	not  []string
	take func(*dump, json.RawMessage) error
}

// The keys of the documents.
const (
	keyGroups         = "AutoScalingGroups"
	keyReservations   = "Reservations"
	keyImages         = "Images"
	keyTypes          = "InstanceTypes"
	keyPrices         = "SpotPriceHistory"
	keyHooks          = "LifecycleHooks"
	keyVersions       = "LaunchTemplateVersions"
	keyConfigurations = "LaunchConfigurations"
	keyRefreshes      = "InstanceRefreshes"
	keyStacks         = "Stacks"
	keyActivities     = "Activities"
	keyOfferings      = "InstanceTypeOfferings"
	keyProtection     = "DisableApiTermination"
	keyQuotas         = "Quotas"
	keyRules          = "Rules"
	keyEnvironments   = "Environments"
)

// kinds are what is understood. Of those that a description could be taken for, the first counts.
var kinds = []kind{
	{key: keyHooks, command: "autoscaling describe-lifecycle-hooks --auto-scaling-group-name NAME", has: [][]string{{"LifecycleHookName"}}, take: listed(func(d *dump) *[]astypes.LifecycleHook { return &d.hooks })},
	{key: keyRefreshes, command: "autoscaling describe-instance-refreshes --auto-scaling-group-name NAME", has: [][]string{{"InstanceRefreshId"}}, take: listed(func(d *dump) *[]astypes.InstanceRefresh { return &d.refreshes })},
	{key: keyActivities, command: "autoscaling describe-scaling-activities", has: [][]string{{"ActivityId"}}, take: listed(func(d *dump) *[]astypes.Activity { return &d.activities })},
	{key: "AutoScalingInstances", command: "autoscaling describe-auto-scaling-instances", has: [][]string{{"InstanceId"}, {"AutoScalingGroupName"}, {"LifecycleState"}}, not: []string{"Instances"}, take: listed(func(d *dump) *[]astypes.AutoScalingInstanceDetails { return &d.members })},
	{key: keyGroups, command: "autoscaling describe-auto-scaling-groups", has: [][]string{{"AutoScalingGroupName"}}, take: (*dump).takeGroup},
	{key: keyConfigurations, command: "autoscaling describe-launch-configurations", has: [][]string{{"LaunchConfigurationName"}, {"ImageId"}}, take: listed(func(d *dump) *[]astypes.LaunchConfiguration { return &d.configurations })},

	{key: keyVersions, command: "ec2 describe-launch-template-versions --versions '$Default' '$Latest'", has: [][]string{{"LaunchTemplateData"}, {"LaunchTemplateId", "LaunchTemplateName"}}, take: listed(func(d *dump) *[]types.LaunchTemplateVersion { return &d.versions })},
	{key: "SpotInstanceRequests", command: "ec2 describe-spot-instance-requests", has: [][]string{{"SpotInstanceRequestId"}, {"Status"}}, take: listed(func(d *dump) *[]types.SpotInstanceRequest { return &d.requests })},
	{key: "InstanceStatuses", command: "ec2 describe-instance-status", has: [][]string{{"InstanceId"}, {"InstanceStatus"}}, take: listed(func(d *dump) *[]types.InstanceStatus { return &d.statuses })},
	{key: keyReservations, command: "ec2 describe-instances", has: [][]string{{"InstanceId"}}, not: []string{keyProtection, "LifecycleState", "VolumeId", "AllocationId"}, take: (*dump).takeReservation},
	{key: keyImages, command: "ec2 describe-images --image-ids ID…", has: [][]string{{"ImageId"}, {"Architecture", "RootDeviceType", "ImageLocation"}}, take: listed(func(d *dump) *[]types.Image { return &d.images })},
	{key: keyTypes, command: "ec2 describe-instance-types", has: [][]string{{"InstanceType"}, {"VCpuInfo"}}, take: listed(func(d *dump) *[]types.InstanceTypeInfo { return &d.sold })},
	{key: keyOfferings, command: "ec2 describe-instance-type-offerings --location-type availability-zone", has: [][]string{{"InstanceType"}, {"Location"}}, take: listed(func(d *dump) *[]types.InstanceTypeOffering { return &d.offerings })},
	{key: keyPrices, command: "ec2 describe-spot-price-history", has: [][]string{{"InstanceType"}, {"SpotPrice"}}, take: (*dump).takePrice},
	{key: "Subnets", command: "ec2 describe-subnets", has: [][]string{{"SubnetId"}, {"AvailabilityZone"}, {"CidrBlock", "SubnetArn", "VpcId"}}, take: listed(func(d *dump) *[]types.Subnet { return &d.subnets })},
	{key: "PlacementGroups", command: "ec2 describe-placement-groups", has: [][]string{{"GroupName"}, {"Strategy"}}, take: listed(func(d *dump) *[]types.PlacementGroup { return &d.placements })},
	{key: keyStacks, command: "cloudformation describe-stacks", has: [][]string{{"StackStatus"}, {"StackName", "StackId"}}, take: listed(func(d *dump) *[]cfntypes.Stack { return &d.stacks })},
	{key: keyEnvironments, command: "elasticbeanstalk describe-environments", has: [][]string{{"EnvironmentId"}, {"Status"}, {"EnvironmentName", "ApplicationName"}}, take: listed(func(d *dump) *[]beanstalk.EnvironmentDescription { return &d.environments })},
	{key: keyQuotas, command: "service-quotas list-service-quotas --service-code ec2", has: [][]string{{"QuotaCode"}, {"Value"}}, take: listed(func(d *dump) *[]sqtypes.ServiceQuota { return &d.quotas })},
	{key: keyRules, command: "events list-rules", has: [][]string{{"EventBusName"}, {"EventPattern", "ScheduleExpression"}}, take: listed(func(d *dump) *[]ebtypes.Rule { return &d.rules })},
	{key: keyProtection, command: "ec2 describe-instance-attribute --attribute disableApiTermination --instance-id ID", has: [][]string{{keyProtection}, {"InstanceId"}}, take: (*dump).takeProtection},
}

// kindOf finds a kind by its key.
func kindOf(key string) kind {
	for _, k := range kinds {
		if k.key == key {
			return k
		}
	}
	return kind{}
}

// fits tells whether an object's fields are those of one description of the kind.
func (k kind) fits(fields map[string]json.RawMessage) bool {
	for _, name := range k.not {
		if fields[name] != nil {
			return false
		}
	}
	for _, one := range k.has {
		found := false
		for _, name := range one {
			found = found || fields[name] != nil
		}
		if !found {
			return false
		}
	}
	return true
}

func listed[T any](list func(*dump) *[]T) func(*dump, json.RawMessage) error {
	return func(d *dump, raw json.RawMessage) error {
		var one T
		if err := decode(raw, &one); err != nil {
			return err
		}
		to := list(d)
		*to = append(*to, one)
		return nil
	}
}

// timeText is a time as Python's str() has it, with a space, or without a zone, which is UTC then.
var timeText = regexp.MustCompile(`"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)?"`)

// decode reads a description. Scripts print what boto3 answers with times that are not JSON's: where it cannot be read, it is tried with those mended.
func decode(raw json.RawMessage, into any) error {
	err := json.Unmarshal(raw, into)
	if err == nil || !timeText.Match(raw) {
		return err
	}
	mended := timeText.ReplaceAllFunc(raw, func(t []byte) []byte {
		part := timeText.FindSubmatch(t)
		return fmt.Appendf(nil, "\"%sT%s%s\"", part[1], part[2], cmp.Or(string(part[3]), "Z"))
	})
	if json.Unmarshal(mended, into) == nil {
		return nil
	}
	return err // with the place in what the file says
}

// named are the fields by which a description says which one it is, and those without which nothing could be said of a group.
type named struct {
	AutoScalingGroupName, InstanceId *string
	MinSize, MaxSize                 json.RawMessage
	DesiredCapacity                  json.RawMessage
	Instances, Tags                  json.RawMessage
	AvailabilityZones                json.RawMessage
	VPCZoneIdentifier                json.RawMessage
}

func (d *dump) takeGroup(raw json.RawMessage) error {
	var is named
	_ = json.Unmarshal(raw, &is) // what is wrong with it the other says
	var g asg
	err := decode(raw, &g.AutoScalingGroup)
	if err != nil && is.AutoScalingGroupName == nil {
		return err
	}
	if is.AutoScalingGroupName == nil || *is.AutoScalingGroupName == "" {
		return errors.New("a group has no AutoScalingGroupName")
	}
	g.AutoScalingGroupName, g.broken, g.shows = is.AutoScalingGroupName, cmp.Or(err, is.lacks(len(g.Instances))), is
	d.addGroup(g)
	return nil
}

// lacks names what --query left out that nothing can stand in for.
func (n named) lacks(members int) error {
	for _, f := range []struct {
		name string
		has  json.RawMessage
	}{{"MinSize", n.MinSize}, {"MaxSize", n.MaxSize}, {"DesiredCapacity", n.DesiredCapacity}, {"Instances", n.Instances}} {
		if f.has == nil && !(f.name == "Instances" && members > 0) {
			return errors.New("the file does not tell its " + f.name + ": give the output of aws autoscaling describe-auto-scaling-groups without --query")
		}
	}
	return nil
}

// takeReservation takes a reservation with its instances, or one instance that --query took out of it.
func (d *dump) takeReservation(raw json.RawMessage) error {
	var r struct{ Instances []json.RawMessage }
	var is named
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	if r.Instances != nil {
		for _, one := range r.Instances {
			if err := d.takeReservation(one); err != nil {
				return err
			}
		}
		return nil
	}
	var i types.Instance
	err := decode(raw, &i)
	if err == nil && aws.ToString(i.InstanceId) != "" {
		d.instances[*i.InstanceId] = i
		return nil
	}
	_ = json.Unmarshal(raw, &is)
	if err == nil || aws.ToString(is.InstanceId) == "" {
		return cmp.Or(err, errors.New("an instance has no InstanceId"))
	}
	d.broken[*is.InstanceId] = err
	return nil
}

func (d *dump) takePrice(raw json.RawMessage) error {
	var p types.SpotPrice
	if err := decode(raw, &p); err != nil {
		return err
	}
	if usd, err := strconv.ParseFloat(aws.ToString(p.SpotPrice), 64); err != nil || !(usd > 0) {
		return fmt.Errorf("price %d, %q, is no price", len(d.prices)+1, aws.ToString(p.SpotPrice))
	}
	d.prices = append(d.prices, p)
	return nil
}

func (d *dump) takeProtection(raw json.RawMessage) error {
	var out struct {
		InstanceId            string
		DisableApiTermination struct{ Value bool }
	}
	err := json.Unmarshal(raw, &out)
	d.protected[out.InstanceId] = out.DisableApiTermination.Value
	return err
}
