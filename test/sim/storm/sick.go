package storm

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"autospotting/pkg/cloudsim"
)

// Sickness is what befalls spot instances of some pools after they went in service, as long as the storm lasts: an image that is bad for their
// types, say.
type Sickness struct {
	Pools float64       // this share of the pools is sick
	How   string        // status, balancer or dies; empty is any, instance by instance
	After time.Duration // at most so long after it went in service
}

// The ways in which instances fall ill.
var illnesses = []string{"status", "balancer", "dies"}

// share is a number from 0 to 1 that the seed and the text decide.
func share(seed int64, text string) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64())).Float64()
}

// sicken lets spot fall ill as the script says.
func (w *World) sicken(s Script) {
	if s.Sick.Pools == 0 {
		return
	}
	w.Cloud.OnEvent(func(e cloudsim.Event) {
		i, _ := w.Cloud.Instance(e.Instance)
		if e.Kind != cloudsim.InService || !i.Spot || w.well || share(s.Seed, i.Type+"/"+i.Zone) >= s.Sick.Pools {
			return
		}
		how := s.Sick.How
		if how == "" {
			how = illnesses[int(share(s.Seed, i.ID+" how")*float64(len(illnesses)))]
		}
		w.Cloud.After(time.Duration(share(s.Seed, i.ID)*float64(s.Sick.After)), "sick", func() {
			if now, _ := w.Cloud.Instance(i.ID); !w.well && now.Group == e.Group && now.State == "running" {
				w.Say("storm", "%s falls ill: %s", i.ID, how)
				_ = w.fallIll(i.ID, how)
			}
		})
	})
}

func (w *World) fallIll(id, how string) error {
	switch how {
	case "status":
		return w.Cloud.Impair(id)
	case "balancer":
		return w.Cloud.FailChecks(id)
	}
	return w.Cloud.Die(id)
}

// ill are the scenarios in which members fail after they were in service.
var ill = []Scenario{
	{"sick-spot", "spot of some pools, or of all, fails minutes after it went in service, by EC2's status, by the load balancer, or without a word", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: time.Duration(2+rng.IntN(4)) * time.Hour}
		s.Sick = Sickness{Pools: 1, How: []string{"status", "balancer", "dies", ""}[rng.IntN(4)], After: time.Duration(1+rng.IntN(25)) * time.Minute}
		if rng.IntN(3) > 0 {
			s.Sick.Pools = rng.Float64()
		}
		balance(&s.Groups[0], rng)
		s.Deeds = deeds(rng, s.For, 1, time.Hour, []string{"notice", "notice", "desired", "kill", "policy"})
		return s
	}},
	{"kills-by-load-balancer", "a load balancer's checks make the group replace members, spot of some pools as soon as it is in service, with any grace; another target group says nothing", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: 2 * time.Hour}
		g := &s.Groups[0]
		balance(g, rng)
		s.Sick = Sickness{Pools: 0.7 * rng.Float64(), How: "balancer", After: time.Duration(rng.IntN(180)) * time.Second}
		if rng.IntN(2) == 0 {
			other := g.TargetGroups[0] + "2"
			g.TargetGroups = append(g.TargetGroups, other)
			s.Targets = map[string]cloudsim.TargetGroup{other: []cloudsim.TargetGroup{{Idle: true}, {Unchecked: true}, {ZonesOff: []string{"us-east-1b"}}}[rng.IntN(3)]}
		}
		s.Deeds = deeds(rng, s.For, 1, 10*time.Minute, []string{"checks", "checks", "notice", "desired", "kill", "policy"})
		return s
	}},
}

// balance puts a group behind a load balancer whose checks it heeds.
func balance(g *cloudsim.GroupSpec, rng *rand.Rand) {
	g.HealthCheckType = "ELB"
	g.Grace = []time.Duration{0, 30 * time.Second, 2 * time.Minute, 5 * time.Minute}[rng.IntN(4)]
	if len(g.TargetGroups) == 0 {
		g.TargetGroups = []string{"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/" + g.Name + "/1"}
	}
}
