package cloudsim

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const svcECS = "ECS"

// ECS is a session's client for the hosts of ECS clusters (CreateCluster).
type ECS struct{ s *Session }

// ECS is the session's client for the hosts of clusters.
func (s *Session) ECS() *ECS { return &ECS{s} }

// clusterOf is the cluster of a request; the one called default where it names none (ECS API reference).
func (c *Cloud) clusterOf(name *string) (*cluster, error) {
	n := aws.ToString(name)
	if n == "" {
		n = "default"
	}
	if k := c.clusterNamed(n[strings.LastIndex(n, "/")+1:]); k != nil {
		return k, nil
	}
	return nil, apiError("ClusterNotFoundException", "Cluster not found.")
}

// ListContainerInstances lists hosts that are ACTIVE or DRAINING. Of the cluster query language it knows ec2InstanceId, with == and in.
func (e *ECS) ListContainerInstances(ctx context.Context, in *ecs.ListContainerInstancesInput, _ ...func(*ecs.Options)) (*ecs.ListContainerInstancesOutput, error) {
	return call(ctx, e.s, request{svcECS, "ListContainerInstances", false}, in, func(in *ecs.ListContainerInstancesInput) (*ecs.ListContainerInstancesOutput, error) {
		c := e.s.cloud
		k, err := c.clusterOf(in.Cluster)
		if err != nil {
			return nil, err
		}
		wanted, err := queried(aws.ToString(in.Filter))
		if err != nil {
			return nil, err
		}
		var arns []string
		now := c.readTime()
		for _, h := range k.hosts {
			if one, seen := c.seenHost(h, now); seen && (wanted == nil || slices.Contains(wanted, h.i.id)) && (in.Status == "" || string(in.Status) == aws.ToString(one.Status)) {
				arns = append(arns, h.arn)
			}
		}
		page, next, err := paginate(arns, in.MaxResults, 100, in.NextToken)
		return &ecs.ListContainerInstancesOutput{ContainerInstanceArns: page, NextToken: next}, err
	})
}

// queried are the instances that a filter names; nil for no filter.
func queried(filter string) ([]string, error) {
	if filter == "" {
		return nil, nil
	}
	list, found := strings.CutPrefix(filter, "ec2InstanceId in [")
	if one, is := strings.CutPrefix(filter, "ec2InstanceId == "); is {
		list, found = one+"]", true
	}
	list, closed := strings.CutSuffix(list, "]")
	if !found || !closed {
		return nil, apiError("InvalidParameterException", "Invalid filter: %s", filter)
	}
	ids := []string{}
	for id := range strings.SplitSeq(list, ",") {
		ids = append(ids, strings.Trim(id, " '"))
	}
	return ids, nil
}

// DescribeContainerInstances describes up to 100 hosts. One that is registered no more is a failure of reason MISSING.
func (e *ECS) DescribeContainerInstances(ctx context.Context, in *ecs.DescribeContainerInstancesInput, _ ...func(*ecs.Options)) (*ecs.DescribeContainerInstancesOutput, error) {
	return call(ctx, e.s, request{svcECS, "DescribeContainerInstances", false}, in, func(in *ecs.DescribeContainerInstancesInput) (*ecs.DescribeContainerInstancesOutput, error) {
		c := e.s.cloud
		k, err := c.clusterOf(in.Cluster)
		if err != nil {
			return nil, err
		}
		if len(in.ContainerInstances) > 100 {
			return nil, apiError("InvalidParameterException", "instanceIds can have at most 100 items.")
		}
		out := &ecs.DescribeContainerInstancesOutput{}
		now := c.readTime()
		for _, arn := range in.ContainerInstances {
			h := k.host(arn)
			if h != nil {
				if one, seen := c.seenHost(h, now); seen {
					out.ContainerInstances = append(out.ContainerInstances, one)
					continue
				}
			}
			out.Failures = append(out.Failures, types.Failure{Arn: aws.String(arn), Reason: aws.String("MISSING")})
		}
		return out, nil
	})
}

// UpdateContainerInstancesState sets up to 10 hosts DRAINING or ACTIVE. What a host is already is no fault.
func (e *ECS) UpdateContainerInstancesState(ctx context.Context, in *ecs.UpdateContainerInstancesStateInput, _ ...func(*ecs.Options)) (*ecs.UpdateContainerInstancesStateOutput, error) {
	return call(ctx, e.s, request{svcECS, "UpdateContainerInstancesState", true}, in, func(in *ecs.UpdateContainerInstancesStateInput) (*ecs.UpdateContainerInstancesStateOutput, error) {
		c := e.s.cloud
		k, err := c.clusterOf(in.Cluster)
		switch {
		case err != nil:
			return nil, err
		case len(in.ContainerInstances) > 10:
			return nil, apiError("InvalidParameterException", "instanceIds can have at most 10 items.")
		case in.Status != types.ContainerInstanceStatusActive && in.Status != types.ContainerInstanceStatusDraining:
			return nil, apiError("InvalidParameterException", "Container instance status should be one of [ACTIVE,DRAINING]")
		}
		out := &ecs.UpdateContainerInstancesStateOutput{}
		for _, arn := range in.ContainerInstances {
			h := k.host(arn)
			if h == nil {
				out.Failures = append(out.Failures, types.Failure{Arn: aws.String(arn), Reason: aws.String("MISSING")})
				continue
			}
			c.setHost(h, in.Status == types.ContainerInstanceStatusDraining)
			out.ContainerInstances = append(out.ContainerInstances, c.describeHost(h))
		}
		return out, nil
	})
}

func (k *cluster) host(arn string) *host {
	for _, h := range k.hosts {
		if h.arn == arn {
			return h
		}
	}
	return nil
}
