package decide

import (
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// Sketch is what is kept of a group from one look to the next, so that a notice for an instance of ours can be answered before anything is described.
// Beside it stand the copies of the template and of the market.
type Sketch struct {
	At       time.Time         `json:"at"`
	Answers  bool              `json:"answers"` // replacements for notices were allowed, and there was something to launch them from
	Settings settings.Settings `json:"settings"`
	Group    Group             `json:"group"`
	Ours     []Known           `json:"ours"` // spot members of ours, in order of id
}

// Known is an instance as a sketch knows it.
type Known struct {
	ID       string    `json:"i"`
	Type     string    `json:"t"`
	Zone     string    `json:"z"`
	Template string    `json:"l"`
	Version  string    `json:"v"`
	Launched time.Time `json:"a"`
}

// SketchOf draws what was seen. A group of an Elastic Beanstalk environment answers nothing by memory: nothing may be launched in an update, which can
// begin at any moment. A glance has not read all that refuses a group: of the rest what the sketch before it said holds.
func SketchOf(w World, before Sketch) Sketch {
	s := Sketch{At: w.Now, Settings: w.Settings, Group: w.Group}
	rung, _ := rungOf(w)
	s.Answers = w.Group.Found && !w.Group.Environment.Is() && w.Group.Enabled && rung >= Answer
	if !w.Glance {
		_, unread := w.unlaunchable()
		s.Answers = s.Answers && w.Template.Version != "" && unread == "" && w.Template.CopyOf.IsZero()
	} else {
		s.Answers = s.Answers && before.Answers
		s.Group.Subnets, s.Group.LaunchHooks, s.Group.DrainHooks = before.Group.Subnets, before.Group.LaunchHooks, before.Group.DrainHooks
	}
	for _, i := range w.Instances {
		if i.Ours && i.Spot && i.Present() {
			s.Ours = append(s.Ours, Known{i.ID, i.Type, i.Zone, i.Template, i.TemplateVersion, i.Launched})
		}
	}
	slices.SortFunc(s.Ours, func(a, b Known) int {
		switch {
		case a.ID < b.ID:
			return -1
		case a.ID > b.ID:
			return 1
		}
		return 0
	})
	return s
}

// World is the world as the sketch remembers it. Template and market are the caller's to add.
func (s Sketch) World(now time.Time, rec ledger.Record) World {
	w := World{Now: now, Settings: s.Settings, Group: s.Group, Record: rec}
	for _, k := range s.Ours {
		w.Instances = append(w.Instances, Instance{ID: k.ID, Type: k.Type, Zone: k.Zone, Template: k.Template, TemplateVersion: k.Version, Launched: k.Launched,
			Spot: true, Ours: true, Member: true, Listed: true, Healthy: true, Lifecycle: "InService", State: "running"})
	}
	return w
}

// Hasten returns the launches for the notices that were heard, in a world that is remembered: nothing else is decided on it. The notices are marked as
// answered in haste, until a look takes them up.
func Hasten(w World) Plan {
	r := newRun(w)
	r.rung = Answer
	known := maps.Clone(r.rec.Notices)
	r.listen()
	var fresh []string
	for _, id := range slices.Sorted(maps.Keys(r.rec.Notices)) {
		n := r.rec.Notices[id]
		if _, old := known[id]; (!old || n.Hasty) && r.v.Stays(id) && !r.v.Retired(id) && !r.spokenFor(id) { // else a look has it, or had it
			n.Hasty = true
			r.rec.Notices[id] = n
			fresh = append(fresh, id)
		}
	}
	if until := r.gathers(fresh); r.now().Before(until) {
		r.plan.Gather = until
		return r.finish()
	}
	r.replaceTogether(fresh)
	for _, id := range fresh {
		if !r.spokenFor(id) {
			r.replace(r.v.Get(id), r.rec.Notices[id])
		}
	}
	return r.finish()
}

// gatherFor is how long after the first notice of a group others are waited for while request tokens are short: AWS takes those of one pool within seconds.
const gatherFor = 3 * time.Second

// gathers is until when others are waited for; zero where nobody is.
func (r *run) gathers(fresh []string) (until time.Time) {
	if len(fresh) == 0 || !r.scarce() {
		return until
	}
	for _, id := range fresh {
		if end := r.rec.Notices[id].At.Add(gatherFor); until.IsZero() || end.Before(until) {
			until = end
		}
	}
	return until
}

// TakenUp tells whether a look has taken up the notice that a hint speaks of, so that it tells nothing more: a second channel may only bring a deadline
// forward.
func TakenUp(rec ledger.Record, h Hint) bool {
	n, known := rec.Notices[h.Instance]
	return known && !n.Hasty && (h.Deadline.IsZero() || !h.Deadline.Before(n.Deadline))
}
