package storm

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"autospotting/pkg/cloudsim"
)

// Script is all that decides a simulation: a seed draws it first, so that parts of it can be cut before it is played again.
type Script struct {
	Scenario string
	Seed     int64
	Groups   []cloudsim.GroupSpec
	Faults   cloudsim.Faults
	Readings cloudsim.Readings
	For      time.Duration // how long the storm lasts
	Deeds    []Deed
	Tell     bool // keep the transcript even if all is well
	Small    bool // the group may have fewer members than zones
	Calm     bool // nothing is wrong: what can be done must be done at once
	Alone    bool // nobody else changes the group: nothing may be forgiven
	Outage   *Outage
	Sick     Sickness
	Poison   *cloudsim.Poison                // a type that spoils fleets
	Track    float64                         // the utilisation that target tracking keeps to; 0 is none
	Targets  map[string]cloudsim.TargetGroup // what is unusual of target groups, by ARN
	Timing   cloudsim.Timing                 // what is unusual of the cloud's
	Hosts    *cloudsim.ClusterSpec           // of which the instances are hosts; nil is none
	Commands *Commands                       // by which its instances are drained; nil is none
	Boots    *Boots                          // how applications come up; nil is as the cloud has it, all alike
	Environs []cloudsim.EnvironmentSpec      // of Elastic Beanstalk, around the groups
}

// Deed is one thing that somebody does. Dice decides what the kind leaves open.
type Deed struct {
	At    time.Duration // since the beginning
	Kind  string
	Group int
	Dice  uint64
}

func (d Deed) String() string {
	return fmt.Sprintf("+%s %s (group %d, dice %d)", d.At.Round(time.Second), d.Kind, d.Group, d.Dice%1000)
}

func (s Script) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "scenario %s, seed %d, faults %+v, readings %+v\n", s.Scenario, s.Seed, s.Faults, s.Readings)
	for _, g := range s.Groups {
		fmt.Fprintf(&b, "  group %s: min %d, max %d, desired %d, tags %v, target groups %d\n", g.Name, g.Min, g.Max, g.Desired, g.Tags, len(g.TargetGroups))
	}
	if s.Outage != nil {
		fmt.Fprintf(&b, "  %s\n", s.Outage)
	}
	if s.Sick.Pools > 0 {
		fmt.Fprintf(&b, "  sick: %+v; health checks %s, grace %s, targets %+v\n", s.Sick, s.Groups[0].HealthCheckType, s.Groups[0].Grace, s.Targets)
	}
	if s.Hosts != nil {
		fmt.Fprintf(&b, "  hosts: %+v\n", *s.Hosts)
	}
	if s.Commands != nil {
		fmt.Fprintf(&b, "  commands: %+v\n", *s.Commands)
	}
	if s.Boots != nil {
		fmt.Fprintf(&b, "  boots: %+v\n", *s.Boots)
	}
	for _, e := range s.Environs {
		fmt.Fprintf(&b, "  environment: %+v\n", e)
	}
	if s.Poison != nil {
		fmt.Fprintf(&b, "  %s spoils fleets (%s): %s: %s\n", s.Poison.Type, s.Poison.Shape, s.Poison.Code, s.Poison.Text)
	}
	for _, d := range s.Deeds {
		fmt.Fprintf(&b, "  %s\n", d)
	}
	return b.String()
}

// timing is that of the cloud: quick boots, and what the script has otherwise.
func (s Script) timing() cloudsim.Timing {
	t := s.Timing
	t.BootMin, t.BootMax, t.AppStart = cmp.Or(t.BootMin, 20*time.Second), cmp.Or(t.BootMax, 30*time.Second), cmp.Or(t.AppStart, 10*time.Second)
	return t
}

// Scenario draws scripts.
type Scenario struct {
	Name string
	What string
	Draw func(rng *rand.Rand) Script
}

// Standard is the scenario that is played where none is named.
const Standard = "squall"

// Scenarios are the named ones.
var Scenarios = slices.Concat([]Scenario{
	{"storm", "one group, two hours of faults, crashes, interruptions, and an owner who changes everything", func(rng *rand.Rand) Script {
		return weather(rng, 1, 2*time.Hour)
	}},
	{"squall", "one small group, a quarter of an hour of such weather, in which something happens every minute", func(rng *rand.Rand) Script {
		s := Script{Faults: randomFaults(rng), Readings: randomReadings(rng), For: 15 * time.Minute, Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}}
		s.Groups[0].Desired, s.Groups[0].Max = 3, 3+rng.IntN(3)
		s.Deeds = deeds(rng, s.For, 1, 2*time.Minute, slices.Concat(actors, disasters))
		return s
	}},
	{"several-groups", "two or three groups in one such storm, with one coordinator", func(rng *rand.Rand) Script {
		return weather(rng, 2+rng.IntN(2), time.Hour)
	}},
	{"crowd", "three groups share token buckets that are empty much of the time", func(rng *rand.Rand) Script {
		s := weather(rng, 3, time.Hour)
		few := func() cloudsim.Bucket {
			return cloudsim.Bucket{Burst: 2 + 4*rng.Float64(), PerSecond: 0.3 + rng.Float64()}
		}
		s.Faults = cloudsim.Faults{Buckets: cloudsim.Buckets{EC2Reads: few(), EC2Writes: few(), AutoScalingReads: few(), AutoScalingWrites: few()}}
		return s
	}},
	{"others", "one group whose owner, policies, schedules and refreshes never rest, in a kind cloud", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: time.Hour}
		s.Deeds = deeds(rng, s.For, 1, 3*time.Minute, actors)
		return s
	}},
	{"resizes", "one group in a kind cloud, whose owner names all its sizes at once, often the very numbers that they have by our hand", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: 30 * time.Minute}
		s.Deeds = deeds(rng, s.For, 1, 90*time.Second, []string{"resize", "resize", "resize", "interrupt", "kill", "policy", "again"})
		return s
	}},
	{"deploys", "one group in a kind cloud, whose owner begins instance refreshes and ends them while its instances are replaced", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: 30 * time.Minute}
		s.Deeds = deeds(rng, s.For, 1, 40*time.Second, []string{"refresh", "refresh", "refresh", "kill", "desired"})
		return s
	}},
	{"forgers", "one small group in a kind cloud, of whose instances somebody says all the time that they are ready, while members are lost", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: 30 * time.Minute}
		s.Groups[0].Desired, s.Groups[0].Max = 3, 3+rng.IntN(3)
		s.Deeds = deeds(rng, s.For, 1, 20*time.Second, []string{"forge", "forge", "forge", "forge", "forge", "kill", "interrupt"})
		return s
	}},
	{"machinery", "one group in a kind cloud, whose coordinator crashes, stalls and is called twice, while its owner changes sizes", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: time.Hour}
		s.Deeds = deeds(rng, s.For, 1, time.Minute, slices.Concat(disasters, []string{"stall", "stall", "again", "desired", "kill", "policy", "max"}))
		return s
	}},
	{"old-reads", "one group in a cloud whose reads are up to ten seconds old, with every message twice and out of order", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: time.Hour,
			Faults: cloudsim.Faults{ReadLag: 10 * time.Second, Duplicate: 0.4, Reorder: 0.2}}
		s.Deeds = deeds(rng, s.For, 1, time.Minute, []string{"again", "again", "again", "interrupt", "desired", "kill", "unhealthy"})
		return s
	}},
	{"alone", "one group that nobody else changes, in weather of crashes, lost messages, old reads and interruptions: nothing at all may be forgiven", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Faults: randomFaults(rng), Readings: randomReadings(rng), For: 45 * time.Minute, Alone: true}
		s.Groups[0].Suspended = []string{"AZRebalance"} // which would end members of its own accord
		s.Deeds = deeds(rng, s.For, 1, 2*time.Minute, slices.Concat(disasters, []string{"notice", "notice", "notice", "outage", "no-spot", "no-on-demand"}))
		return s
	}},
	{"copied-tags", "one group in a kind cloud, whose owner's own fleets carry our tags, and whose owner removes our template", copied},
	{"famine", "a group on spot loses instances while neither spot nor on-demand can be had", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: 90 * time.Minute}
		s.Deeds = []Deed{{At: 40 * time.Minute, Kind: "famine"}}
		for range 1 + rng.IntN(3) {
			at := 41*time.Minute + time.Duration(rng.IntN(900))*time.Second
			s.Deeds = append(s.Deeds, Deed{At: at, Kind: "notice", Dice: rng.Uint64()})
		}
		slices.SortFunc(s.Deeds, func(a, b Deed) int { return cmp.Compare(a.At, b.At) })
		return s
	}},
	{"demo", "one group, nothing wrong but a few interruptions: everything must be done at once", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{{Name: "web", Min: 2, Max: 6, Desired: 6, Tags: map[string]string{"spot-enabled": "true"}}}, For: 50 * time.Minute, Calm: true}
		for n := range 3 {
			s.Deeds = append(s.Deeds, Deed{At: time.Duration(20+10*n) * time.Minute, Kind: "notice", Dice: rng.Uint64()})
		}
		return s
	}},
	{"one-api-down", "a group on spot gets notices while one API, whichever, answers nobody for up to an hour", oneAPIDown},
	{"quiet", "one group of which nothing is to be done for long, when its owner changes tags, protection or MaxSize, of which nobody tells but a tick", quiet},
	{"drought", "spot has nothing for six hours", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, For: 6 * time.Hour}
		s.Groups[0].Tags["autospotting:keep-on-demand"] = "0"
		s.Deeds = append(s.Deeds, Deed{Kind: "drought"})
		return s
	}},
}, ill, sizing, poisoned, attaching, hosts, commanding, beanstalks)

// Find is the scenario of that name.
func Find(name string) (Scenario, error) {
	var names []string
	for _, s := range Scenarios {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("no scenario is called %q: choose one of %s", name, strings.Join(names, ", "))
}

// Script is the scenario as the seed draws it.
func (s Scenario) Script(seed int64) Script {
	out := s.Draw(rand.New(rand.NewPCG(uint64(seed), 7)))
	out.Scenario, out.Seed = s.Name, seed
	return out
}

func weather(rng *rand.Rand, groups int, long time.Duration) Script {
	s := Script{Faults: randomFaults(rng), Readings: randomReadings(rng), For: long}
	for n := range groups {
		s.Groups = append(s.Groups, randomGroup(rng, []string{"web", "api", "batch"}[n]))
	}
	s.Deeds = deeds(rng, long, groups, 10*time.Minute/time.Duration(groups), slices.Concat(actors, disasters))
	return s
}

// deeds draws deeds of these kinds, at most so far apart.
func deeds(rng *rand.Rand, long time.Duration, groups int, apart time.Duration, kinds []string) []Deed {
	var out []Deed
	for at := 2 * time.Minute; ; {
		at += time.Duration(rng.Int64N(int64(apart)))
		if at >= long {
			return out
		}
		out = append(out, Deed{At: at, Kind: kinds[rng.IntN(len(kinds))], Group: rng.IntN(groups), Dice: rng.Uint64()})
	}
}

func randomReadings(rng *rand.Rand) cloudsim.Readings {
	return cloudsim.Readings{LaunchAfterDrain: rng.IntN(2) == 0, SecondDecrement: rng.IntN(2) == 0,
		AttachIgnoredByRebalance: rng.IntN(2) == 0, SizeCountsTerminating: rng.IntN(2) == 0}
}

// randomGroup is the demo's group as some owner may have it.
func randomGroup(rng *rand.Rand, name string) cloudsim.GroupSpec {
	g := cloudsim.GroupSpec{Name: name, Min: 2, Max: 6, Desired: 6, Tags: map[string]string{"spot-enabled": "true"}}
	if rng.IntN(3) == 0 {
		g.TargetGroups = []string{"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/" + name + "/1"}
	}
	if rng.IntN(2) == 0 {
		g.Tags["autospotting:swaps-at-once"] = []string{"2", "3", "100%"}[rng.IntN(3)]
	}
	if rng.IntN(3) == 0 {
		g.Tags["autospotting:keep-on-demand"] = []string{"1", "50%"}[rng.IntN(2)]
	}
	return g
}

func randomFaults(rng *rand.Rand) cloudsim.Faults {
	some := func(most float64) float64 {
		if rng.IntN(2) == 0 {
			return 0
		}
		return rng.Float64() * most
	}
	return cloudsim.Faults{
		Throttle: some(0.05), AnswerLost: some(0.1), NoCapacity: some(0.3), Partial: some(0.2), DiePending: some(0.1),
		Duplicate: some(0.3), Reorder: some(0.3), LoseEvent: some(0.3), Interrupted: some(0.3),
		ReadLag: time.Duration(some(1) * float64(10*time.Second)),
	}
}
