package act

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
)

// Surveyed is a group as one pass over the account shows it.
type Surveyed struct {
	Name string
	// Print is the fingerprint of its description; empty where it could not be read, or something of ours is there that the group does not list: then it
	// is to be looked at.
	Print string
	Raw   asgtypes.AutoScalingGroup // as it is described
}

// namesACall is how many groups one description takes by name.
const namesACall = 50

// Survey shows the groups that their owners opted in, those that are kept, and those of which something of ours lives, in order, in as few calls as it
// takes. Where something cannot be read, the errors say so and the others are there all the same. What lives of ours is looked for within an hour, a part
// of it at each tick.
func (a *Actor) Survey(ctx context.Context, kept []string) ([]Surveyed, []error) {
	found := map[string]Surveyed{}
	var errs []error
	if err := a.eachGroup(ctx, a.enabledGroups(), func(g asgtypes.AutoScalingGroup) {
		if world, _ := ToGroup(g, a.Scope, a.Defaults); world.Enabled {
			found[world.Name] = Surveyed{world.Name, a.print(g), g}
		}
	}); err != nil {
		errs = append(errs, err)
	}
	rest := slices.DeleteFunc(slices.Clone(kept), func(name string) bool { _, seen := found[name]; return seen })
	for _, name := range rest {
		found[name] = Surveyed{Name: name}
	}
	for some := range slices.Chunk(rest, namesACall) {
		if err := a.eachGroup(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: some, MaxRecords: aws.Int32(100)}, func(g asgtypes.AutoScalingGroup) {
			name := aws.ToString(g.AutoScalingGroupName)
			found[name] = Surveyed{name, a.print(g), g}
		}); err != nil {
			errs = append(errs, err)
		}
	}
	if err := a.strays(ctx, found); err != nil {
		errs = append(errs, err)
	}
	out := make([]Surveyed, 0, len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[name])
	}
	return out, errs
}

func (a *Actor) eachGroup(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, f func(asgtypes.AutoScalingGroup)) error {
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(a.AutoScaling, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			if len(in.AutoScalingGroupNames) > 0 {
				return fmt.Errorf("describe %d groups: %w", len(in.AutoScalingGroupNames), err)
			}
			return fmt.Errorf("list the groups %s: %w", a.Scope, err)
		}
		for _, g := range page.AutoScalingGroups {
			f(g)
		}
	}
	return nil
}

// strays finds instances of ours that their group does not list.
func (a *Actor) strays(ctx context.Context, found map[string]Surveyed) error {
	return a.eachTagged(ctx, []types.Filter{
		{Name: aws.String("tag:" + decide.TagLaunch), Values: partOf(a.Now())},
		{Name: aws.String("instance-state-name"), Values: []string{"pending", "running"}},
	}, func(id, group string) {
		g := found[group]
		if !slices.ContainsFunc(g.Raw.Instances, func(i asgtypes.Instance) bool { return aws.ToString(i.InstanceId) == id }) {
			found[group] = Surveyed{Name: group}
		}
	})
}

// partOf are the patterns of the launches whose turn it is: they begin with a hexadecimal digit, each of which is as likely.
func partOf(now time.Time) (patterns []string) {
	const digits, ticks = 16, 12 // of an hour
	tick := now.Round(time.Hour/ticks).Minute() * ticks / 60
	for d := range digits {
		if d*ticks/digits == tick {
			patterns = append(patterns, fmt.Sprintf("%x*", d))
		}
	}
	return patterns
}

// print is the fingerprint of a group's description, whole as it is, and of what it is read with.
func (a *Actor) print(g asgtypes.AutoScalingGroup) string {
	g.Instances = slices.SortedFunc(slices.Values(g.Instances), func(x, y asgtypes.Instance) int {
		return cmp.Compare(aws.ToString(x.InstanceId), aws.ToString(y.InstanceId))
	})
	g.Tags = slices.SortedFunc(slices.Values(g.Tags), func(x, y asgtypes.TagDescription) int { return cmp.Compare(aws.ToString(x.Key), aws.ToString(y.Key)) })
	g.SuspendedProcesses = slices.SortedFunc(slices.Values(g.SuspendedProcesses), func(x, y asgtypes.SuspendedProcess) int {
		return cmp.Compare(aws.ToString(x.ProcessName), aws.ToString(y.ProcessName))
	})
	b, _ := json.Marshal(g) // texts, numbers, times and booleans: it cannot fail
	sum := sha256.Sum256(fmt.Appendf(b, "\x00%v\x00%+v", a.Scope, a.Defaults))
	return hex.EncodeToString(sum[:12])
}

// Tempting tells by prices alone whether spot that is cheaper enough to move to may be had for a member of a group of which nothing else is to be done.
// Where that is not known, it may.
func (a *Actor) Tempting(ctx context.Context, s Surveyed) bool {
	kept := a.lastCopy(ctx, s.Name)()
	if kept.Product == "" || len(kept.Catalog.Types) == 0 || !a.young(kept.At, copyFor/2) { // by it notices are answered too, as long as it is young
		return true
	}
	_, set := ToGroup(s.Raw, a.Scope, a.Defaults)
	zones := slices.Compact(slices.Sorted(maps.Values(kept.Zones)))
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	spot, err := a.spotPrices(ctx, zones, kept.Product)
	if err != nil {
		return true
	}
	least := map[string]float64{} // by zone
	for name := range kept.Catalog.Types {
		for _, z := range zones {
			if usd, ok := spot.usd[market.Pool{Type: name, Zone: z}]; ok && (least[z] == 0 || usd < least[z]) {
				least[z] = usd
			}
		}
	}
	worth := set.Margin * kept.Catalog.OnDemandUSD[kept.Template.Type]
	return worth == 0 || slices.ContainsFunc(s.Raw.Instances, func(i asgtypes.Instance) bool {
		pays, known := spot.usd[market.Pool{Type: aws.ToString(i.InstanceType), Zone: aws.ToString(i.AvailabilityZone)}]
		return !known || slices.ContainsFunc(zones, func(z string) bool { return least[z] > 0 && pays-least[z] > worth })
	})
}
