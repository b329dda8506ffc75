package cloudsim

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// EC2 is a session's EC2 client.
type EC2 struct{ s *Session }

type image struct {
	Image
	id   string
	gone bool
}

type subnet struct {
	id, zone string
	ipv6Only bool
	standard bool // the default subnet of its zone
}

func (c *Cloud) image(id string) *image {
	for _, im := range c.images {
		if im.id == id && !im.gone {
			return im
		}
	}
	return nil
}

func (c *Cloud) subnetByID(id string) *subnet {
	for _, s := range c.subnets {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (c *Cloud) subnetIn(zone string) *subnet {
	for _, s := range c.subnets {
		if s.zone == zone {
			return s
		}
	}
	return nil
}

// describe renders an instance as DescribeInstances does.
func (c *Cloud) describe(i *instance) ec2types.Instance {
	t := c.types[i.typ]
	out := ec2types.Instance{
		InstanceId: aws.String(i.id), InstanceType: ec2types.InstanceType(i.typ), ImageId: aws.String(i.image),
		State:      &ec2types.InstanceState{Name: i.state, Code: aws.Int32(stateCode[i.state])},
		Placement:  &ec2types.Placement{AvailabilityZone: aws.String(i.zone), Tenancy: ec2types.TenancyDefault},
		LaunchTime: aws.Time(i.launched), Tags: tagList(i.tags), Architecture: ec2types.ArchitectureValues(t.Arch),
		SubnetId: aws.String(i.subnet), VpcId: aws.String(vpcID), PrivateIpAddress: aws.String(i.ip),
		Hypervisor: ec2types.HypervisorTypeXen, VirtualizationType: ec2types.VirtualizationTypeHvm,
		RootDeviceType: ec2types.DeviceTypeEbs, RootDeviceName: aws.String("/dev/xvda"),
		EnaSupport: aws.Bool(t.ENA != "unsupported"), KeyName: i.data.KeyName, EbsOptimized: i.data.EbsOptimized,
		Monitoring: &ec2types.Monitoring{State: ec2types.MonitoringStateDisabled},
	}
	if i.spot {
		out.InstanceLifecycle = ec2types.InstanceLifecycleTypeSpot
		out.SpotInstanceRequestId = aws.String(i.request)
	}
	for _, sg := range i.data.SecurityGroupIds {
		out.SecurityGroups = append(out.SecurityGroups, ec2types.GroupIdentifier{GroupId: aws.String(sg)})
	}
	if p := profileOf(i.data); p != "" {
		out.IamInstanceProfile = &ec2types.IamInstanceProfile{Arn: aws.String("arn:aws:iam::" + c.cfg.Account + ":instance-profile/" + p)}
	}
	if i.reasonCode != "" {
		out.StateReason = &ec2types.StateReason{Code: aws.String(i.reasonCode), Message: aws.String(i.reasonText)}
	}
	return out
}

const vpcID = "vpc-0123456789abcdef0"

var stateCode = map[ec2types.InstanceStateName]int32{
	ec2types.InstanceStateNamePending: 0, ec2types.InstanceStateNameRunning: 16, ec2types.InstanceStateNameShuttingDown: 32,
	ec2types.InstanceStateNameTerminated: 48, ec2types.InstanceStateNameStopping: 64, ec2types.InstanceStateNameStopped: 80,
}

func profileOf(d *ec2types.RequestLaunchTemplateData) string {
	if d == nil || d.IamInstanceProfile == nil {
		return ""
	}
	if name := aws.ToString(d.IamInstanceProfile.Name); name != "" {
		return name
	}
	arn := aws.ToString(d.IamInstanceProfile.Arn)
	return arn[strings.LastIndex(arn, "/")+1:]
}

func tagList(m map[string]string) []ec2types.Tag {
	var out []ec2types.Tag
	for _, k := range sortedKeys(m) {
		out = append(out, ec2types.Tag{Key: aws.String(k), Value: aws.String(m[k])})
	}
	return out
}

// DescribeInstances honours ids, the filters instance-id, instance-state-name, tag:K, tag-key, availability-zone,
// instance-lifecycle and subnet-id, and pages. An id that a reader can't see yet is InvalidInstanceID.NotFound.
func (e *EC2) DescribeInstances(ctx context.Context, in *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeInstances", false}, in, func(in *ec2.DescribeInstancesInput) (*ec2.DescribeInstancesOutput, error) {
		c, now := e.s.cloud, e.s.cloud.readTime()
		var hits []ec2types.Reservation
		var bad error
		err := c.visit(in.InstanceIds, c.mayMatch(in.Filters), now, func(i ec2types.Instance) {
			ok, err := matchInstance(i, in.Filters)
			if bad = cmp.Or(bad, err); ok {
				hits = append(hits, ec2types.Reservation{OwnerId: aws.String(c.cfg.Account),
					ReservationId: aws.String("r-" + aws.ToString(i.InstanceId)[2:]), Instances: []ec2types.Instance{i}})
			}
		})
		if err = cmp.Or(err, bad); err != nil {
			return nil, err
		}
		page, next, err := paginate(hits, in.MaxResults, 1000, in.NextToken)
		return &ec2.DescribeInstancesOutput{NextToken: next, Reservations: page}, err
	})
}

// lookup is the visible instances of the given ids, or all of them.
func (c *Cloud) lookup(ids []string, now time.Time) ([]ec2types.Instance, error) {
	var out []ec2types.Instance
	err := c.visit(ids, c.instances, now, func(i ec2types.Instance) { out = append(out, i) })
	return out, err
}

// mayMatch are those that some filters can let pass: all, or who ever had a tag or has an id that is asked for to the letter.
func (c *Cloud) mayMatch(filters []ec2types.Filter) []*instance {
	for _, f := range filters {
		name := aws.ToString(f.Name)
		key, byTag := strings.CutPrefix(name, "tag:")
		if byTag && len(f.Values) == 1 && !strings.ContainsAny(f.Values[0], "*?") {
			return c.everTagged(key, f.Values[0])
		}
		if name == "instance-id" && !slices.ContainsFunc(f.Values, func(v string) bool { return strings.ContainsAny(v, "*?") }) {
			var list []*instance
			for _, id := range slices.Compact(slices.Sorted(slices.Values(f.Values))) {
				if i := c.byID[id]; i != nil {
					list = append(list, i)
				}
			}
			slices.SortFunc(list, func(a, b *instance) int { return a.seq - b.seq })
			return list
		}
	}
	return c.instances
}

// visit shows the visible instances of the given ids, or of all, one by one: a view is large, and few of all are wanted mostly.
func (c *Cloud) visit(ids []string, all []*instance, now time.Time, show func(ec2types.Instance)) error {
	if len(ids) == 0 {
		for _, i := range all {
			if v, ok := c.seen(i, now); ok {
				show(v)
			}
		}
		return nil
	}
	var missing []string
	for _, id := range ids {
		if i := c.byID[id]; i != nil {
			if v, ok := c.seen(i, now); ok {
				show(v)
				continue
			}
		}
		missing = append(missing, id)
	}
	return notFound(missing)
}

func notFound(missing []string) error {
	switch len(missing) {
	case 0:
		return nil
	case 1:
		return apiError("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", missing[0])
	default:
		return apiError("InvalidInstanceID.NotFound", "The instance IDs '%s' do not exist", strings.Join(missing, ", "))
	}
}

// TerminateInstances is idempotent and all-or-nothing on unknown ids and termination protection (aws-facts 2.3).
func (e *EC2) TerminateInstances(ctx context.Context, in *ec2.TerminateInstancesInput, _ ...func(*ec2.Options)) (*ec2.TerminateInstancesOutput, error) {
	return call(ctx, e.s, request{svcEC2, "TerminateInstances", true}, in, func(in *ec2.TerminateInstancesInput) (*ec2.TerminateInstancesOutput, error) {
		c := e.s.cloud
		var missing []string
		for _, id := range in.InstanceIds {
			if i := c.byID[id]; i == nil || i.gone {
				missing = append(missing, id)
			} else if i.protected {
				return nil, apiError("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", id)
			}
		}
		if err := notFound(missing); err != nil {
			return nil, err
		}
		out := &ec2.TerminateInstancesOutput{}
		for _, id := range in.InstanceIds {
			i := c.byID[id]
			before := i.state
			c.kill(i, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown", "")
			out.TerminatingInstances = append(out.TerminatingInstances, ec2types.InstanceStateChange{InstanceId: aws.String(id),
				PreviousState: &ec2types.InstanceState{Name: before, Code: aws.Int32(stateCode[before])},
				CurrentState:  &ec2types.InstanceState{Name: i.state, Code: aws.Int32(stateCode[i.state])}})
		}
		return out, nil
	})
}

// DescribeInstanceAttribute serves userData and disableApiTermination.
func (e *EC2) DescribeInstanceAttribute(ctx context.Context, in *ec2.DescribeInstanceAttributeInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceAttributeOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeInstanceAttribute", false}, in, func(in *ec2.DescribeInstanceAttributeInput) (*ec2.DescribeInstanceAttributeOutput, error) {
		c := e.s.cloud
		if _, err := c.lookup([]string{aws.ToString(in.InstanceId)}, c.readTime()); err != nil {
			return nil, err
		}
		i := c.byID[*in.InstanceId]
		out := &ec2.DescribeInstanceAttributeOutput{InstanceId: in.InstanceId}
		switch in.Attribute {
		case ec2types.InstanceAttributeNameUserData:
			out.UserData = &ec2types.AttributeValue{Value: i.data.UserData}
		case ec2types.InstanceAttributeNameDisableApiTermination:
			out.DisableApiTermination = &ec2types.AttributeBooleanValue{Value: aws.Bool(i.protected)}
		default:
			return nil, apiError("InvalidParameterValue", "cloudsim knows the attributes userData and disableApiTermination, not %q", in.Attribute)
		}
		return out, nil
	})
}

func decodeUserData(s *string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(s))
	if err != nil {
		return nil, apiError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
	}
	if len(raw) > 16384 {
		return nil, apiError("InvalidUserData.Malformed", "User data is limited to 16384 bytes")
	}
	return raw, nil
}
