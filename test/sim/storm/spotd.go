package storm

import (
	"time"

	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
	"autospotting/spotd/watch"
)

// How often spotd looks at the metadata, and how it goes on with a report that could not be published, as its outbox does: the waits double.
const (
	poll      = 2 * time.Second
	firstWait = 100 * time.Millisecond
	lastWait  = 5 * time.Second
	giveUp    = 2 * time.Minute
)

// daemon is spotd on one instance: its own decisions, with the metadata and the topic of the simulated cloud around them. It looks when
// the metadata may have changed, a poll later, instead of at every poll, since nothing else could come of that.
type daemon struct {
	guest   *cloudsim.Guest
	now     func() time.Time
	topic   string
	machine *watch.Machine
	wait    watch.Membership // what the bootstrap says of it
	drains  *drainer         // nil where it has no drain handler
}

// Speak starts spotd on an instance where the user data put it on board, for programs with worlds of their own.
func Speak(s *stage.Stage, g *cloudsim.Guest) { speak(s, g) }

// speak starts spotd where the user data put it on board.
func speak(s *stage.Stage, g *cloudsim.Guest) {
	if on, aboard := stage.Board(g); aboard {
		start(s, g, on, nil)
	}
}

// start starts spotd with such settings, with a drain handler or without.
func start(s *stage.Stage, g *cloudsim.Guest, on stage.Aboard, drains *drainer) {
	id := watch.Identity{From: on.From, Proof: on.Proof, PendingTime: on.Launched}
	d := &daemon{guest: g, now: s.Cloud.Now, topic: on.Settings.Topic, machine: watch.New(watch.Settings{Grace: on.Settings.Grace, Poll: poll}, id, watch.Restored{}), drains: drains}
	drains.begin(d, id)
	g.OnChange(func() { g.After(poll, d.look) })
	g.After(time.Second, d.look)
	begin := func(from time.Time) {
		due := from.Add(on.Settings.Grace + time.Millisecond) // it is told whole milliseconds
		g.After(max(time.Second, due.Sub(s.Cloud.Now())), d.look)
	}
	if !on.Settings.Await {
		begin(on.Launched)
		return
	}
	d.wait = watch.Membership{State: watch.Awaiting, Since: s.Cloud.Now()}
	s.Await(g, func(member bool) {
		d.wait = watch.Membership{State: watch.NoMember, Since: s.Cloud.Now()}
		if member {
			d.wait.State = watch.Member
		}
		begin(s.Cloud.Now())
		g.After(poll, d.look)
	})
}

// boots is what spotd finds of the boot, where its model tells.
var boots = map[cloudsim.Boot]watch.Application{cloudsim.BootRuns: watch.Booting, cloudsim.BootDone: watch.Booted, cloudsim.BootFailed: watch.Faulty}

func (d *daemon) look() {
	for _, r := range d.machine.Step(d.now().UTC().Truncate(time.Millisecond), watch.Observation{
		SpotAction:           d.item("meta-data/spot/instance-action"),
		Rebalance:            d.item("meta-data/events/recommendations/rebalance"),
		TargetLifecycleState: d.item("meta-data/autoscaling/target-lifecycle-state"),
		Membership:           d.wait,
		Application:          boots[d.guest.Boot()],
	}) {
		d.say(r)
	}
	d.drains.look(d)
}

func (d *daemon) say(r message.Report) {
	if body, err := r.Encode(); err == nil {
		d.publish(body, firstWait, d.now().Add(giveUp))
	}
}

func (d *daemon) item(path string) watch.Item {
	if body, found := d.guest.Metadata(path); found {
		return watch.Seen(body)
	}
	return watch.Item{Presence: watch.Absent}
}

// publish says it, and again where that fails: the outbox keeps it.
func (d *daemon) publish(body []byte, wait time.Duration, until time.Time) {
	if err := d.guest.Publish(d.topic, body); err != nil && d.now().Before(until) {
		d.guest.After(wait, func() { d.publish(body, min(2*wait, lastWait), until) })
	}
}
