package act

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/message"
)

// taggedFor is how long a look for whatever carries our tag of a group is good: what is wanted by no record is found by the tag alone. A tick comes every
// five minutes, and what came of one look may be lost with it.
const taggedFor = 150 * time.Second

// instances reads the members, and those that the record or a hint names, in order of id. What else carries our tag of the group is looked for where
// something may be there that nothing names.
func (a *Actor) instances(ctx context.Context, group string, g described, rec ledger.Record, heard []decide.Hint) ([]decide.Instance, error) {
	found := findings{group: group, byID: map[string]decide.Instance{}, wanted: map[string]bool{}}
	for _, m := range g.raw.Instances {
		found.wanted[aws.ToString(m.InstanceId)] = true
	}
	if a.mayBeUnnamed(group, g, rec) {
		if err := a.describe(ctx, types.Filter{Name: aws.String("tag:" + decide.TagGroup), Values: []string{group}}, found); err != nil {
			return nil, err
		}
		g.memory.tagged = true
	}
	loose, _ := a.cache.loose.get(group)
	unseen := found.unseen(append(namedBy(rec, heard), loose...))
	if len(unseen) > filterValues { // a page holds more than a filter
		if err := a.describe(ctx, types.Filter{Name: aws.String("tag:" + memberTag), Values: []string{group}}, found); err != nil {
			return nil, err
		}
		unseen = found.unseen(unseen)
	}
	for chunk := range slices.Chunk(unseen, filterValues) {
		// As a filter, not as ids: an id that EC2 does not show yet would fail the whole call.
		if err := a.describe(ctx, types.Filter{Name: aws.String("instance-id"), Values: chunk}, found); err != nil {
			return nil, err
		}
	}
	a.prove(ctx, group, found.byID, rec)
	Join(found.byID, g.raw.Instances)
	if g.memory.tagged { // what was found by the tag alone shows at the next look too
		outside := slices.Sorted(maps.Keys(found.byID))
		a.cache.loose.put(group, slices.DeleteFunc(outside, func(id string) bool { return found.wanted[id] }))
	}
	out := make([]decide.Instance, 0, len(found.byID))
	for _, id := range slices.Sorted(maps.Keys(found.byID)) {
		out = append(out, found.byID[id])
	}
	return out, nil
}

// memberTag is by what Auto Scaling marks its members.
const memberTag = "aws:autoscaling:groupName"

// mayBeUnnamed tells whether instances of ours may exist that neither the group nor the record names: of a launch whose answer was lost, detached by
// somebody, or of a record that was lost. Of a group that is not served any more nothing may be left behind.
func (a *Actor) mayBeUnnamed(group string, g described, rec ledger.Record) bool {
	last, _ := a.cache.tagged.get(group)
	return a.Thorough || !a.young(last, taggedFor) || !g.world.Enabled ||
		slices.ContainsFunc(rec.Intents, func(it ledger.Intent) bool { return it.Instance == "" })
}

// namedBy lists the instances of which a decision may have to know that are no members, or not any more.
func namedBy(rec ledger.Record, heard []decide.Hint) []string {
	var ids []string
	for _, it := range rec.Intents {
		ids = append(ids, it.Instance, it.Victim)
	}
	for d := range rec.Books.All() {
		ids = append(ids, d.Replacement.Instance, d.Victim)
	}
	for _, m := range []map[string]time.Time{rec.Retired, rec.Shielded, rec.Orphans, rec.Proving} {
		ids = slices.AppendSeq(ids, maps.Keys(m))
	}
	ids = slices.AppendSeq(ids, maps.Keys(rec.Notices))
	ids = slices.AppendSeq(ids, maps.Keys(rec.Watched))
	ids = slices.AppendSeq(ids, maps.Keys(rec.Drains))
	for _, h := range heard {
		ids = append(ids, h.Instance)
	}
	return ids
}

// findings are the instances that were found, of those that are members or carry the group's name in one of the two tags.
type findings struct {
	group  string
	byID   map[string]decide.Instance
	wanted map[string]bool // the members
}

func (f findings) add(i *types.Instance) {
	id := aws.ToString(i.InstanceId)
	if f.wanted[id] || slices.ContainsFunc(i.Tags, func(t types.Tag) bool {
		key := aws.ToString(t.Key)
		return (key == memberTag || key == decide.TagGroup) && aws.ToString(t.Value) == f.group // a filter's * and ? stand for others
	}) {
		f.byID[id] = toInstance(i)
	}
}

// unseen are the members and those others that were not found yet, each once and in order.
func (f findings) unseen(others []string) []string {
	ids := slices.AppendSeq(slices.Clone(others), maps.Keys(f.wanted))
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool {
		_, seen := f.byID[id]
		return seen || id == ""
	})
}

// filterValues is the most values that one filter takes.
const filterValues = 200

func (a *Actor) describe(ctx context.Context, f types.Filter, into findings) error {
	pages := ec2.NewDescribeInstancesPaginator(a.EC2, &ec2.DescribeInstancesInput{Filters: []types.Filter{f}, MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("describe instances by %s: %w", *f.Name, err)
		}
		for _, r := range page.Reservations {
			for n := range r.Instances {
				into.add(&r.Instances[n])
			}
		}
	}
	return nil
}

// ToInstance reads an instance's description; what Auto Scaling says of it as a member is for Join. What carries all marks of ours is Unproven
// until somebody knows that its template is ours.
func ToInstance(i types.Instance) decide.Instance { return toInstance(&i) }

func toInstance(i *types.Instance) decide.Instance {
	out := decide.Instance{
		ID: aws.ToString(i.InstanceId), Type: string(i.InstanceType),
		Spot: i.InstanceLifecycle == types.InstanceLifecycleTypeSpot, Launched: aws.ToTime(i.LaunchTime),
	}
	if i.Placement != nil {
		out.Zone, out.Tenancy = aws.ToString(i.Placement.AvailabilityZone), string(i.Placement.Tenancy)
	}
	out.Product, out.Arch, out.Uses = Product(aws.ToString(i.PlatformDetails)), string(i.Architecture), usesOf(i)
	out.Reserved = aws.ToString(i.CapacityReservationId) != ""
	if i.State != nil {
		out.State = string(i.State.Name)
	}
	if i.StateReason != nil {
		out.EndedBy = aws.ToString(i.StateReason.Code)
	}
	var group, fleet string
	for _, t := range i.Tags {
		switch value := aws.ToString(t.Value); aws.ToString(t.Key) {
		case decide.TagLaunch:
			out.Nonce = value
		case "aws:ec2launchtemplate:id":
			out.Template = value
		case "aws:ec2launchtemplate:version":
			out.TemplateVersion = value
		case message.DrainTag:
			out.Ask = value
		case decide.TagGroup:
			group = value
		case "aws:ec2:fleet-id":
			fleet = value
		}
	}
	out.LaunchedBy = decide.LaunchedBy(keysOf(i.Tags))
	// Anybody may set our tags. Only AWS sets the reserved ones; but an owner's fleet has them too, and so may what a group launches itself.
	out.Unproven = group != "" && out.Nonce != "" && fleet != "" && out.Template != "" && out.TemplateVersion != ""
	return out
}

func keysOf(tags []types.Tag) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, t := range tags {
			if !yield(aws.ToString(t.Key)) {
				return
			}
		}
	}
}

// Product is the name by which spot of a platform is priced: histories of old accounts add which network it is in, and what names
// none is Linux.
func Product(platform string) string {
	return cmp.Or(strings.TrimSuffix(platform, " (Amazon VPC)"), linux)
}

// Join puts the group's view of its members beside EC2's. A member that EC2 does not show counts as no capacity.
func Join(byID map[string]decide.Instance, members []asgtypes.Instance) {
	for _, m := range members {
		id := aws.ToString(m.InstanceId)
		i := byID[id]
		i.ID = id
		i.Member, i.Listed, i.Lifecycle = true, true, string(m.LifecycleState)
		i.Healthy = aws.ToString(m.HealthStatus) == "Healthy"
		i.Protected = aws.ToBool(m.ProtectedFromScaleIn)
		if i.Zone == "" {
			i.Zone, i.Type = aws.ToString(m.AvailabilityZone), aws.ToString(m.InstanceType)
		}
		byID[id] = i
	}
}
