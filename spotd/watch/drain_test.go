package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/message"
)

// drainer plays a Drain and keeps what it said and did.
type drainer struct {
	*Drain
	told []string
}

func newDrainer(r RestoredDrain) *drainer {
	return &drainer{Drain: NewDrain(Identity{From: message.Source{Instance: "i-0123456789abcdef0", Group: "web"}}, r)}
}

// tags says that the metadata has tags, and asks with this value; an empty one is none.
func tags(value string) DrainLook {
	look := DrainLook{Handlers: true, Tags: Seen("Name"), Ask: none}
	if value != "" {
		look.Ask = Seen(value)
	}
	return look
}

func (d *drainer) look(after time.Duration, look DrainLook) {
	say, do := d.Step(at(after), look, false)
	for _, r := range say {
		d.told = append(d.told, strings.TrimSpace(string(r.Kind)+" "+r.Detail))
	}
	switch do {
	case DrainBegin:
		d.told = append(d.told, "begin until "+d.Until().Format(time.TimeOnly))
	case DrainUndo:
		d.told = append(d.told, "undo")
	}
}

func (d *drainer) ended(after time.Duration, failed string) {
	if r, asked := d.Ended(at(after), failed); asked {
		d.told = append(d.told, strings.TrimSpace(fmt.Sprintf("%s for %s %s", r.Kind, r.Deadline.Format(time.TimeOnly), r.Action)))
	}
}

func ask(after time.Duration) string { return at(after).UTC().Format(time.RFC3339) }

func TestADrainIsAskedForAnsweredAndTakenBack(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	until, later := at(15*minute).UTC().Format(time.TimeOnly), at(2*time.Hour).UTC().Format(time.TimeOnly)
	for _, c := range []struct {
		name string
		play func(*drainer)
		want string
	}{
		{"it says that it can be asked, and again", func(d *drainer) {
			for n := range 17 {
				d.look(time.Duration(n)*minute, tags(""))
			}
		}, "can-drain, can-drain"},
		{"without tags in the metadata nobody can ask", func(d *drainer) { d.look(0, DrainLook{Handlers: true, Tags: none, Ask: none}) }, ""},
		{"nor without a handler", func(d *drainer) { d.look(0, DrainLook{Tags: Seen("Name"), Ask: Seen(ask(time.Hour))}) }, ""},
		{"tags that were enabled later", func(d *drainer) {
			d.look(0, DrainLook{Handlers: true, Tags: none, Ask: none})
			d.look(minute, tags(""))
			d.look(minute, DrainLook{Handlers: true, Ask: none})
		}, "can-drain"},
		{"asked once, run once", func(d *drainer) {
			d.look(0, tags(ask(15*minute)))
			d.look(minute, tags(ask(15*minute)))
			d.ended(2*minute, "")
			d.look(3*minute, tags(ask(15*minute)))
		}, "can-drain, begin until " + until + ", drained for " + until},
		{"the answer is said once more", func(d *drainer) {
			d.look(0, tags(ask(15*minute)))
			d.ended(minute, "")
			d.look(6*minute, tags(ask(15*minute)))
			d.look(7*minute, tags(ask(15*minute)))
			d.look(14*minute, tags(ask(15*minute)))
		}, "can-drain, begin until " + until + ", drained for " + until + ", drained said once more"},
		{"a handler that failed", func(d *drainer) {
			d.look(0, tags(ask(15*minute)))
			d.ended(minute, "1 of 1")
		}, "can-drain, begin until " + until + ", drained for " + until + " failed"},
		{"taken back before it was done", func(d *drainer) {
			d.look(0, tags(ask(15*minute)))
			d.look(minute, tags(""))
			d.look(minute, tags(""))
			d.ended(2*minute, "")
			d.look(3*minute, tags(""))
		}, "can-drain, begin until " + until + ", undo"},
		{"one look without it is none", func(d *drainer) {
			d.look(0, tags(ask(15*minute)))
			d.look(minute, tags(""))
			d.look(minute, DrainLook{Handlers: true})
			d.look(minute, tags(ask(15*minute)))
			d.look(minute, tags(""))
			d.ended(2*minute, "")
		}, "can-drain, begin until " + until + ", drained for " + until},
		{"taken back, and asked again", func(d *drainer) {
			d.look(0, tags(ask(15*minute)))
			d.ended(minute, "")
			d.look(minute, tags(""))
			d.look(minute, tags(""))
			d.look(2*minute, tags(ask(2*time.Hour)))
		}, "can-drain, begin until " + until + ", drained for " + until + ", undo, begin until " + later},
		{"another ask while it runs is answered in the end", func(d *drainer) {
			d.look(0, tags(ask(15*minute)))
			d.look(minute, tags(ask(2*time.Hour)))
			d.ended(2*minute, "")
		}, "can-drain, begin until " + until + ", drained for " + later},
		{"an ask whose time is over", func(d *drainer) { d.look(minute, tags(ask(0))) }, "can-drain"},
		{"a value that is no time", func(d *drainer) { d.look(0, tags("soon")) }, "can-drain"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrainer(RestoredDrain{})
			c.play(d)
			if got := strings.Join(d.told, ", "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAfterARestartADrainGoesOnOrIsKnownToBeOver(t *testing.T) {
	t.Parallel()
	until := at(15 * time.Minute).UTC()
	answer := message.New(message.Drained, message.Source{Instance: "i-0123456789abcdef0"}, at(0), until)
	for _, c := range []struct {
		name string
		was  RestoredDrain
		look DrainLook
		want DrainDeed
	}{
		{"it was not done", RestoredDrain{Until: until}, tags(ask(15 * time.Minute)), DrainBegin},
		{"it was", RestoredDrain{Until: until, Answer: answer}, tags(ask(15 * time.Minute)), DrainNothing},
		{"it was, and that is taken back", RestoredDrain{Until: until, Answer: answer}, tags(""), DrainUndo},
		{"none was asked for", RestoredDrain{}, tags(""), DrainNothing},
	} {
		d := newDrainer(c.was)
		d.Step(at(time.Minute), c.look, false)
		if _, got := d.Step(at(time.Minute), c.look, false); c.want == DrainUndo && got != c.want {
			t.Errorf("%s: %d", c.name, got)
		}
		d = newDrainer(c.was)
		if _, got := d.Step(at(time.Minute), c.look, false); c.want != DrainUndo && got != c.want {
			t.Errorf("%s: %d", c.name, got)
		}
		if _, got := newDrainer(c.was).Step(at(time.Minute), c.look, true); got == DrainBegin {
			t.Errorf("%s: on its way out it begins a drain", c.name)
		}
	}
}
