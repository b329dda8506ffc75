package act

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// Termination protection is one call an instance. It is read for whom a debt would retire, for the oldest of those that may
// be chosen next, and while something is open for the newest of each zone, which a debt would retire whose own victim is gone; the
// others wait their turn unchecked.
const (
	checkOldest   = 5
	protectionFor = 5 * time.Minute
)

type protection struct {
	on bool
	at time.Time
}

// protecting reads what EC2 protects from termination, which Auto Scaling's own call would not heed. Who could not be asked about is unchecked.
func (a *Actor) protecting(w decide.World) reading {
	return func(ctx context.Context) func(*decide.World) {
		list := slices.Clone(w.Instances)
		err := a.protections(ctx, list, w.Record)
		return func(w *decide.World) {
			for n := range list {
				w.Instances[n].Undeletable, w.Instances[n].Unchecked = list[n].Undeletable, list[n].Unchecked
			}
			if err != nil {
				missed(w, "EC2.DescribeInstanceAttribute", err)
			}
		}
	}
}

// protections notes it in the list, which is in order of id.
func (a *Actor) protections(ctx context.Context, list []decide.Instance, rec ledger.Record) error {
	var order []*decide.Instance
	for i := range list {
		if m := &list[i]; m.Member && !m.Spot && m.Live() && !m.Leaving() {
			order = append(order, m)
		}
	}
	slices.SortStableFunc(order, func(x, y *decide.Instance) int { return x.Launched.Compare(y.Launched) })
	newest := map[string]string{}
	for _, m := range order {
		newest[m.Zone] = m.ID
	}
	checked := 0
	var failed error
	for _, m := range order {
		chosen := rec.Books.Retiring(m.ID) || slices.ContainsFunc(rec.Intents, func(it ledger.Intent) bool { return it.Victim == m.ID })
		if !chosen && checked >= checkOldest && !(rec.Open() && newest[m.Zone] == m.ID) {
			m.Unchecked = true
			continue
		}
		on, err := false, failed
		if failed == nil { // once is enough to know that it does not answer
			err = a.within(ctx, func(ctx context.Context) (err error) {
				on, err = a.undeletable(ctx, m.ID, rec.Books.Retiring(m.ID))
				return err
			})
		}
		if err != nil {
			m.Unchecked, failed = true, err
			continue
		}
		if m.Undeletable = on; !on && !m.Protected && !chosen {
			checked++
		}
	}
	return failed
}

func (a *Actor) undeletable(ctx context.Context, id string, fresh bool) (bool, error) {
	if p, _ := a.cache.protected.get(id); !fresh && a.young(p.at, protectionFor) {
		return p.on, nil
	}
	out, err := a.EC2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{
		InstanceId: &id, Attribute: types.InstanceAttributeNameDisableApiTermination})
	if f, _ := classify(err); f == decide.Gone {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the termination protection of %s: %w", id, err)
	}
	on := out.DisableApiTermination != nil && aws.ToBool(out.DisableApiTermination.Value)
	a.cache.protected.put(id, protection{on, a.Now()})
	return on, nil
}
