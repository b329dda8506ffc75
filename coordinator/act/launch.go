package act

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/pkg/lazyregexp"
)

// launch sends the frozen request. Nothing of it is computed anew: a retry must be the same to the letter.
func (a *Actor) launch(ctx context.Context, l ledger.Launch) decide.Result {
	// Once: what AWS refuses for want of tokens was not made then, for certain, and whoever waits for it is not held up by the client's own back-off.
	out, err := a.EC2.CreateFleet(ctx, fleetRequest(l), func(o *ec2.Options) { o.Retryer = aws.NopRetryer{} })
	if err != nil {
		res := refusedWhole(l, err)
		a.learnShared(l, res.Refused)
		if res.Failure == decide.Throttled {
			a.cache.scarce.put("", a.Now())
		}
		return res
	}
	var res decide.Result
	for _, i := range out.Instances {
		for _, id := range i.InstanceIds {
			res.Launched = append(res.Launched, decide.LaunchedOne{ID: id, Type: string(i.InstanceType), Zone: fleetZone(i.LaunchTemplateAndOverrides, l)})
		}
	}
	// A fleet that launched nothing is still an answer with HTTP status 200; its errors name the pools.
	refusedPools(l, out.Errors, &res)
	a.learnShared(l, res.Refused)
	return res
}

// refusedWhole is the answer to a request that AWS refused as a whole.
func refusedWhole(l ledger.Launch, err error) decide.Result {
	f, detail := classify(err)
	text, _ := explain(detail)
	res := decide.Result{Failure: f, Detail: text}
	if f != decide.Invalid && f != decide.Throttled {
		return res
	}
	code, message, _ := strings.Cut(detail, ": ")
	owner := ownerOf(code, message)
	switch {
	case owner == decide.OfMoment, owner == decide.OfUnknown && f == decide.Throttled:
		return res
	case owner == decide.OfAccount:
		res.Failure = decide.Invalid // time alone does not help: the next launch asks for something else
		return res
	}
	res.Failure = decide.Invalid
	res.Refused = blamed(l, owner, code, message)
	res.Untried = len(res.Refused) > 0
	res.Suspect = !res.Untried && owner != decide.OfTemplate
	return res
}

// blamed lists what of a request an error names, or can be about alone; none where that is not known.
func blamed(l ledger.Launch, owner decide.Owner, code, message string) (list []decide.RefusedPool) {
	named, zones, classes := typesNamed(l, message), map[string]bool{}, map[market.Class]bool{}
	for _, o := range l.Overrides {
		zones[o.Zone], classes[market.ClassOf(o.Type)] = true, true
	}
	add := func(p decide.RefusedPool) {
		if p.Code, p.Owner = code, owner; !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	for _, o := range l.Overrides {
		hit := slices.Contains(named, o.Type)
		switch owner {
		case decide.OfZone:
			if len(zones) == 1 || strings.Contains(message, o.Subnet) && o.Subnet != "" || strings.Contains(message, o.Zone) {
				add(decide.RefusedPool{Zone: o.Zone})
			}
		case decide.OfQuota:
			if hit || len(classes) == 1 {
				add(decide.RefusedPool{Type: o.Type})
			}
		case decide.OfPool:
			if hit {
				add(decide.RefusedPool{Type: o.Type, Zone: o.Zone})
			}
		default: // what nobody knows and names a type is the type's
			if hit {
				owner = decide.OfType
				add(decide.RefusedPool{Type: o.Type})
			}
		}
	}
	return list
}

// refusedPools reads the errors of a fleet that was accepted.
func refusedPools(l ledger.Launch, errs []types.CreateFleetError, res *decide.Result) {
	said := map[string]bool{}
	var denied []decide.RefusedPool
	for _, e := range errs {
		code, message := aws.ToString(e.ErrorCode), aws.ToString(e.ErrorMessage)
		words, owner := code+": "+message, ownerOf(code, message)
		said[words] = true
		if res.Detail == "" && owner != decide.OfPool && owner != decide.OfZone {
			res.Detail, _ = explain(words)
		}
		o := e.LaunchTemplateAndOverrides
		if o == nil || o.Overrides == nil {
			continue
		}
		p := decide.RefusedPool{Type: string(o.Overrides.InstanceType), Zone: fleetZone(o, l), Code: code, Owner: owner}
		if named := typesNamed(l, message); len(named) > 0 && !slices.Contains(named, p.Type) { // it is about another
			res.Untried = true
			for _, x := range blamed(l, owner, code, message) {
				if !slices.Contains(res.Refused, x) {
					res.Refused = append(res.Refused, x)
				}
			}
			continue
		}
		switch owner {
		case decide.OfPool, decide.OfType, decide.OfZone, decide.OfQuota, decide.OfUnknown:
			if !slices.Contains(res.Refused, p) {
				res.Refused = append(res.Refused, p)
			}
		case decide.OfTemplate:
			p.Owner = decide.OfType
			denied = append(denied, p)
		}
	}
	res.Refused = append(res.Refused, forbidden(denied, *res)...)
	if len(said) == 1 && sameForAll(l, *res) {
		res.Refused, res.Suspect = nil, true
	}
}

// forbidden are the types that a policy of the organization does not let be launched, where others were launched or had no capacity only: what is
// missing for all of them is no type's fault, and of those that were not come to nobody knows.
func forbidden(denied []decide.RefusedPool, res decide.Result) (list []decide.RefusedPool) {
	if len(res.Launched) == 0 && !slices.ContainsFunc(res.Refused, func(p decide.RefusedPool) bool { return p.Owner == decide.OfPool }) {
		return nil
	}
	for _, p := range denied {
		if p.Code == "UnauthorizedOperation" && !slices.ContainsFunc(res.Refused, func(o decide.RefusedPool) bool { return o.Type == p.Type }) {
			list = append(list, p)
		}
	}
	return list
}

// sameForAll tells whether every type that was asked for is refused, by what can be one type's fault alone: EC2 may repeat for all what it has
// against one (karpenter-provider-aws#2975).
func sameForAll(l ledger.Launch, res decide.Result) bool {
	asked := typesAsked(l)
	if len(res.Launched) > 0 || res.Untried || len(asked) < 2 {
		return false
	}
	for _, p := range res.Refused {
		if p.Owner != decide.OfType && p.Owner != decide.OfUnknown {
			return false
		}
		delete(asked, p.Type)
	}
	return len(asked) == 0
}

func typesAsked(l ledger.Launch) map[string]bool {
	asked := map[string]bool{}
	for _, o := range l.Overrides {
		asked[o.Type] = true
	}
	return asked
}

// recommends are the words behind which a message lists what would do, which is not at fault.
var recommends = lazyregexp.New(`(?i)\bsupported (instance )?types?\b|valid values|\bone of\b|\bchoos(e|ing)\b|\binstead\b`)

// typesNamed lists those of the types asked for that a message names: it is about them.
func typesNamed(l ledger.Launch, message string) (named []string) {
	if at := recommends.FindStringIndex(message); at != nil {
		message = message[:at[0]]
	}
	words := strings.FieldsFunc(message, func(r rune) bool { return !strings.ContainsRune(inTypeNames, r) })
	asked := typesAsked(l)
	for _, w := range words {
		if w = strings.Trim(w, ".-"); asked[w] && !slices.Contains(named, w) {
			named = append(named, w)
		}
	}
	if slices.Sort(named); len(named) == len(asked) && len(asked) > 1 { // all of them: a list of what was asked for
		return nil
	}
	return named
}

// inTypeNames are what the names of types and of other things are made of, so that a role's or an image's is one word.
const inTypeNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/"

func fleetRequest(l ledger.Launch) *ec2.CreateFleetInput {
	in := &ec2.CreateFleetInput{
		Type:        types.FleetTypeInstant, // the default, maintain, would relaunch for ever
		ClientToken: &l.Nonce,
		TargetCapacitySpecification: &types.TargetCapacitySpecificationRequest{
			TotalTargetCapacity: aws.Int32(int32(max(l.Count, 1))), DefaultTargetCapacityType: types.DefaultTargetCapacityTypeOnDemand},
		TagSpecifications: []types.TagSpecification{
			{ResourceType: types.ResourceTypeInstance, Tags: fleetTags(l.Tags)},
			{ResourceType: types.ResourceTypeFleet, Tags: fleetTags(map[string]string{decide.TagGroup: l.Tags[decide.TagGroup]})},
		},
	}
	if l.Spot {
		in.TargetCapacitySpecification.DefaultTargetCapacityType = types.DefaultTargetCapacityTypeSpot
		in.SpotOptions = &types.SpotOptionsRequest{AllocationStrategy: types.SpotAllocationStrategyPriceCapacityOptimized}
	} else {
		in.OnDemandOptions = &types.OnDemandOptionsRequest{AllocationStrategy: types.FleetOnDemandAllocationStrategyPrioritized}
	}
	in.LaunchTemplateConfigs = fleetConfigs(l)
	return in
}

// fleetConfigs has one entry for each version of the template, in the order in which they are first wanted.
func fleetConfigs(l ledger.Launch) (configs []types.FleetLaunchTemplateConfigRequest) {
	at := map[string]int{}
	for i, o := range l.Overrides {
		version := cmp.Or(o.Version, l.TemplateVersion)
		n, known := at[version]
		if !known {
			n = len(configs)
			at[version] = n
			configs = append(configs, types.FleetLaunchTemplateConfigRequest{
				LaunchTemplateSpecification: &types.FleetLaunchTemplateSpecificationRequest{LaunchTemplateId: &l.Template, Version: &version}})
		}
		r := types.FleetLaunchTemplateOverridesRequest{InstanceType: types.InstanceType(o.Type), SubnetId: aws.String(o.Subnet)}
		if l.Spot {
			r.MaxPrice = aws.String(strconv.FormatFloat(o.MaxUSD, 'f', -1, 64))
		} else {
			r.Priority = aws.Float64(float64(i))
		}
		configs[n].Overrides = append(configs[n].Overrides, r)
	}
	return configs
}

func fleetTags(tags map[string]string) []types.Tag {
	out := make([]types.Tag, 0, len(tags))
	for k, v := range tags {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	slices.SortFunc(out, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return out
}

// fleetZone finds the zone of an answer by the subnet that was asked for.
func fleetZone(o *types.LaunchTemplateAndOverridesResponse, l ledger.Launch) string {
	if o == nil || o.Overrides == nil {
		return ""
	}
	if z := aws.ToString(o.Overrides.AvailabilityZone); z != "" {
		return z
	}
	for _, asked := range l.Overrides {
		if asked.Subnet == aws.ToString(o.Overrides.SubnetId) {
			return asked.Zone
		}
	}
	return ""
}
