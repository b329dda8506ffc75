package storm

import (
	"math/rand/v2"
	"slices"
	"time"

	"autospotting/pkg/cloudsim"
)

// environmentID is the Elastic Beanstalk environment of the simulations.
const environmentID = "e-abcdefghij"

// environmentAPI is what tells of it.
const environmentAPI = "Elastic Beanstalk.DescribeEnvironments"

// beanstalks are the scenarios about groups of Elastic Beanstalk's.
var beanstalks = []Scenario{
	{"beanstalk", "the group of an Elastic Beanstalk environment, which is updated in every way now and then, also while nobody can be asked of it; boots need membership of the stack's group, and the user data does not say so", func(rng *rand.Rand) Script {
		s := Script{Faults: randomFaults(rng), Readings: randomReadings(rng), For: time.Hour, Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}}
		s.Readings.AttachedStateHidden = rng.IntN(2) == 0
		s.Readings.StackTakesAttached = []time.Duration{0, 5 * time.Second}[rng.IntN(2)]
		s.Boots = &Boots{Slow: 10 * time.Second, Member: true, Stack: true, Fetched: true}
		g := &s.Groups[0]
		g.Desired = 3 + rng.IntN(2)
		g.Max = g.Desired + rng.IntN(3)
		e := cloudsim.EnvironmentSpec{ID: environmentID, Name: "shop-prod", Group: g.Name}
		if rng.IntN(4) == 0 {
			e.Tier, g.TargetGroups = "Worker", nil
			g.Tags["autospotting:drain-with"] = "none"
		} else {
			balance(g, rng)
			g.Grace = 3 * time.Minute
		}
		g.Tags["elasticbeanstalk:environment-id"], g.Tags["elasticbeanstalk:environment-name"] = e.ID, e.Name
		g.Tags["aws:cloudformation:stack-name"] = "awseb-" + e.ID + "-stack"
		s.Environs = []cloudsim.EnvironmentSpec{e}
		kinds := []string{"notice", "notice", "notice", "update", "update", "update", "unasked", "interrupt", "kill", "policy", "unhealthy", "no-spot"}
		s.Deeds = deeds(rng, s.For, 1, 4*time.Minute, slices.Concat(kinds, disasters))
		return s
	}},
}

// environment begins an update, or keeps everybody from asking of the environment for a while.
func (p *player) environment(kind string, g cloudsim.GroupView, rng *rand.Rand) {
	if kind == "unasked" {
		now := p.Cloud.Now()
		p.Cloud.Out(cloudsim.Outage{API: environmentAPI, From: now, Until: now.Add(time.Duration(1+rng.IntN(10)) * time.Minute), Throttled: rng.IntN(2) == 0})
		return
	}
	_ = p.Cloud.UpdateEnvironment(g.Tags["elasticbeanstalk:environment-id"], cloudsim.Updates[rng.IntN(len(cloudsim.Updates))])
}
