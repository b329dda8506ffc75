package act

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
)

// Containers is what the coordinator calls of ECS.
type Containers interface {
	ListContainerInstances(context.Context, *ecs.ListContainerInstancesInput, ...func(*ecs.Options)) (*ecs.ListContainerInstancesOutput, error)
	DescribeContainerInstances(context.Context, *ecs.DescribeContainerInstancesInput, ...func(*ecs.Options)) (*ecs.DescribeContainerInstancesOutput, error)
	UpdateContainerInstancesState(context.Context, *ecs.UpdateContainerInstancesStateInput, ...func(*ecs.Options)) (*ecs.UpdateContainerInstancesStateOutput, error)
}

var _ Containers = (*ecs.Client)(nil)

// hostsBatch is for how many instances a cluster is asked at a time: one page of ListContainerInstances holds 100, and so does one description. The
// filter names each of them.
const hostsBatch = 50

// containers reads what runs on the hosts of the group's ECS clusters that are to be retired, or may be. What could not be asked stays unknown.
func (a *Actor) containers(ctx context.Context, w *decide.World) {
	clusters := decide.Clusters(*w)
	if len(clusters) == 0 {
		return
	}
	known, found, missing := map[string]decide.Container{}, 0, ""
	asked := decide.Hosts(*w)
	for _, cluster := range clusters {
		for batch := range slices.Chunk(unknownHosts(asked, known), hostsBatch) {
			err := a.within(ctx, func(ctx context.Context) error { return a.hosts(ctx, cluster, batch, known) })
			switch {
			case noCluster(err):
				missing = cluster
				continue
			case denied(err):
				w.Group.Unseen = "not all could be seen that must be known to serve it: " + err.Error()
				return
			case err != nil:
				missed(w, "ECS.DescribeContainerInstances", err)
				return
			}
			found++
		}
	}
	if found == 0 && missing != "" {
		w.Group.NoCluster = fmt.Sprintf("the ECS cluster %q, with which the user data registers instances, does not exist", clusters[0])
	}
	for i := range w.Instances {
		if one := &w.Instances[i]; slices.Contains(asked, one.ID) {
			one.Container = known[one.ID]
			one.Container.Asked = true
		}
	}
}

func unknownHosts(ids []string, known map[string]decide.Container) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return known[id].Known() })
}

// noCluster tells whether there is no such cluster, or none any more.
func noCluster(err error) bool {
	_, detail := classify(err)
	return strings.HasPrefix(detail, "ClusterNotFoundException")
}

// hosts asks one cluster for instances, by their EC2 ids (ECS developer guide, Cluster query language), and adds those that it knows.
func (a *Actor) hosts(ctx context.Context, cluster string, ids []string, known map[string]decide.Container) error {
	if a.Containers == nil {
		return nil
	}
	filter := "ec2InstanceId == " + ids[0]
	if len(ids) > 1 {
		filter = "ec2InstanceId in [" + strings.Join(ids, ", ") + "]"
	}
	in := &ecs.ListContainerInstancesInput{Cluster: &cluster, Filter: &filter}
	for {
		list, err := a.Containers.ListContainerInstances(ctx, in)
		if err != nil {
			return fmt.Errorf("list the hosts of the ECS cluster %q: %w", cluster, err)
		}
		if err := a.describeHosts(ctx, cluster, list.ContainerInstanceArns, known); err != nil {
			return err
		}
		if in.NextToken = list.NextToken; aws.ToString(in.NextToken) == "" {
			return nil
		}
	}
}

// describeHosts adds the hosts of these ARNs. One that is registered no more is among the failures of the answer, and known to nobody.
func (a *Actor) describeHosts(ctx context.Context, cluster string, arns []string, known map[string]decide.Container) error {
	if len(arns) == 0 {
		return nil
	}
	out, err := a.Containers.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: &cluster, ContainerInstances: arns})
	if err != nil {
		return fmt.Errorf("describe the hosts of the ECS cluster %q: %w", cluster, err)
	}
	for _, c := range out.ContainerInstances {
		if status := aws.ToString(c.Status); status != "INACTIVE" && status != "DEREGISTERING" {
			known[aws.ToString(c.Ec2InstanceId)] = decide.Container{Cluster: cluster, ARN: aws.ToString(c.ContainerInstanceArn), Status: status,
				Connected: c.AgentConnected, Tasks: int(c.RunningTasksCount + c.PendingTasksCount)}
		}
	}
	return nil
}

// setState sets a host DRAINING or ACTIVE.
func (a *Actor) setState(ctx context.Context, act decide.Action) error {
	if a.Containers == nil {
		return &smithy.GenericAPIError{Code: "InvalidParameterException", Message: "there is nobody to set the state of a host"}
	}
	status := types.ContainerInstanceStatusActive
	if act.Kind == decide.SetDraining {
		status = types.ContainerInstanceStatusDraining
	}
	out, err := a.Containers.UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{
		Cluster: &act.Cluster, ContainerInstances: []string{act.Container}, Status: status})
	if err != nil || len(out.Failures) == 0 {
		return err
	}
	f := out.Failures[0]
	code := "InvalidParameterException"
	if aws.ToString(f.Reason) == "MISSING" {
		code = "ContainerInstance.NotFoundException"
	}
	return &smithy.GenericAPIError{Code: code, Message: strings.TrimSpace(aws.ToString(f.Reason) + " " + aws.ToString(f.Detail))}
}
