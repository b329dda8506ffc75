package decide

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"autospotting/coordinator/ledger"
)

// reply is how AWS answers a call.
type reply struct {
	failure Failure
	effect  bool // it is done
	unseen  bool // and reads do not show it yet
	empty   bool // a fleet without instances, whose answer names the pools
}

// reply takes one word of an answer.
func (r *reply) word(t *testing.T, d *datadriven.TestData, word string) {
	t.Helper()
	switch word {
	case "effect":
		r.effect = true
	case "unseen":
		r.unseen = true
	case "empty":
		r.empty, r.effect = true, false
	case "lost", "throttled", "expired", "invalid", "gone", "at-max", "at-min", "not-member", "already-member", "mismatch":
		r.failure, r.effect = Failure(word), false
	case "done":
	default:
		t.Fatalf("%s: no answer %q", d.Pos, word)
	}
}

// answer has AWS do what was asked, and learns its answer.
func (e *env) answer(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	all, of := reply{effect: true}, map[ActionKind]reply{}
	for _, a := range d.CmdArgs {
		if len(a.Vals) == 0 {
			all.word(t, d, a.Key)
			continue
		}
		r := reply{effect: true}
		for _, v := range a.Vals {
			r.word(t, d, v)
		}
		of[ActionKind(a.Key)] = r
	}
	var b strings.Builder
	for _, a := range e.pending {
		r, special := of[a.Kind]
		if !special {
			r = all
		}
		if r.empty && a.Launch == nil { // others than fleets are not
			r = reply{effect: true}
		}
		b.WriteString(e.answerOne(a, r))
	}
	e.pending = nil
	return b.String()
}

func (e *env) answerOne(a Action, r reply) string {
	var text string
	res := Result{Failure: r.failure}
	if r.effect {
		done, launched := e.happen(a, r.unseen)
		if text = done + "\n"; r.failure == Done {
			res.Launched = launched
		}
	}
	if r.failure != Done {
		res.Detail = "AWS said so"
		text += fmt.Sprintf("%s: %s\n", a.Kind, r.failure)
	}
	if r.empty {
		text += fmt.Sprintf("%s: nothing to be had\n", a.Kind)
		for _, o := range a.Launch.Overrides {
			res.Refused = append(res.Refused, RefusedPool{Type: o.Type, Zone: o.Zone, Code: "InsufficientInstanceCapacity"})
		}
	}
	e.w.Record = Learn(e.w.Record, a, res, e.w.Now)
	return text
}

// happen does in the group what a call does. What is unseen is done when reads come to show it.
func (e *env) happen(a Action, unseen bool) (string, []LaunchedOne) {
	do := func(change func()) {
		if unseen {
			e.hidden = append(e.hidden, change)
			return
		}
		change()
	}
	g := &e.w.Group
	switch a.Kind {
	case LaunchOne:
		var ids []string
		var launched []LaunchedOne
		for n := range max(a.Launch.Count, 1) {
			i := e.launch(*a.Launch, n)
			do(func() { e.w.add(i) })
			ids, launched = append(ids, i.ID), append(launched, LaunchedOne{i.ID, i.Type, i.Zone})
		}
		return strings.Join(ids, " ") + " runs", launched
	case AttachSome:
		do(func() {
			for _, id := range a.Instances {
				i := e.w.at(id)
				i.Member, i.Listed, i.Lifecycle, i.Healthy = true, true, "InService", true
			}
			g.Desired += len(a.Instances)
		})
		return fmt.Sprintf("%s in service, desired reads %d", strings.Join(a.Instances, " "), g.Desired), nil
	case Retire:
		do(func() {
			e.w.at(a.Instance).Lifecycle = "Terminating"
			if a.Decrement {
				g.Desired--
			}
		})
		return fmt.Sprintf("%s leaves, desired reads %d", a.Instance, g.Desired), nil
	case RaiseMax, RestoreMax:
		do(func() { g.Max = a.Max })
		return fmt.Sprintf("MaxSize %d", a.Max), nil
	case SetDesired:
		do(func() { g.Desired = a.Desired })
		return fmt.Sprintf("desired %d", a.Desired), nil
	}
	do(func() { e.trifle(a) })
	return string(a.Kind) + " done", nil
}

// trifle does what changes no number of the group.
func (e *env) trifle(a Action) {
	g := &e.w.Group
	switch a.Kind {
	case Protect, Unprotect:
		e.w.at(a.Instance).Protected = a.Kind == Protect
	case Terminate:
		e.w.at(a.Instance).State = "shutting-down"
	case MakeTemplate:
		e.w.Template.ID, e.w.Template.Version = "lt-ours", "1"
	case SetDraining:
		e.w.at(a.Instance).Container.Status = "DRAINING"
	case SetActive:
		e.w.at(a.Instance).Container.Status = "ACTIVE"
	case AskDrain:
		e.w.at(a.Instance).Ask = a.Text
	case AskNoMore:
		e.w.at(a.Instance).Ask = ""
	case TagStatus:
		g.StatusTag = a.Text
	case UntagStatus:
		g.StatusTag = ""
	case Untag:
		for _, id := range a.Instances {
			e.w.at(id).Ours = false
		}
	}
}

// launch makes what was launched. The same request again brings the same instance, as its token says.
// launch makes one of the instances that were asked for together, by its place among them; the same request gets the same ones again.
func (e *env) launch(l ledger.Launch, place int) Instance {
	token := fmt.Sprint(l.Nonce, " ", place)
	if n := slices.Index(e.tokens, token); n >= 0 {
		return e.made[n]
	}
	o := l.Overrides[0]
	i := Instance{ID: fmt.Sprintf("i-s%d", len(e.made)+1), Type: o.Type, Zone: o.Zone, Spot: l.Spot, State: "running", Launched: e.w.Now, StatusOK: true, Ours: true, Nonce: l.Nonce}
	if !l.Spot {
		i.ID = fmt.Sprintf("i-o%d", len(e.made)+1)
	}
	e.made, e.tokens = append(e.made, i), append(e.tokens, token)
	return i
}

// see has reads show all that was done.
func (e *env) see() {
	for _, change := range e.hidden {
		change()
	}
	e.hidden = nil
}
