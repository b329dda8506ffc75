package emulator

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// What the coordinator asks of ECS, and tells it, by the SDK's own client. The emulator heeds no filter: hosts that nobody asked for are left out
// by who asks. No task runs on its hosts, so that the drain itself is the simulated cloud's to show.
func TestHostsOfAnECSClusterAreReadAndSetDraining(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.template = a.newTemplate("hosts", "#!/bin/bash\necho ECS_CLUSTER=prod >> /etc/ecs/ecs.config\n")
	a.newGroup("web", size{1, 2, 2}, "a")
	seen := do(t, "look", func(ctx context.Context) (look, error) { return a.look(ctx, "web") })
	cfg := aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("AK", "secret", ""), BaseEndpoint: &a.side.URL}
	hosts := ecs.NewFromConfig(cfg)
	do(t, "make a cluster", func(ctx context.Context) (*ecs.CreateClusterOutput, error) {
		return hosts.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")})
	})
	one := seen.onDemand[0]
	do(t, "register a host", func(ctx context.Context) (*ecs.RegisterContainerInstanceOutput, error) {
		return hosts.RegisterContainerInstance(ctx, &ecs.RegisterContainerInstanceInput{Cluster: aws.String("prod"),
			InstanceIdentityDocument: aws.String(fmt.Sprintf(`{"instanceId":%q}`, one))})
	})
	actor := act.New(act.Config{EC2: ec2.NewFromConfig(cfg), AutoScaling: a.scaling, Containers: hosts, Region: region, Defaults: settings.Defaults(), Thorough: true})
	state := func() decide.Container {
		t.Helper()
		w := do(t, "observe", func(ctx context.Context) (decide.World, error) {
			return actor.Observe(ctx, "web", ledger.Record{}, nil)
		})
		if w.Template.Cluster != "prod" || w.Group.NoCluster != "" {
			t.Fatalf("the cluster is %q: %s", w.Template.Cluster, w.Group.NoCluster)
		}
		for _, i := range w.Instances {
			if i.ID != one && i.Container.Known() {
				t.Errorf("%s is no host: %+v", i.ID, i.Container)
			}
			if i.ID == one {
				return i.Container
			}
		}
		return decide.Container{}
	}
	before := state()
	if !before.Known() || before.Status != "ACTIVE" || !before.Connected || before.Tasks != 0 {
		t.Fatalf("%+v", before)
	}
	for _, step := range []struct {
		kind decide.ActionKind
		want string
	}{{decide.SetDraining, "DRAINING"}, {decide.SetActive, "ACTIVE"}} {
		res := actor.Apply(t.Context(), "web", decide.Action{Kind: step.kind, Instance: one, Cluster: before.Cluster, Container: before.ARN}, time.Now().Add(time.Minute))
		if got := state().Status; res.Failure != decide.Done || got != step.want {
			t.Errorf("%s: %+v, and it is %s", step.kind, res, got)
		}
	}
	gone := decide.Action{Kind: decide.SetDraining, Instance: one, Cluster: "prod", Container: before.ARN[:len(before.ARN)-4] + "0000"}
	if res := actor.Apply(t.Context(), "web", gone, time.Now().Add(time.Minute)); res.Failure != decide.Gone {
		t.Errorf("a host that is not there: %+v", res)
	}
}
