package storm

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
)

// clusterName is the ECS cluster of the simulations.
const clusterName = "prod"

// hostData makes an instance a host of the cluster.
const hostData = "#!/bin/bash\ncat <<'EOF' >> /etc/ecs/ecs.config\nECS_CLUSTER=" + clusterName + "\nEOF\n"

// hosts are the scenarios about groups whose instances are hosts of an ECS cluster.
var hosts = []Scenario{
	{"ecs", "one group of hosts of an ECS cluster, with services, a daemon and tasks of their own, some of which do not end for hours, in the squall's weather", func(rng *rand.Rand) Script {
		s := Script{Faults: randomFaults(rng), Readings: randomReadings(rng), For: time.Hour, Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}}
		g := &s.Groups[0]
		g.Desired = 3 + rng.IntN(3)
		g.Max = g.Desired + rng.IntN(3)
		if rng.IntN(6) == 0 {
			g.Tags["autospotting:drain-with"] = []string{"ecs", "none"}[rng.IntN(2)]
		}
		if rng.IntN(4) == 0 {
			g.Tags["autospotting:attach"] = attachTags[rng.IntN(len(attachTags))]
		}
		s.Hosts = randomCluster(rng)
		if rng.IntN(5) == 0 {
			s.Hosts.Unregistered = 0.3
		}
		kinds := slices.Concat(actors, disasters, []string{"notice", "task", "task", "task", "task", "task", "endless"})
		s.Deeds = deeds(rng, s.For, 1, 3*time.Minute, kinds)
		return s
	}},
	{"ecs-unreadable", "hosts of an ECS cluster get notices while one API of ECS answers nobody for up to an hour", func(rng *rand.Rand) Script {
		apis := []string{"ECS.ListContainerInstances", "ECS.DescribeContainerInstances", "ECS.UpdateContainerInstancesState"}
		s := down(rng, apis[rng.IntN(len(apis))], []time.Duration{10 * time.Minute, 20 * time.Minute, time.Hour}[rng.IntN(3)])
		s.Hosts = randomCluster(rng)
		tasks := deeds(rng, s.For, 1, 5*time.Minute, []string{"task", "task", "desired", "endless"})
		s.Deeds = append(s.Deeds, tasks...)
		slices.SortStableFunc(s.Deeds, func(a, b Deed) int { return cmp.Compare(a.At, b.At) })
		return s
	}},
}

func randomCluster(rng *rand.Rand) *cloudsim.ClusterSpec {
	second := func(most int) time.Duration { return time.Duration(1+rng.IntN(most)) * time.Second }
	return &cloudsim.ClusterSpec{Name: clusterName, Services: []cloudsim.ServiceSpec{
		{Name: "shop", Tasks: 2 + rng.IntN(8), Start: second(30), Stop: second(90)}, {Name: "agent", Daemon: true, Start: second(10), Stop: second(10)}}}
}

// task runs a task of its own on some host: for a while, or for so long that nobody waits for it.
func (p *player) task(kind string, rng *rand.Rand) {
	lasts := time.Duration(1+rng.IntN(20)) * time.Minute
	if kind == "endless" {
		lasts = 3 * time.Hour
	}
	p.Cloud.RunTask(clusterName, lasts)
}

// hosts puts the group's instances into a cluster.
func (w *World) hosts(s Script, cfg *stage.Config) {
	if s.Hosts != nil {
		cfg.UserData = []byte(hostData)
	}
}

// asleep reports the members that we have left DRAINING.
func (w *World) asleep(g cloudsim.GroupView) {
	for _, m := range g.Members {
		if h, is := w.Cloud.Host(m.ID); is && h.Status != "ACTIVE" {
			w.report(Leftover, "%s: %s is still %s", g.Name, m.ID, h.Status)
		}
	}
}
