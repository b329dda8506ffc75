package decide

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
)

// TestTranscripts plays the files of testdata/transcripts: each tells a story of one group in several steps, and what is decided at each.
// They are the protocol for those who would rather read an example. `go test ./coordinator/decide -run Transcripts -rewrite` writes them anew:
// commit only changes that you can explain. The commands are those of env.handle.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	for _, file := range transcripts(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			e := newEnv(rules)
			datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string { return e.block(t, d) })
		})
	}
}

func transcripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	return files
}

// env is one group, with a small AWS that answers what is decided.
type env struct {
	rules    []rule
	w        World
	pending  []Action // of the last plan, not answered yet
	launched int      // to name what is launched
}

func newEnv(rules []rule) *env { return &env{rules: rules, w: web()} }

// block is the commands of one block, a line each, and what they print.
func (e *env) block(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	if strings.TrimSpace(d.Input) == "" {
		return e.handle(t, d)
	}
	out := said(d.FullCmd(), e.handle(t, d))
	for line := range strings.Lines(d.Input) {
		cmd, args, err := datadriven.ParseLine(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		out += said(strings.TrimSpace(line), e.handle(t, &datadriven.TestData{Pos: d.Pos, Cmd: cmd, CmdArgs: args}))
	}
	return out
}

// said is what one of several commands printed, under its own line; commands that print nothing are not repeated.
func said(cmd, out string) string {
	if out == "" {
		return ""
	}
	return "> " + cmd + "\n" + out
}

// handle is one command of a transcript:
//
//	new [type=m5.large …]          the group web: i-oda, i-odb, i-odc on-demand in zones a, b, c; desired 3, MaxSize 4
//	group desired=4 max=5 …        what its owner, a policy or AWS does to it
//	settings keep-on-demand=1 …    the owner's tags
//	instance i-1 zone=a spot …     a member, or a change of one; "gone" removes it from what reads show
//	template hash=h2               the owner deploys
//	activity user-shrink i-oda     a scaling activity; "unread" says that they cannot be read, "read" that they can
//	heard notice i-s1              a message
//	tick 30s                       time passes
//	decide must=retire never=(…)   what is decided now; the record is written, its actions wait for their answers. What must or never be done
//	                               holds whatever the file is rewritten to
//	answer [lost|throttled|…]      AWS does what was asked, and says so; or what the failure is (effect: it was done all the same; unseen: reads do not show it)
//	books                          what the books say
func (e *env) handle(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	switch d.Cmd {
	case "new":
		*e = *newEnv(e.rules)
		e.group(t, d)
	case "group":
		e.group(t, d)
	case "settings":
		tags := map[string]string{}
		for _, a := range d.CmdArgs {
			tags["autospotting:"+a.Key] = a.FirstVal(t)
		}
		e.w.tagged(tags)
	case "instance":
		e.instance(t, d)
	case "template":
		e.w.Template.Hash = value(t, d, "hash", e.w.Template.Hash)
		e.w.Template.Unreadable = value(t, d, "unreadable", "")
	case "market":
		e.w.Unpriced = value(t, d, "unread", "")
	case "activity":
		e.activity(t, d)
	case "heard":
		e.heard(t, d)
	case "tick":
		span, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		e.w.Now = e.w.Now.Add(span)
	case "decide":
		out := e.decide()
		e.pinned(t, d, out)
		return out
	case "answer":
		return e.answer(t, d)
	case "books":
		return e.account()
	default:
		t.Fatalf("%s: no command %q", d.Pos, d.Cmd)
	}
	return ""
}

func value(t *testing.T, d *datadriven.TestData, key, otherwise string) string {
	t.Helper()
	if a, ok := d.Arg(key); ok && len(a.Vals) > 0 {
		return a.FirstVal(t)
	}
	return otherwise
}

func number(t *testing.T, d *datadriven.TestData, key string, n *int) {
	t.Helper()
	d.MaybeScanArgs(t, key, n)
}

func (e *env) group(t *testing.T, d *datadriven.TestData) {
	g := &e.w.Group
	number(t, d, "min", &g.Min)
	number(t, d, "max", &g.Max)
	number(t, d, "desired", &g.Desired)
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "opted-out":
			g.Enabled = false
		case "opted-in":
			g.Enabled = true
		case "gone":
			g.Found = false
		case "refreshing":
			g.Refreshing = true
		case "refreshed":
			g.Refreshing = false
		case "grace":
			g.Grace = span(t, a.FirstVal(t))
		case "rebalancing":
			g.CapacityRebalance = true
		case "deleting":
			g.Deleting = true
		case "balanced":
			g.LoadBalanced = true
		case "protects-new":
			g.NewProtected = true
		case "members":
			e.w.Instances = slices.DeleteFunc(e.w.Instances, func(i Instance) bool { return !slices.Contains(a.Vals, i.ID) })
		case "zones":
			for z := range g.Subnets {
				if !slices.Contains(a.Vals, z) {
					delete(g.Subnets, z)
				}
			}
		}
	}
}

func (e *env) instance(t *testing.T, d *datadriven.TestData) {
	id := d.CmdArgs[0].Key
	if d.HasArg("gone") {
		e.w.Instances = slices.DeleteFunc(e.w.Instances, func(i Instance) bool { return i.ID == id })
		return
	}
	if !slices.ContainsFunc(e.w.Instances, func(i Instance) bool { return i.ID == id }) {
		i := member(id, value(t, d, "zone", "a"))
		i.Launched = e.w.Now.Add(-time.Hour)
		e.w.add(i)
	}
	i := e.w.at(id)
	for _, a := range d.CmdArgs[1:] {
		switch a.Key {
		case "zone":
			i.Zone = a.FirstVal(t)
		case "type":
			i.Type = a.FirstVal(t)
		case "spot":
			i.Spot = true
		case "ours":
			i.Ours, i.Nonce = true, "n-"+id
		case "outside": // no member
			i.Member, i.Listed, i.Lifecycle, i.Healthy = false, false, "", false
		case "foreign":
			i.Member, i.Listed, i.Foreign = false, false, true
		case "member":
			i.Member, i.Listed, i.Lifecycle, i.Healthy = true, true, "InService", true
		case "unlisted":
			i.Listed = false
		case "lifecycle":
			i.Lifecycle = a.FirstVal(t)
		case "state":
			i.State = a.FirstVal(t)
		case "unhealthy":
			i.Healthy = false
		case "healthy":
			i.Healthy = true
		case "balancer":
			i.Balancer = a.FirstVal(t)
		case "protected":
			i.Protected = true
		case "unprotected":
			i.Protected = false
		case "undeletable":
			i.Undeletable = true
		case "spot-status":
			i.SpotStatus, i.SpotStatusAt = a.FirstVal(t), e.w.Now
		case "age":
			i.Launched = e.w.Now.Add(-span(t, a.FirstVal(t)))
		case "failed-checks":
			i.StatusOK = false
		default:
			t.Fatalf("%s: an instance has no %q", d.Pos, a.Key)
		}
	}
}

func span(t *testing.T, text string) time.Duration {
	t.Helper()
	s, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (e *env) activity(t *testing.T, d *datadriven.TestData) {
	switch d.CmdArgs[0].Key {
	case "unread":
		e.w.Unread = true
		return
	case "read":
		e.w.Unread = false
		return
	}
	a := Activity{Kind: ActivityKind(d.CmdArgs[0].Key), At: e.w.Now, Failed: d.HasArg("failed"), Launching: d.HasArg("launching")}
	number(t, d, "desired", &a.Desired)
	a.At = e.w.Now.Add(-span(t, value(t, d, "ago", "0s")))
	if named := value(t, d, "named-ago", ""); named != "" {
		a.DesiredAt = e.w.Now.Add(-span(t, named))
	}
	for _, arg := range d.CmdArgs[1:] {
		if strings.HasPrefix(arg.Key, "i-") {
			a.Instance = arg.Key
		}
	}
	e.w.Activities = append([]Activity{a}, e.w.Activities...)
}

func (e *env) heard(t *testing.T, d *datadriven.TestData) {
	kinds := map[string]HintKind{"notice": HeardTerminating, "hello": HeardHello, "started": HeardStarted, "ready": HeardReady, "rebalance": HeardRebalance, "change": HeardChange}
	kind, known := kinds[d.CmdArgs[0].Key]
	if !known {
		t.Fatalf("%s: no message %q", d.Pos, d.CmdArgs[0].Key)
	}
	h := Hint{Kind: kind, Instance: d.CmdArgs[1].Key, At: e.w.Now, Trusted: !d.HasArg("unsigned"), Source: value(t, d, "from", "EventBridge"), Action: value(t, d, "action", "")}
	if kind == HeardTerminating && h.Action == "" {
		h.Action = "terminate"
	}
	if in := value(t, d, "in", ""); in != "" {
		h.Deadline = e.w.Now.Add(span(t, in))
	}
	e.w.Heard = append(e.w.Heard, h)
}

// decide shows the plan, and what the record has come to where that changed.
func (e *env) decide() string {
	p := decide(e.w, e.rules)
	e.w.Record, e.w.Heard, e.pending = p.Record, nil, p.Actions
	e.w.Record.Revision++
	var b strings.Builder
	for _, l := range p.Why {
		fmt.Fprintf(&b, "because %s\n", strings.TrimSpace(l.Instance+" "+l.Text))
	}
	for _, a := range p.Actions {
		b.WriteString("do      " + e.action(a) + "\n")
	}
	if !p.Look.IsZero() {
		fmt.Fprintf(&b, "look    again in %s\n", p.Look.Sub(e.w.Now))
	}
	if p.Forget {
		b.WriteString("forget  the record\n")
	}
	if s := p.Record.Status; s.Code != "managed" || s.Reason != "" {
		fmt.Fprintf(&b, "status  %s\n", strings.TrimSpace(s.Code+" "+s.Reason))
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

// pinned holds the plan against the kinds of actions that the transcript says it must and must never have.
func (e *env) pinned(t *testing.T, d *datadriven.TestData, plan string) {
	t.Helper()
	does := func(kind string) bool {
		return slices.ContainsFunc(e.pending, func(a Action) bool { return string(a.Kind) == kind })
	}
	if must, ok := d.Arg("must"); ok {
		for _, kind := range must.Vals {
			if !does(kind) {
				t.Fatalf("%s: the plan has no %s:\n%s", d.Pos, kind, plan)
			}
		}
	}
	if never, ok := d.Arg("never"); ok {
		for _, kind := range never.Vals {
			if does(kind) || kind == "anything" && len(e.pending) > 0 {
				t.Fatalf("%s: the plan has a %s:\n%s", d.Pos, kind, plan)
			}
		}
	}
}

func (e *env) action(a Action) string {
	out := string(a.Kind)
	switch {
	case a.Launch != nil:
		kind := "on-demand"
		if a.Launch.Spot {
			kind = "spot"
		}
		out += fmt.Sprintf(" %s for %s: %s", kind, orNobody(a.Instance), pools(a.Launch.Overrides[:min(3, len(a.Launch.Overrides))]))
		if more := len(a.Launch.Overrides) - 3; more > 0 {
			out += fmt.Sprintf(" and %d more", more)
		}
	case a.Kind == Retire && a.Decrement:
		out += " " + a.Instance + ", desired - 1"
	case a.Kind == Retire:
		out += " " + a.Instance + ", desired stays"
	case len(a.Instances) > 0:
		out += " " + strings.Join(a.Instances, " ")
	case a.Max+a.Desired > 0:
		out += fmt.Sprintf(" %d", a.Max+a.Desired)
	default:
		out += " " + a.Instance + a.Text
	}
	return strings.TrimSpace(out) + " (" + a.Why + ")"
}

func orNobody(id string) string {
	if id == "" {
		return "nobody"
	}
	return id
}

// answer has AWS do what was asked, and learns its answer.
func (e *env) answer(t *testing.T, d *datadriven.TestData) string {
	res, effect, unseen := Result{}, true, d.HasArg("unseen")
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "unseen", "effect", "late":
		case "lost", "throttled", "expired", "invalid", "gone", "at-max", "at-min", "not-member", "already-member", "mismatch":
			res, effect = Result{Failure: Failure(a.Key), Detail: "AWS said so"}, d.HasArg("effect")
		case "empty": // a fleet without instances
			effect = false
		default:
			t.Fatalf("%s: no answer %q", d.Pos, a.Key)
		}
	}
	var b strings.Builder
	for _, a := range e.pending {
		done := res
		if effect {
			text, launched := e.happen(a, unseen)
			if done.Failure == Done {
				done.Launched = launched
			}
			b.WriteString(text + "\n")
		}
		if a.Launch != nil && d.HasArg("empty") {
			for _, o := range a.Launch.Overrides {
				done.Refused = append(done.Refused, RefusedPool{Type: o.Type, Zone: o.Zone, Code: "InsufficientInstanceCapacity"})
			}
		}
		e.w.Record = Learn(e.w.Record, a, done, e.w.Now)
	}
	e.pending = nil
	return b.String()
}

// happen does in the group what a call does, as far as reads show it.
func (e *env) happen(a Action, unseen bool) (string, []LaunchedOne) {
	g := &e.w.Group
	switch a.Kind {
	case LaunchOne:
		e.launched++
		o := a.Launch.Overrides[0]
		i := Instance{ID: fmt.Sprintf("i-s%d", e.launched), Type: o.Type, Zone: o.Zone, Spot: a.Launch.Spot, State: "running", Launched: e.w.Now, StatusOK: true, Ours: true, Nonce: a.Launch.Nonce}
		if !unseen {
			e.w.add(i)
		}
		return i.ID + " runs", []LaunchedOne{{i.ID, i.Type, i.Zone}}
	case AttachSome:
		if !unseen {
			for _, id := range a.Instances {
				i := e.w.at(id)
				i.Member, i.Listed, i.Lifecycle, i.Healthy = true, true, "InService", true
			}
			g.Desired += len(a.Instances)
		}
		return fmt.Sprintf("%s in service, desired %d", strings.Join(a.Instances, " "), g.Desired), nil
	case Retire:
		if unseen {
			return a.Instance + " leaves, as yet unseen", nil
		}
		e.w.at(a.Instance).Lifecycle = "Terminating"
		if a.Decrement {
			g.Desired--
		}
		return fmt.Sprintf("%s leaves, desired %d", a.Instance, g.Desired), nil
	case RaiseMax, RestoreMax:
		if !unseen {
			g.Max = a.Max
		}
		return fmt.Sprintf("MaxSize %d", a.Max), nil
	case SetDesired:
		g.Desired = a.Desired
		return fmt.Sprintf("desired %d", a.Desired), nil
	case Protect, Unprotect:
		e.w.at(a.Instance).Protected = a.Kind == Protect
	case Terminate:
		e.w.at(a.Instance).State = "shutting-down"
	case MakeTemplate:
		e.w.Template.ID, e.w.Template.Version = "lt-ours", "1"
	case UntagStatus:
		g.StatusTag = ""
	}
	return string(a.Kind) + " done", nil
}

// account shows the books, and what the record holds besides.
func (e *env) account() string {
	k := e.w.Record.Books
	var b strings.Builder
	fmt.Fprintf(&b, "base %d, due %d, read %d\n", k.Base(), k.Due(), e.w.Group.Desired)
	for _, d := range k.Debts() {
		fmt.Fprintf(&b, "%s: %s for %s, %s\n", d.Kind, orNobody(d.Replacement.Instance), orNobody(d.Victim), d.Phase)
	}
	if k.Doubted() {
		fmt.Fprintf(&b, "doubt: %s %+d for %s\n", k.Doubt().State, k.Doubt().More, e.w.Now.Sub(k.Doubt().Since))
	}
	if l := k.Lease(); l.State != books.NoLease {
		fmt.Fprintf(&b, "lease: %d for the owner's %d, %s\n", l.Leased, l.Owner, l.State)
	}
	for _, it := range e.w.Record.Intents {
		fmt.Fprintf(&b, "launch: %s of %s, %s\n", it.Purpose, orNobody(it.Victim), intentState(it))
	}
	if r := e.w.Record; r.Failures > 0 {
		fmt.Fprintf(&b, "failures: %d (%s)\n", r.Failures, r.Cause)
	}
	v := view.Of(e.w.Now, view.Reads{Group: e.w.Group, Instances: e.w.Instances, Activities: e.w.Activities, Unread: e.w.Unread}, &e.w.Record)
	fmt.Fprintf(&b, "numbers %s:", v.Numbers())
	for _, id := range v.IDs() {
		fmt.Fprintf(&b, " %s %s", id, v.Standing(id))
	}
	return b.String() + "\n"
}

func intentState(it ledger.Intent) string {
	switch {
	case it.Abandoned != "":
		return "given up: " + it.Abandoned
	case it.Instance == "":
		return "not answered"
	}
	return "launched as " + it.Instance
}
