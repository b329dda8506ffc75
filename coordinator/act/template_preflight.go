package act

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
)

// Inspector is what is asked of EC2 beyond what every swap needs: whether a launch would be accepted, without launching, and what
// the volumes of an instance are like.
type Inspector interface {
	DescribeVolumes(context.Context, *ec2.DescribeVolumesInput, ...func(*ec2.Options)) (*ec2.DescribeVolumesOutput, error)
	RunInstances(context.Context, *ec2.RunInstancesInput, ...func(*ec2.Options)) (*ec2.RunInstancesOutput, error)
}

var _ Inspector = (*ec2.Client)(nil)

// rehearsedFor is how long an answer is believed: permissions and quotas change, but not by the minute.
const (
	rehearsedFor = time.Hour
	refusedFor   = 5 * time.Minute
)

type rehearsal struct {
	at  time.Time
	why string
}

// rehearse learns before a swap what keeps our template from being launched: validation, PassRole, a missing service-linked
// role. A key's grant and the quota show only at a real launch. It answers with the reason and its remedy; empty means go on,
// also where nobody can be asked or the answer is about the moment.
func (a *Actor) rehearse(ctx context.Context, g described, w wanted, t decide.Template) string {
	in := rehearsalOf(g, w, t)
	if a.Inspector == nil || in == nil {
		return ""
	}
	if last, _ := a.cache.rehearsed.get(g.world.Name + t.Hash); a.young(last.at, last.believed()) {
		return last.why
	}
	_, err := a.Inspector.RunInstances(ctx, in)
	answer := rehearsal{at: a.Now(), why: refusal(err)}
	a.cache.rehearsed.put(g.world.Name+t.Hash, answer)
	return answer.why
}

// rehearsalOf is one instance of the owner's type, with our tags, since the function may launch nothing without them; nil where there
// is nothing to ask yet. Beside interfaces of a template a request of this kind, unlike a fleet's, takes no subnet: such templates
// are not rehearsed.
func rehearsalOf(g described, w wanted, t decide.Template) *ec2.RunInstancesInput {
	subnets, kind := splitIDs(aws.ToString(g.raw.VPCZoneIdentifier)), t.Type
	if kind == "" && len(g.raw.Instances) > 0 {
		kind = aws.ToString(g.raw.Instances[0].InstanceType)
	}
	if t.ID == "" || len(subnets)+len(g.raw.AvailabilityZones) == 0 || kind == "" || len(w.data.NetworkInterfaces) > 0 {
		return nil
	}
	in := &ec2.RunInstancesInput{DryRun: aws.Bool(true), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: &t.ID, Version: &t.Version},
		InstanceType:   types.InstanceType(kind),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeInstance,
			Tags: fleetTags(map[string]string{decide.TagGroup: g.world.Name, decide.TagLaunch: "rehearsal"})}},
		InstanceMarketOptions: &types.InstanceMarketOptionsRequest{MarketType: types.MarketTypeSpot}}
	if len(subnets) > 0 { // else EC2 takes a default one, as the group does
		in.SubnetId = &subnets[0]
	}
	return in
}

func (r rehearsal) believed() time.Duration {
	if r.why != "" {
		return refusedFor
	}
	return rehearsedFor
}

// refusal reads the answer to a dry run, which is always an error.
func refusal(err error) string {
	f, detail := classify(err)
	text, early := explain(detail) // DryRunOperation, which says that all is well, has no remedy
	if !early || f != decide.Invalid && f != decide.Gone {
		return ""
	}
	return "cannot be launched: " + text
}
