package act

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
)

// enriching reads what only instances of ours need: membership elsewhere, status checks, spot request status. In which group those are that this one does
// not list, and whom AWS takes, is asked where everything is read anew: it matters where one of them is to be ended, or somebody to be retired.
func (a *Actor) enriching(w decide.World, m *memory) []reading {
	var loose, mute, spot []string
	for _, i := range w.Instances { // in order of id
		if !i.Ours || !i.Live() {
			continue
		}
		if !i.Member {
			loose = append(loose, i.ID)
		}
		if i.Spot {
			spot = append(spot, i.ID)
		}
		if _, watched := w.Record.Watched[i.ID]; (watched || !i.Member) && !w.Record.Said[i.ID].Spoke() {
			mute = append(mute, i.ID)
		}
	}
	anew := m.anew || a.Thorough
	if len(loose) > 0 && !anew {
		m.note(decide.ReadMembership)
		loose = nil
	}
	if len(spot) > 0 && !anew {
		m.note(whatOf("EC2.DescribeSpotInstanceRequests"))
	}
	requests := a.spotStatus
	if (anew || struck(w)) && len(spot) > 0 {
		requests = a.taken
	} else {
		spot = decide.Doubted(w)
	}
	return []reading{
		a.ofEach("Auto Scaling.DescribeAutoScalingInstances", loose, func(ctx context.Context, ids []string) (facts, error) { return a.membership(ctx, w.Group.Name, ids) }),
		a.ofEach("EC2.DescribeInstanceStatus", mute, a.statusChecks),
		a.ofEach("EC2.DescribeSpotInstanceRequests", spot, requests),
	}
}

// facts are what was read of instances, by id.
type facts map[string]func(*decide.Instance)

// ofEach reads facts of some instances. What was read before an error holds.
func (a *Actor) ofEach(api string, ids []string, read func(context.Context, []string) (facts, error)) reading {
	return func(ctx context.Context) func(*decide.World) {
		if len(ids) == 0 {
			return nil
		}
		var known facts
		err := a.within(ctx, func(ctx context.Context) (err error) { known, err = read(ctx, ids); return err })
		return func(w *decide.World) {
			for n := range w.Instances {
				if tell := known[w.Instances[n].ID]; tell != nil {
					tell(&w.Instances[n])
				}
			}
			if err != nil {
				missed(w, api, err)
			}
		}
	}
}

func (a *Actor) membership(ctx context.Context, group string, ids []string) (facts, error) {
	known := facts{}
	for chunk := range slices.Chunk(ids, 50) {
		out, err := a.AutoScaling.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: chunk})
		if err != nil {
			return known, fmt.Errorf("find the groups of %d instances: %w", len(chunk), err)
		}
		for _, m := range out.AutoScalingInstances {
			known[aws.ToString(m.InstanceId)] = func(i *decide.Instance) {
				if aws.ToString(m.AutoScalingGroupName) != group {
					i.Foreign = true
					return
				}
				i.Member, i.Lifecycle = true, aws.ToString(m.LifecycleState)
				i.Healthy = strings.EqualFold(aws.ToString(m.HealthStatus), "healthy")
				i.Protected = aws.ToBool(m.ProtectedFromScaleIn)
			}
		}
	}
	return known, nil
}

func (a *Actor) statusChecks(ctx context.Context, ids []string) (facts, error) {
	known := facts{}
	for chunk := range slices.Chunk(ids, 100) {
		out, err := a.EC2.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{
			InstanceIds: chunk, IncludeAllInstances: aws.Bool(true)})
		if f, _ := classify(err); f == decide.Gone {
			continue // not described yet, or not any more: no status, so not ready
		}
		if err != nil {
			return known, fmt.Errorf("read the status checks of %d instances: %w", len(chunk), err)
		}
		for _, s := range out.InstanceStatuses {
			passed := s.InstanceStatus != nil && s.SystemStatus != nil &&
				s.InstanceStatus.Status == types.SummaryStatusOk && s.SystemStatus.Status == types.SummaryStatusOk
			known[aws.ToString(s.InstanceId)] = func(i *decide.Instance) { i.StatusOK = passed }
		}
	}
	return known, nil
}

// struck tells whether AWS takes so many at once that more of them are likely to be told of by messages that wait behind this one: a group's are worked
// on one after the other.
func struck(w decide.World) bool {
	const many = 3
	return len(w.Record.Notices) >= many && slices.ContainsFunc(w.Heard, func(h decide.Hint) bool { return h.Kind == decide.HeardTerminating })
}

// taken reads which instances AWS takes, of all in the account: hardly any.
func (a *Actor) taken(ctx context.Context, _ []string) (facts, error) {
	known := facts{}
	err := a.eachTaken(ctx, func(r types.SpotInstanceRequest) { known.request(r) })
	return known, err
}

func (a *Actor) spotStatus(ctx context.Context, ids []string) (facts, error) {
	known := facts{}
	for chunk := range slices.Chunk(ids, filterValues) {
		pages := ec2.NewDescribeSpotInstanceRequestsPaginator(a.EC2, &ec2.DescribeSpotInstanceRequestsInput{
			Filters: []types.Filter{{Name: aws.String("instance-id"), Values: chunk}}})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return known, fmt.Errorf("read the spot requests of %d instances: %w", len(chunk), err)
			}
			for _, r := range page.SpotInstanceRequests {
				known.request(r)
			}
		}
	}
	return known, nil
}

func (f facts) request(r types.SpotInstanceRequest) {
	if r.Status != nil {
		f[aws.ToString(r.InstanceId)] = func(i *decide.Instance) {
			i.SpotStatus, i.SpotStatusAt = aws.ToString(r.Status.Code), aws.ToTime(r.Status.UpdateTime)
		}
	}
}
