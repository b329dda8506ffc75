package storm

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
	"autospotting/spotd/watch"
	"autospotting/userdata"
)

// Commands is a group on whose instances jobs run, which its owner's drain handlers bring to an end where spotd is asked to.
type Commands struct {
	Takes   time.Duration // a drain, at most
	Absent  float64       // this share of the owner's instances has no spotd
	Blind   float64       // this share has no tags in its metadata
	Endless float64       // this share of drains does not end
	Fails   float64       // in this share a handler fails
}

// nodeData makes an instance a Kubernetes node.
const nodeData = "#!/bin/bash\nkubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef\n"

// commanding are the scenarios about groups that are drained by the owner's command.
var commanding = []Scenario{
	{"commands", "one group of Kubernetes nodes that spotd drains where it is asked to, on which some drains fail and some do not end, in the squall's weather", func(rng *rand.Rand) Script {
		s := Script{Faults: randomFaults(rng), Readings: randomReadings(rng), For: time.Hour, Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}}
		g := &s.Groups[0]
		g.Desired = 3 + rng.IntN(3)
		g.Max = g.Desired + rng.IntN(3)
		if rng.IntN(2) == 0 {
			g.Tags["autospotting:drain-with"] = "command"
		}
		if rng.IntN(4) == 0 {
			g.Tags["autospotting:attach"] = attachTags[rng.IntN(len(attachTags))]
		}
		some := func(most float64) float64 { return max(0, rng.Float64()*2-1) * most }
		s.Commands = &Commands{Takes: time.Duration(1+rng.IntN(600)) * time.Second, Absent: some(0.5), Blind: some(0.3), Endless: some(0.3), Fails: some(0.3)}
		kinds := slices.Concat(actors, disasters, []string{"notice"})
		s.Deeds = deeds(rng, s.For, 1, 3*time.Minute, kinds)
		return s
	}},
	{"commands-unasked", "such nodes get notices while nobody can be asked, or told no more, for up to an hour", func(rng *rand.Rand) Script {
		apis := []string{"EC2.CreateTags", "EC2.DeleteTags"}
		s := down(rng, apis[rng.IntN(len(apis))], []time.Duration{10 * time.Minute, 20 * time.Minute, time.Hour}[rng.IntN(3)])
		s.Commands = &Commands{Takes: time.Duration(1+rng.IntN(600)) * time.Second, Fails: 0.2}
		s.Deeds = append(s.Deeds, deeds(rng, s.For, 1, 5*time.Minute, []string{"kill", "desired"})...)
		slices.SortStableFunc(s.Deeds, func(a, b Deed) int { return cmp.Compare(a.At, b.At) })
		return s
	}},
}

// commands puts jobs on the group's instances, and spotd with a drain handler on the owner's, where the script has them.
func (w *World) commands(s Script, cfg *stage.Config, speak func(*stage.Stage, *cloudsim.Guest)) func(*stage.Stage, *cloudsim.Guest) {
	if s.Commands == nil {
		return speak
	}
	cfg.UserData = []byte(nodeData)
	cfg.Template = func(data *types.RequestLaunchTemplateData) {
		data.MetadataOptions = &types.LaunchTemplateInstanceMetadataOptionsRequest{InstanceMetadataTags: types.LaunchTemplateInstanceMetadataTagsStateEnabled}
	}
	return func(st *stage.Stage, g *cloudsim.Guest) {
		g.Works(1)
		has := func(what string, of float64) bool { return !w.well && share(s.Seed, what+g.Instance()) < of }
		on, ours := stage.Board(g)
		if !ours { // the owner's image has it, also on what goes back to on-demand
			on, _ = stage.Known(g, userdata.Settings{Topic: st.ReportsARN, Group: w.Groups[0], Grace: grace})
		}
		if has("blind", s.Commands.Blind) {
			_ = st.Cloud.ShowTags(g.Instance(), false) // it is there: it boots
		}
		absent := has("absent", s.Commands.Absent)
		begin := func() { start(st, g, on, &drainer{world: w, script: s}) }
		if ours || !absent {
			begin()
		}
		w.mend(g, func() {
			_ = st.Cloud.ShowTags(g.Instance(), true) // it may have gone meanwhile
			if !ours && absent {                      // its grace is over by then
				w.waitedUntil(g.Instance(), st.Cloud.Now().Add(-grace))
				begin()
			}
		})
	}
}

// mend does so once nothing goes wrong any more, unless that was so from the beginning.
func (w *World) mend(g *cloudsim.Guest, mended func()) {
	if w.well {
		return
	}
	g.After(time.Minute, func() {
		if w.well {
			mended()
			return
		}
		w.mend(g, mended)
	})
}

// asksEach is how often spotd looks for the tag.
const asksEach = 10 * time.Second

// drainer is the drain handlers of one instance, and spotd's own decisions about them.
type drainer struct {
	world   *World
	script  Script
	machine *watch.Drain
	number  int // of the run; what an earlier one would do is not done any more
}

func (d *drainer) begin(of *daemon, id watch.Identity) {
	if d == nil {
		return
	}
	d.machine = watch.NewDrain(id, watch.RestoredDrain{})
	var again func()
	again = func() { // it says again that it can be asked, and what it answered
		of.look()
		of.guest.After(5*time.Minute, again)
	}
	of.guest.After(5*time.Minute, again)
	of.guest.OnChange(func() { // the tag comes or goes: it takes two looks to believe that it went
		of.guest.After(asksEach, of.look)
		of.guest.After(2*asksEach, of.look)
	})
}

func (d *drainer) look(of *daemon) {
	if d == nil {
		return
	}
	say, do := d.machine.Step(of.now().UTC().Truncate(time.Millisecond), watch.DrainLook{Handlers: true,
		Tags: of.item("meta-data/tags/instance"), Ask: of.item("meta-data/tags/instance/" + message.DrainTag)}, of.machine.Doomed())
	for _, r := range say {
		of.say(r)
	}
	switch do {
	case watch.DrainBegin:
		d.run(of)
	case watch.DrainUndo:
		d.number++
		number := d.number
		of.guest.After(5*time.Second, func() {
			if d.number == number {
				of.guest.Works(1)
			}
		})
	}
}

// run is one run of the handlers: it ends, fails, or takes as long as it is let.
func (d *drainer) run(of *daemon) {
	d.number++
	number, c := d.number, *d.script.Commands
	dice := func(what string) float64 { return share(d.script.Seed, fmt.Sprint(what, of.guest.Instance(), number)) }
	takes, failed := time.Duration(dice("takes")*float64(c.Takes)), ""
	switch {
	case d.world.well:
		takes = time.Second
	case dice("endless") < c.Endless:
		takes, failed = d.machine.Until().Sub(of.now()), "it was stopped"
	case dice("fails") < c.Fails:
		takes, failed = takes/2, "it could not"
	}
	of.guest.After(max(takes, time.Second), func() {
		if d.number != number {
			return
		}
		if failed == "" {
			of.guest.Works(0)
		}
		if r, asked := d.machine.Ended(of.now().UTC().Truncate(time.Millisecond), failed); asked {
			of.say(r)
		}
	})
}

// Install is the owner's spotd with a drain handler that takes so long at most, on an instance that runs.
func (w *World) Install(g *cloudsim.Guest, group string, takes time.Duration) {
	on, known := stage.Known(g, userdata.Settings{Topic: w.Stage.ReportsARN, Group: group, Grace: grace})
	if !known {
		return
	}
	g.Works(1)
	w.waitedUntil(g.Instance(), w.Cloud.Now().Add(-grace))
	start(w.Stage, g, on, &drainer{world: w, script: Script{Commands: &Commands{Takes: takes}}})
}

// asked reports the members that we have left asked to drain.
func (w *World) asked(g cloudsim.GroupView) {
	for _, m := range g.Members {
		if until := m.Instance.Tags[message.DrainTag]; until != "" {
			w.report(Leftover, "%s: %s is still asked to drain until %s", g.Name, m.ID, until)
		}
	}
}

// anyAnswer takes what spotd says of another ask, or of handlers that failed, for a drain that is done.
func anyAnswer(w *decide.World) {
	heard := slices.Clone(w.Heard)
	for n := range heard {
		if d := w.Record.Drains[heard[n].Instance]; heard[n].Kind == decide.HeardDrained && d.Open() {
			heard[n].Deadline, heard[n].Action = d.Until, ""
		}
	}
	w.Heard = heard
}
