package simulate

import (
	"context"
	"errors"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// operations are the API calls behind the actions.
var operations = map[decide.ActionKind]string{
	decide.LaunchOne: "CreateFleet", decide.AttachSome: "AttachInstances", decide.Retire: "TerminateInstanceInAutoScalingGroup",
	decide.RaiseMax: "UpdateAutoScalingGroup", decide.RestoreMax: "UpdateAutoScalingGroup",
	decide.Protect: "SetInstanceProtection", decide.Unprotect: "SetInstanceProtection", decide.Terminate: "TerminateInstances",
	decide.SetDesired: "SetDesiredCapacity", decide.TagStatus: "CreateOrUpdateTags", decide.UntagStatus: "DeleteTags",
}

// Apply is handle.Actor.
func (a *actor) Apply(_ context.Context, _ string, act decide.Action, deadline time.Time) decide.Result {
	if !a.clock().Before(deadline) {
		return decide.Result{Failure: decide.Expired}
	}
	a.call(operations[act.Kind], 1)
	switch act.Kind {
	case decide.LaunchOne:
		return a.fleet(*act.Launch)
	case decide.RaiseMax, decide.RestoreMax:
		a.g.setMax(act.Max)
		return decide.Result{}
	case decide.AttachSome:
		return a.attach(act.Instances)
	case decide.SetDesired:
		return failure(a.g.setDesired(act.Desired))
	case decide.TagStatus, decide.UntagStatus:
		a.status = act.Text
		return decide.Result{}
	}
	i, err := a.find(act.Instance)
	if err != nil {
		return decide.Result{Failure: decide.Gone, Detail: err.Error()}
	}
	switch act.Kind {
	case decide.Retire:
		return a.retire(i, act.Decrement)
	case decide.Protect, decide.Unprotect:
		for _, id := range act.Whom() {
			if i, err = a.find(id); err != nil || !i.member || i.lifecycle != inService {
				return decide.Result{Failure: decide.Invalid, Detail: "not in service"}
			}
		}
		for _, id := range act.Whom() {
			i, _ = a.find(id)
			i.protected = act.Kind == decide.Protect
		}
	case decide.Terminate:
		a.c.kill(i, ours)
	default:
		return decide.Result{Failure: decide.Invalid, Detail: "no such action here: " + string(act.Kind)}
	}
	return decide.Result{}
}

func (a *actor) attach(ids []string) decide.Result {
	var list []*instance
	for _, id := range ids {
		i, err := a.find(id)
		if err != nil {
			return decide.Result{Failure: decide.Gone, Detail: err.Error()}
		}
		list = append(list, i)
	}
	return failure(a.g.attach(list))
}

// retire counts as our own hand, but for what AWS is taking anyway once its drain is due.
func (a *actor) retire(i *instance, decrement bool) decide.Result {
	by := ours
	if i.doomed() && a.c.now >= i.end-min(max(a.defaults.Drain, 0), 45*time.Second) {
		by = notOurs
	}
	swap := decrement && !i.doomed()
	err := a.g.terminate(i, decrement, by)
	if err == nil && swap {
		a.c.swaps++
	}
	return failure(err)
}

func failure(err error) decide.Result {
	f := decide.Done
	switch {
	case errors.Is(err, errNotMember):
		f = decide.NotMember
	case errors.Is(err, errAtMin):
		f = decide.AtMin
	case errors.Is(err, errAtMax):
		f = decide.AtMax
	case errors.Is(err, errLeaving):
		f = decide.Throttled
	case err != nil:
		f = decide.Invalid
	}
	if err != nil {
		return decide.Result{Failure: f, Detail: err.Error()}
	}
	return decide.Result{}
}

// fleet is CreateFleet, instant: spot by price-capacity-optimized among the pools that are offered and have capacity, on-demand
// the first of them. The same token gives the same answer.
func (a *actor) fleet(l ledger.Launch) decide.Result {
	if list := a.launched[l.Nonce]; list != nil {
		return answer(list)
	}
	var list []*instance
	for range max(l.Count, 1) {
		i, refused := a.choose(l)
		if i == nil {
			if len(list) == 0 {
				return decide.Result{Refused: refused}
			}
			break
		}
		i.nonce = l.Nonce
		list, a.byID[i.id] = append(list, i), i
	}
	a.launched[l.Nonce] = list
	return answer(list)
}

func (a *actor) choose(l ledger.Launch) (*instance, []decide.RefusedPool) {
	var pools []*pool
	var refused []decide.RefusedPool
	for _, o := range l.Overrides {
		if !l.Spot {
			return a.c.launchOnDemand(o.Type, o.Zone), nil
		}
		p := a.c.w.byPool[market.Pool{Type: o.Type, Zone: o.Zone}]
		switch {
		case p == nil:
			refused = append(refused, decide.RefusedPool{Type: o.Type, Zone: o.Zone, Code: "Unsupported"})
		case o.MaxUSD > 0 && p.usdAt(a.c.now) > o.MaxUSD:
			refused = append(refused, decide.RefusedPool{Type: o.Type, Zone: o.Zone, Code: "SpotMaxPriceTooLow"})
		case !a.c.canLaunch(p):
			refused = append(refused, decide.RefusedPool{Type: o.Type, Zone: o.Zone, Code: "InsufficientInstanceCapacity"})
		default:
			pools = append(pools, p)
		}
	}
	if len(pools) == 0 {
		return nil, refused
	}
	priceCapacityOptimized(a.c, pools)
	return a.c.launchSpot(pools[0]), nil
}

func answer(list []*instance) (res decide.Result) {
	for _, i := range list {
		res.Launched = append(res.Launched, decide.LaunchedOne{ID: i.id, Type: i.typ, Zone: i.zone})
	}
	return res
}
