package act

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// cloudHosts is ECS as the account has it.
type cloudHosts struct{ *cloud }

func (c cloudHosts) ListContainerInstances(ctx context.Context, in *ecs.ListContainerInstancesInput, _ ...func(*ecs.Options)) (*ecs.ListContainerInstancesOutput, error) {
	if _, there := c.hosts[aws.ToString(in.Cluster)]; !there {
		return nil, refusedBy("ClusterNotFoundException", "Cluster not found.")
	}
	return answer(ctx, c.cloud, in, func() *ecs.ListContainerInstancesOutput {
		var arns []string
		for _, h := range c.hosts[*in.Cluster] {
			if strings.Contains(*in.Filter, *h.Ec2InstanceId) {
				arns = append(arns, *h.ContainerInstanceArn)
			}
		}
		out := &ecs.ListContainerInstancesOutput{}
		out.ContainerInstanceArns, out.NextToken = page(arns, in.NextToken)
		return out
	})
}

func (c cloudHosts) DescribeContainerInstances(ctx context.Context, in *ecs.DescribeContainerInstancesInput, _ ...func(*ecs.Options)) (*ecs.DescribeContainerInstancesOutput, error) {
	return answer(ctx, c.cloud, in, func() *ecs.DescribeContainerInstancesOutput {
		out := &ecs.DescribeContainerInstancesOutput{}
		for _, h := range c.hosts[*in.Cluster] {
			if slices.Contains(in.ContainerInstances, *h.ContainerInstanceArn) {
				out.ContainerInstances = append(out.ContainerInstances, h)
			}
		}
		return out
	})
}

func (c cloudHosts) UpdateContainerInstancesState(ctx context.Context, in *ecs.UpdateContainerInstancesStateInput, _ ...func(*ecs.Options)) (*ecs.UpdateContainerInstancesStateOutput, error) {
	return answer(ctx, c.cloud, in, func() *ecs.UpdateContainerInstancesStateOutput {
		return &ecs.UpdateContainerInstancesStateOutput{Failures: c.unmoved}
	})
}

func containerInstance(id, status string, running, pending int32) ecstypes.ContainerInstance {
	return ecstypes.ContainerInstance{ContainerInstanceArn: aws.String("arn:" + id), Ec2InstanceId: aws.String(id), Status: aws.String(status), AgentConnected: true,
		RunningTasksCount: running, PendingTasksCount: pending}
}

// cluster makes the group's instances hosts of the cluster prod.
func cluster(acc *cloud) {
	acc.versions["owner"][0].LaunchTemplateData.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\necho ECS_CLUSTER=prod >> /etc/ecs/ecs.config\n")))
	acc.hosts = map[string][]ecstypes.ContainerInstance{"prod": {containerInstance("i-1", "ACTIVE", 2, 1), containerInstance("i-2", "DRAINING", 0, 0)}}
}

func TestHostsAreAskedForWithWhatRunsOnThem(t *testing.T) {
	t.Parallel()
	acc := web()
	cluster(acc)
	w := look(t, acc, ledger.Record{})
	if got, want := one(w, "i-1").Container, (decide.Container{Asked: true, Cluster: "prod", ARN: "arn:i-1", Status: "ACTIVE", Connected: true, Tasks: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := one(w, "i-2").Container; got.Status != "DRAINING" || got.Tasks != 0 || !got.Asked {
		t.Errorf("%+v", got)
	}
	if len(w.Missing) > 0 || w.Group.NoCluster+w.Group.Unseen != "" || w.Template.Cluster != "prod" {
		t.Errorf("%v, %q, %q", w.Missing, w.Group.NoCluster, w.Template.Cluster)
	}
	for _, in := range inputs[ecs.ListContainerInstancesInput](acc) {
		if !strings.HasPrefix(*in.Filter, "ec2InstanceId in [i-") || *in.Cluster != "prod" {
			t.Errorf("asked of %s: %s", *in.Cluster, *in.Filter)
		}
	}
}

func TestOneHostIsAskedForByItself(t *testing.T) {
	t.Parallel()
	acc := web()
	cluster(acc)
	w := look(t, acc, ledger.Record{Group: "web", Drains: map[string]ledger.Drain{"i-1": {At: noon}}})
	if in := inputs[ecs.ListContainerInstancesInput](acc); len(in) != 1 || *in[0].Filter != "ec2InstanceId == i-1" {
		t.Errorf("asked %d times", len(in))
	}
	if one(w, "i-2").Container.Asked || !one(w, "i-1").Container.Known() {
		t.Errorf("%+v", w.Instances)
	}
}

func TestAHostThatIsBeingDeregisteredIsKnownToNobody(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"DEREGISTERING", "INACTIVE"} {
		acc := web()
		cluster(acc)
		acc.hosts["prod"][0].Status = &status
		if got := one(look(t, acc, ledger.Record{}), "i-1").Container; got.Known() || !got.Asked {
			t.Errorf("%s: %+v", status, got)
		}
	}
}

func TestNobodyIsDescribedWhoIsInNoCluster(t *testing.T) {
	t.Parallel()
	acc := web()
	cluster(acc)
	acc.hosts["prod"] = nil
	if got := one(look(t, acc, ledger.Record{}), "i-1").Container; got.Known() || !got.Asked || acc.calls("ecs.DescribeContainerInstances") > 0 {
		t.Errorf("%+v, described %d times", got, acc.calls("ecs.DescribeContainerInstances"))
	}
}

// Plans from files have nobody to ask.
func TestWhereNobodyCanBeAskedNoHostIsKnownAndNoneIsSet(t *testing.T) {
	t.Parallel()
	acc := web()
	cluster(acc)
	a := acc.actor()
	a.Containers = nil
	w, err := a.Observe(t.Context(), "web", ledger.Record{}, nil)
	if got := one(w, "i-1").Container; err != nil || got.Known() || !got.Asked || len(w.Missing) > 0 || decide.Refusal(w) != "" {
		t.Errorf("%+v, %v, %v", got, w.Missing, err)
	}
	if res := a.Apply(t.Context(), "web", decide.Action{Kind: decide.SetDraining, Instance: "i-1"}, noon.Add(time.Minute)); res.Failure != decide.Invalid {
		t.Errorf("%+v", res)
	}
}

func TestWhatWasLaunchedBeforeADeployIsLookedForInTheClusterOfThen(t *testing.T) {
	t.Parallel()
	acc := web()
	cluster(acc)
	acc.hosts["old"] = []ecstypes.ContainerInstance{containerInstance("i-2", "ACTIVE", 4, 0)}
	acc.hosts["prod"] = acc.hosts["prod"][:1]
	w := look(t, acc, ledger.Record{Group: "web", Clusters: []string{"old", "prod"}})
	if a, b := one(w, "i-1").Container, one(w, "i-2").Container; a.Cluster != "prod" || b.Cluster != "old" || b.Tasks != 4 {
		t.Errorf("%+v, %+v", a, b)
	}
	for _, gone := range []string{"old", "prod"} { // by now
		kept := acc.hosts[gone]
		delete(acc.hosts, gone)
		if w := look(t, acc, ledger.Record{Group: "web", Clusters: []string{"old", "prod"}}); w.Group.NoCluster != "" || len(w.Missing) > 0 {
			t.Errorf("without %s: %q, %v", gone, w.Group.NoCluster, w.Missing)
		}
		acc.hosts[gone] = kept
	}
}

func TestNobodyIsAskedWhoHasNotToBeDrained(t *testing.T) {
	t.Parallel()
	acc := web()
	if w := look(t, acc, ledger.Record{}); one(w, "i-1").Container.Asked || acc.calls("ecs.ListContainerInstances") > 0 {
		t.Error("a group that is in no cluster is asked for")
	}
}

func TestAClusterThatCannotBeAskedIsNotEmpty(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"ecs.ListContainerInstances", "ecs.DescribeContainerInstances"} {
		acc := web()
		cluster(acc)
		acc.failing(call, refusedBy("ThrottlingException", "Rate exceeded"))
		w := look(t, acc, ledger.Record{})
		if len(w.Missing) != 1 || w.Missing[0].What != decide.ReadContainers || w.Missing[0].Class != decide.Prudence || one(w, "i-1").Container.Asked {
			t.Errorf("%s: %+v", call, w.Missing)
		}
		acc.failing(call, refusedBy("AccessDeniedException", "not authorized"))
		if w = look(t, acc, ledger.Record{}); len(w.Missing) > 0 || !strings.Contains(w.Group.Unseen, "not authorized") || one(w, "i-1").Container.Asked {
			t.Errorf("%s, which is not allowed: %+v, %q", call, w.Missing, w.Group.Unseen)
		}
	}
}

func TestAClusterThatIsNotThereRefusesTheGroup(t *testing.T) {
	t.Parallel()
	acc := web()
	cluster(acc)
	acc.hosts = nil
	w := look(t, acc, ledger.Record{})
	if why := decide.Refusal(w); !strings.Contains(why, `"prod"`) || !strings.Contains(why, "does not exist") || decide.Step(w) == "" {
		t.Errorf("%q", why)
	}
}

func TestAHostIsSetDrainingAndActive(t *testing.T) {
	t.Parallel()
	for kind, status := range map[decide.ActionKind]ecstypes.ContainerInstanceStatus{decide.SetDraining: "DRAINING", decide.SetActive: "ACTIVE"} {
		acc := web()
		act := decide.Action{Kind: kind, Instance: "i-1", Cluster: "prod", Container: "arn:i-1"}
		if res := acc.actor().Apply(t.Context(), "web", act, noon.Add(time.Minute)); res.Failure != decide.Done {
			t.Errorf("%s: %+v", kind, res)
		}
		in := inputs[ecs.UpdateContainerInstancesStateInput](acc)
		if len(in) != 1 || in[0].Status != status || *in[0].Cluster != "prod" || !slices.Equal(in[0].ContainerInstances, []string{"arn:i-1"}) {
			t.Errorf("%s: called with %+v", kind, in)
		}
		for _, c := range []struct {
			reason string
			want   decide.Failure
		}{{"MISSING", decide.Gone}, {"TASK_RUNNING", decide.Invalid}} {
			acc.unmoved = []ecstypes.Failure{{Arn: aws.String("arn:i-1"), Reason: &c.reason}}
			if res := acc.actor().Apply(t.Context(), "web", act, noon.Add(time.Minute)); res.Failure != c.want {
				t.Errorf("%s, %s: %+v", kind, c.reason, res)
			}
		}
		acc.failing("ecs.UpdateContainerInstancesState", refusedBy("ThrottlingException", "later"))
		if res := acc.actor().Apply(t.Context(), "web", act, noon.Add(time.Minute)); res.Failure != decide.Throttled {
			t.Errorf("%s, throttled: %+v", kind, res)
		}
	}
}

func TestManyHostsAreAskedForInPortions(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.hosts = map[string][]ecstypes.ContainerInstance{"prod": nil}
	w := decide.World{Template: decide.Template{Hash: "h", Cluster: "prod"}, Record: ledger.Record{Orphans: map[string]time.Time{}}}
	for n := range 2*hostsBatch + 1 {
		id := fmt.Sprintf("i-%04d", n)
		acc.hosts["prod"] = append(acc.hosts["prod"], containerInstance(id, "ACTIVE", 1, 0))
		w.Record.Orphans[id] = noon
		w.Instances = append(w.Instances, decide.Instance{ID: id, State: "running"})
	}
	acc.actor().containers(t.Context(), &w)
	for _, i := range w.Instances {
		if i.Container.Tasks != 1 {
			t.Errorf("%s: %+v", i.ID, i.Container)
		}
	}
	filters := map[string]bool{}
	for _, in := range inputs[ecs.ListContainerInstancesInput](acc) {
		filters[*in.Filter] = true
	}
	if len(filters) != 3 {
		t.Errorf("%d portions", len(filters))
	}
}
