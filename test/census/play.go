package census

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
	"autospotting/test/census/app"
	"autospotting/test/sim/storm"
	"autospotting/userdata"
)

// Options are how rows are played.
type Options struct {
	Seed     int64
	Readings cloudsim.Readings
	// AcceptAll tags the groups so that the coordinator refuses nothing that a tag can allow, and attaches nobody who is not ready.
	AcceptAll bool
	// For is how long it is played, six hours if zero.
	For time.Duration
	// Mistake, if set, is one that the coordinator makes.
	Mistake *storm.Mutant
	// Tell, if set, is told line by line what happens.
	Tell func(line string)
}

// The words of Outcome.Status.
const (
	Served  = "served"  // something of the group ran on spot that the coordinator launched, or there was nothing to launch for
	Refused = "refused" // the coordinator says why not
	Idle    = "idle"    // neither: nothing was ever replaced
)

// Outcome is what came of a group.
type Outcome struct {
	Status string
	Reason string // why it is refused
	Step   string // by which it would be served, as the product says
	Harms  []app.Harm
	// Replaced is how many instances of the coordinator's were in service at some time, Spot how many of the members are in the end.
	Replaced, Spot, Members int
	// Short: in the end fewer applications were up than the owner wants, though nothing was under way any more.
	Short int
}

// whole is how long a row is played once its owner has enabled it; for so long before that the group has been there, so that all of it is up.
const (
	whole = 6 * time.Hour
	old   = 30 * time.Minute
)

// acceptable is every need that a tag can accept.
func acceptable() string {
	var out []string
	for _, n := range app.Needs() {
		if n != app.Alone { // which has a tag of its own
			out = append(out, string(n))
		}
	}
	return strings.Join(out, ",")
}

func coordinators(session string) bool { return strings.HasPrefix(session, "coordinator") }

// world is a group that is played.
type world struct {
	*stage.Stage
	setup    Setup
	app      *app.Application
	replaced map[string]bool
	status   string
	reason   string
	step     string
	err      error
}

// deeds are what AWS and the owner do to a group, by the time since its owner enabled it.
var deeds = []struct {
	at time.Duration
	do func(*world)
}{
	{-25 * time.Minute, (*world).begin},
	{0, (*world).enable},
	{75 * time.Minute, (*world).listen}, // after an hour nothing passing refuses it any more
	{90 * time.Minute, func(w *world) { w.interrupt(1) }},
	{105 * time.Minute, func(w *world) { w.update(cloudsim.DeployRolling) }},
	{106 * time.Minute, func(w *world) { w.during(1) }},
	{135 * time.Minute, func(w *world) { w.scale(+1) }},
	{150 * time.Minute, func(w *world) { w.update(cloudsim.UpdateImmutable) }},
	{180 * time.Minute, func(w *world) { w.interrupt(2) }},
	{181 * time.Minute, func(w *world) { w.update(cloudsim.DeployAdditional) }}, // in the middle of the answer
	{200 * time.Minute, func(w *world) { w.update(cloudsim.DeployAtOnce) }},
	{225 * time.Minute, func(w *world) { w.scale(-1) }},
	{240 * time.Minute, func(w *world) { w.update(cloudsim.UpdateRolling) }},
	{242 * time.Minute, func(w *world) { w.during(1) }},
	{270 * time.Minute, func(w *world) { w.interrupt(1) }},
}

// update is one of the environment, where the group has one.
func (w *world) update(kind string) {
	if w.setup.Beanstalk {
		w.err = cmp.Or(w.err, w.Cloud.UpdateEnvironment(environmentID, kind))
	}
}

// during has AWS take members while the environment is updated.
func (w *world) during(n int) {
	if w.setup.Beanstalk {
		w.interrupt(n)
	}
}

// begin is the owner who starts a group that has no instances while nobody needs it: up to three of them.
func (w *world) begin() {
	if g := w.setup.Group; g.Desired == 0 {
		_ = w.Cloud.SetDesired(groupName, min(3, g.Max)) // Max is one at least
	}
}

// enable is the owner who tags the group.
func (w *world) enable() { w.err = w.Cloud.SetGroupTag(groupName, enabledTag, "true") }

// Play plays a group for six hours: notices for one, two and one of its spot instances, a scale-out and a scale-in between them.
func Play(s Setup, o Options) (Outcome, error) {
	w, err := build(s, o)
	if err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", s.Name, err)
	}
	defer w.Cloud.Close()
	end := cmp.Or(o.For, whole)
	for _, d := range deeds {
		if d.at <= end {
			w.Cloud.RunUntil(storm.Begin.Add(old + d.at))
			d.do(w)
		}
	}
	w.Cloud.RunUntil(storm.Begin.Add(old + end))
	return w.outcome()
}

func build(s Setup, o Options) (*world, error) {
	if o.AcceptAll {
		s = s.tagged("autospotting:accept", acceptable()).tagged("autospotting:skip-launch-hooks", "true").tagged("autospotting:allow-max-size-one", "true").tagged("autospotting:attach", "ready")
	}
	sums := map[string]string{}
	for _, arch := range []string{"amd64", "arm64", "windows-amd64"} {
		sums[arch] = strings.Repeat("ab", 32)
	}
	cfg := stage.Config{
		Cloud: cloudsim.Config{Seed: o.Seed, Start: storm.Begin, Readings: o.Readings, Types: catalog(), GuestsTell: true},
		Group: s.Group, Type: s.Type, UserData: s.UserData, Template: s.template, Defaults: settings.Defaults(),
		ReleaseURL: "https://releases.example.com/spotd", SHA256: sums, Profile: "arn:aws:iam::123456789012:instance-profile/spotd-minimal",
		Tell: func(n handle.Note) {
			o.say(n.At, "coordinator", strings.TrimSpace(fmt.Sprintf("%s %s %s %s", n.Kind, n.Instance, n.Text, n.Failure)))
		},
	}
	if o.Mistake != nil {
		o.Mistake.Alter(&cfg)
	}
	st, err := stage.New(cfg)
	if err != nil {
		return nil, err
	}
	w := &world{Stage: st, setup: s, replaced: map[string]bool{}}
	w.app = app.Run(st.Cloud, groupName, s.App, coordinators, waits)
	st.Cloud.OnBoot(func(g *cloudsim.Guest) { storm.Speak(st, g) })
	st.Cloud.OnEvent(w.event)
	st.Cloud.OnEvent(func(e cloudsim.Event) {
		if e.Instance != "" || e.Kind == cloudsim.SizeChanged || e.Kind == cloudsim.LaunchFailed {
			o.say(e.At, e.Actor, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Kind, e.Instance, e.Text)))
		}
	})
	if s.Beanstalk {
		if err := st.Cloud.CreateEnvironment(cloudsim.EnvironmentSpec{ID: environmentID, Name: "app", Group: groupName}); err != nil {
			return nil, err
		}
	}
	if strings.Contains(s.Policies, "TT") {
		n := float64(s.Group.Desired)
		if err := st.Cloud.TrackTarget(groupName, 0.5, 0.48*n); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (o Options) say(at time.Time, who, what string) {
	if o.Tell != nil {
		o.Tell(fmt.Sprintf("%s %-22s %s", at.UTC().Format("15:04:05.000"), who, what))
	}
}

// waits tells whether our part of the user data has the owner's wait for membership.
func waits(g *cloudsim.Guest) bool {
	on, aboard := userdata.Injected(g.UserData())
	return aboard && on.Await
}

func (w *world) event(e cloudsim.Event) {
	if e.Kind != cloudsim.InService {
		return
	}
	if i, _ := w.Cloud.Instance(e.Instance); coordinators(i.LaunchedBy) {
		w.replaced[e.Instance] = true
	}
}

// listen keeps what the coordinator says of the group, where its owner looks, and the step that it names.
func (w *world) listen() {
	rec, err := w.Record(groupName)
	if err != nil {
		w.err = err
		return
	}
	if w.status, w.reason = rec.Status.Code, rec.Status.Reason; w.status != "refused" {
		return
	}
	seen, err := w.Handler(w.Cloud.NewSession("census")).Actor.Observe(context.Background(), groupName, rec, nil)
	if err != nil {
		w.err = err
		return
	}
	w.step = decide.Step(seen)
}

// interrupt has AWS take so many of the spot members that the coordinator launched.
func (w *world) interrupt(n int) {
	g, _ := w.Cloud.Group(groupName)
	for _, m := range g.Members {
		if n > 0 && m.State == "InService" && w.replaced[m.ID] && m.Instance.Spot && m.Instance.NoticeAt.IsZero() {
			_ = w.Cloud.Interrupt(m.ID, "terminate") // it is live, and spot
			n--
		}
	}
}

// scale is the owner's, or their policy's. A cluster of one size is not scaled. Who names the number that desired has already, by an attach of ours,
// says nothing that anybody could hear: it is named a minute later.
func (w *world) scale(by int) {
	g, _ := w.Cloud.Group(groupName)
	if w.setup.Group.Min == w.setup.Group.Max {
		return
	}
	want := g.Desired - g.Net + by
	if want == g.Desired {
		w.Cloud.After(time.Minute, "owner", func() { w.scale(by) })
		return
	}
	switch {
	case want < w.setup.Group.Min || want > w.setup.Group.Max:
	case strings.Contains(w.setup.Policies, "TT"):
		_ = w.Cloud.SetLoad(groupName, 0.48*float64(want))
	case strings.Contains(w.setup.Policies, "sched"):
		_ = w.Cloud.ScheduledAction(groupName, want)
	case strings.Contains(w.setup.Policies, "step"):
		_ = w.Cloud.ScaleByPolicy(groupName, by)
	default:
		_ = w.Cloud.SetDesired(groupName, want)
	}
}

func (w *world) outcome() (Outcome, error) {
	out := Outcome{Status: Idle, Reason: w.reason, Harms: w.app.Harms(), Replaced: len(w.replaced)}
	g, _ := w.Cloud.Group(groupName)
	for _, m := range g.Members {
		if out.Members++; m.Instance.Spot {
			out.Spot++
		}
	}
	out.Short = max(0, g.Desired-g.Net-w.app.Up())
	switch {
	case w.status == "refused":
		out.Status, out.Step = Refused, w.step
	case len(w.replaced) > 0:
		out.Status = Served
	}
	return out, w.err
}

// Kinds are the kinds of harm among these, each once.
func Kinds(harms []app.Harm) []string {
	kinds := map[string]bool{}
	for _, h := range harms {
		kinds[string(h.Kind)] = true
	}
	return slices.Sorted(maps.Keys(kinds))
}
