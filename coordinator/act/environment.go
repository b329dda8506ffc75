package act

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"autospotting/coordinator/decide"
	"autospotting/pkg/beanstalk"
)

// Environments is what the coordinator calls of Elastic Beanstalk.
type Environments interface {
	DescribeEnvironments(context.Context, *beanstalk.DescribeEnvironmentsInput) (*beanstalk.DescribeEnvironmentsOutput, error)
}

var _ Environments = (*beanstalk.Client)(nil)

// environmentOf finds the Elastic Beanstalk environment of a group in its tags. Beanstalk puts its tags on all that it makes, also on the second group of
// an immutable update and of a traffic split, whose instances move to the environment's own group in the end. That one is made by the stack
// awseb-ID-stack; those others by stacks of other names (awseb-ID-immutable-stack).
func environmentOf(tags map[string]string, group string) decide.Environment {
	e := decide.Environment{ID: tags["elasticbeanstalk:environment-id"], Name: tags["elasticbeanstalk:environment-name"]}
	if !e.Is() {
		return e
	}
	stack := tags["aws:cloudformation:stack-name"]
	if stack == "" { // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
		if parts := strings.Split(tags["aws:cloudformation:stack-id"], "/"); len(parts) > 1 {
			stack = parts[1]
		}
	}
	own := "awseb-" + e.ID + "-stack"
	if named := cmp.Or(stack, group); strings.Contains(named, "-immutable-stack") || e.ID != "" && stack != "" && stack != own && !strings.HasPrefix(stack, own+"-") {
		e.Temporary = fmt.Sprintf("Elastic Beanstalk made this group (%s) for the time of an update: it is not the environment's own", named)
	}
	return e
}

// environment reads what the group's Elastic Beanstalk environment is doing, at each look anew. Where that is not known nothing may be done: see the rung
// of the refusal.
func (a *Actor) environment(w decide.World) reading {
	return func(ctx context.Context) func(*decide.World) {
		e := w.Group.Environment
		if !e.Is() || e.Temporary != "" {
			return nil
		}
		err := a.within(ctx, func(ctx context.Context) error {
			return a.askEnvironment(ctx, &e, w.Group.LoadBalanced || w.Group.Max > 1)
		})
		if err != nil {
			e.Unread = err.Error()
		}
		return func(w *decide.World) {
			if w.Group.Environment = e; err != nil && !denied(err) {
				missed(w, "Elastic Beanstalk.DescribeEnvironments", err)
			}
		}
	}
}

// askEnvironment reads one environment; several says that the group may have several instances.
func (a *Actor) askEnvironment(ctx context.Context, e *decide.Environment, several bool) error {
	called := cmp.Or(e.ID, e.Name)
	if a.Environments == nil {
		return fmt.Errorf("there is nobody to ask of environment %q", called)
	}
	in := &beanstalk.DescribeEnvironmentsInput{EnvironmentIds: []string{e.ID}}
	if e.ID == "" {
		in = &beanstalk.DescribeEnvironmentsInput{EnvironmentNames: []string{e.Name}}
	}
	out, err := a.Environments.DescribeEnvironments(ctx, in)
	if err != nil {
		return fmt.Errorf("describe the Elastic Beanstalk environment %q: %w", called, err)
	}
	at := slices.IndexFunc(out.Environments, func(one beanstalk.EnvironmentDescription) bool {
		return one.EnvironmentId == e.ID || e.ID == "" && one.EnvironmentName == e.Name && one.Status != "Terminated"
	})
	if at < 0 {
		e.Unread = fmt.Sprintf("Elastic Beanstalk shows no environment %q", called)
		return nil
	}
	one := out.Environments[at]
	e.Status, e.Busy, e.Worker = cmp.Or(one.Status, "of no status"), one.AbortableOperationInProgress, one.Tier.Name == "Worker"
	_, err = netip.ParseAddr(one.EndpointURL)
	e.Single = err == nil || !several && !e.Worker
	return nil
}
