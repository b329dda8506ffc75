package cloudsim

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// hostRig is a group of two hosts of the cluster prod, beside the group web of those that are none.
func hostRig(t *testing.T, cfg Config, services ...ServiceSpec) *rig {
	t.Helper()
	r := newRig(t, cfg, GroupSpec{Min: 1, Max: 1, Desired: 1})
	r.CreateCluster(ClusterSpec{Name: "prod", Services: services})
	lt := r.template("hosts-lt", &ec2types.RequestLaunchTemplateData{ImageId: aws.String(r.image), InstanceType: "m5.large",
		UserData: aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\ncat > /etc/ecs/ecs.config <<'EOF'\nECS_CLUSTER=prod\nEOF\n")))})
	must(t, r.CreateGroup(GroupSpec{Name: "hosts", Min: 1, Max: 4, Desired: 2, LaunchTemplate: lt}))
	r.settle()
	return r
}

// hosts are what the API says of the hosts of these instances, of all where none is named.
func (r *rig) hosts(filter string) map[string]ecstypes.ContainerInstance {
	r.t.Helper()
	in := &ecs.ListContainerInstancesInput{Cluster: aws.String("prod")}
	if filter != "" {
		in.Filter = &filter
	}
	list, err := r.s.ECS().ListContainerInstances(bg, in)
	must(r.t, err)
	out := map[string]ecstypes.ContainerInstance{}
	if len(list.ContainerInstanceArns) == 0 {
		return out
	}
	all, err := r.s.ECS().DescribeContainerInstances(bg, &ecs.DescribeContainerInstancesInput{Cluster: aws.String("prod"), ContainerInstances: list.ContainerInstanceArns})
	must(r.t, err)
	for _, h := range all.ContainerInstances {
		out[*h.Ec2InstanceId] = h
	}
	return out
}

func (r *rig) setHost(arn *string, status ecstypes.ContainerInstanceStatus) {
	r.t.Helper()
	_, err := r.s.ECS().UpdateContainerInstancesState(bg, &ecs.UpdateContainerInstancesStateInput{Cluster: aws.String("prod"), ContainerInstances: []string{*arn}, Status: status})
	must(r.t, err)
}

// members are the ids of the group's two hosts.
func (r *rig) pair() (a, b string) {
	g, _ := r.Group("hosts")
	return g.Members[0].ID, g.Members[1].ID
}

// ECS developer guide, Cluster query language: ec2InstanceId with == and in.
func TestHostsAreListedByTheirEC2Ids(t *testing.T) {
	t.Parallel()
	r := hostRig(t, Config{})
	a, b := r.pair()
	for filter, want := range map[string]int{"": 2, "ec2InstanceId == " + a: 1, "ec2InstanceId in [" + a + ", " + b + "]": 2, "ec2InstanceId in ['i-0', '" + b + "']": 1, "ec2InstanceId == i-0": 0} {
		if got := r.hosts(filter); len(got) != want {
			t.Errorf("%q: %d hosts, want %d", filter, len(got), want)
		}
	}
	_, err := r.s.ECS().ListContainerInstances(bg, &ecs.ListContainerInstancesInput{Cluster: aws.String("prod"), Filter: aws.String("instance is i-0")})
	wantCode(t, err, "InvalidParameterException", "filter")
	_, err = r.s.ECS().ListContainerInstances(bg, &ecs.ListContainerInstancesInput{})
	wantCode(t, err, "ClusterNotFoundException", "")
}

// ECS developer guide, Draining container instances: tasks of services are started elsewhere and stopped; tasks of no service run to their end; a
// daemon's stop too; nothing new is placed.
func TestADrainingHostLosesTheTasksOfServicesAndKeepsOthersToTheirEnd(t *testing.T) {
	t.Parallel()
	r := hostRig(t, Config{}, ServiceSpec{Name: "shop", Tasks: 4, Start: 10 * time.Second, Stop: 30 * time.Second}, ServiceSpec{Name: "agent", Daemon: true, Start: time.Second, Stop: time.Second})
	a, b := r.pair()
	had := r.hosts("")[a].RunningTasksCount
	if h := r.hosts(""); had+h[b].RunningTasksCount != 6 || had < 1 {
		t.Fatalf("%d and %d tasks, want 6", had, h[b].RunningTasksCount)
	}
	for r.hosts("")[a].RunningTasksCount == had { // on the host that has fewest
		if !r.RunTask("prod", 20*time.Minute) {
			t.Fatal("no task runs")
		}
	}
	all := had + 1 + r.hosts("")[b].RunningTasksCount
	r.setHost(r.hosts("")[a].ContainerInstanceArn, ecstypes.ContainerInstanceStatusDraining)
	r.pass(15 * time.Second)
	if h := r.hosts(""); h[a].RunningTasksCount < had || h[b].RunningTasksCount+h[b].PendingTasksCount < all-2 {
		t.Errorf("tasks are stopped before others run: %d and %d", h[a].RunningTasksCount, h[b].RunningTasksCount)
	}
	r.pass(2 * time.Minute)
	if h := r.hosts(""); *h[a].Status != "DRAINING" || h[a].RunningTasksCount != 1 || h[b].RunningTasksCount != all-2 {
		t.Errorf("%s with %d tasks, and %d", *h[a].Status, h[a].RunningTasksCount, h[b].RunningTasksCount)
	}
	if v, _ := r.Host(a); v.Running != 1 || v.DrainingAt.IsZero() {
		t.Errorf("%+v", v)
	}
	r.pass(20 * time.Minute)
	if h := r.hosts(""); h[a].RunningTasksCount != 0 {
		t.Errorf("%d tasks run still", h[a].RunningTasksCount)
	}
	r.setHost(r.hosts("")[a].ContainerInstanceArn, ecstypes.ContainerInstanceStatusActive)
	r.pass(time.Minute)
	if h := r.hosts(""); *h[a].Status != "ACTIVE" || h[a].RunningTasksCount != 1 {
		t.Errorf("%s with %d tasks: the daemon's comes back", *h[a].Status, h[a].RunningTasksCount)
	}
}

func TestTasksAreCutWhereAHostEnds(t *testing.T) {
	t.Parallel()
	r := hostRig(t, Config{}, ServiceSpec{Name: "shop", Tasks: 4})
	a, b := r.pair()
	if r.hosts("")[a].RunningTasksCount == 0 { // all were placed on the one that registered first
		a, b = b, a
	}
	cut := ""
	r.OnEvent(func(e Event) {
		if e.Kind == TasksCut {
			cut = e.Instance + ", " + e.Text
		}
	})
	had := r.hosts("")[a].RunningTasksCount
	must(t, r.TerminateByOwner(a))
	r.pass(time.Minute)
	if cut != fmt.Sprintf("%s, tasks that ran on it: %d", a, had) {
		t.Errorf("%q", cut)
	}
	out, err := r.s.ECS().DescribeContainerInstances(bg, &ecs.DescribeContainerInstancesInput{Cluster: aws.String("prod"), ContainerInstances: []string{"arn:gone"}})
	must(t, err)
	if len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" || len(r.hosts("ec2InstanceId == "+a)) != 0 {
		t.Errorf("%+v", out)
	}
	r.settle()
	if h := r.hosts("ec2InstanceId == " + b); h[b].RunningTasksCount != 4 {
		t.Errorf("%d tasks run on who is left", h[b].RunningTasksCount)
	}
}

func TestReadsOfHostsMayBeOld(t *testing.T) {
	t.Parallel()
	r := hostRig(t, Config{Faults: Faults{ReadLag: 10 * time.Second}})
	a, _ := r.pair()
	arn := r.hosts("")[a].ContainerInstanceArn
	r.pass(time.Minute)
	r.setHost(arn, ecstypes.ContainerInstanceStatusDraining)
	r.pass(5 * time.Second)
	seen := map[string]bool{}
	for range 40 {
		seen[*r.hosts("")[a].Status] = true
	}
	if !seen["ACTIVE"] || !seen["DRAINING"] {
		t.Errorf("seen 5 s after the call: %v", seen)
	}
	r.pass(11 * time.Second)
	if got := *r.hosts("")[a].Status; got != "DRAINING" {
		t.Errorf("%s ten seconds later still", got)
	}
}
