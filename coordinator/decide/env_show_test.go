package decide

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// decide shows the plan, and what the record has come to where that changed.
func (e *env) decide() string {
	e.asked()
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

func (e *env) action(a Action) string {
	out := string(a.Kind)
	switch {
	case a.Launch != nil:
		out += fmt.Sprintf(" %s for %s: %s", buying(a.Launch.Spot), orNobody(a.Instance), pools(a.Launch.Overrides[:min(3, len(a.Launch.Overrides))]))
		if more := len(a.Launch.Overrides) - 3; more > 0 {
			out += fmt.Sprintf(" and %d more", more)
		}
	case a.Kind == Retire && a.Decrement:
		out += " " + a.Instance + " with decrement"
	case a.Kind == Retire:
		out += " " + a.Instance + " without decrement"
	case a.Kind == AskDrain:
		out += " " + a.Instance + " until " + a.Text
	case len(a.Instances) > 0:
		out += " " + strings.Join(a.Instances, " ")
	case a.Max+a.Desired > 0:
		out += fmt.Sprintf(" %d", a.Max+a.Desired)
	default:
		out += " " + a.Instance + a.Text
	}
	return strings.TrimSpace(out) + " (" + a.Why + ")"
}

func buying(spot bool) string {
	if spot {
		return "spot"
	}
	return "on-demand"
}

func orNobody(id string) string {
	if id == "" {
		return "nobody"
	}
	return id
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
		fmt.Fprintf(&b, "doubt: %s %+d for %s\n", k.Doubt().State, k.Doubt().More, e.ago(k.Doubt().Since))
	}
	if l := k.Lease(); l.State != books.NoLease {
		fmt.Fprintf(&b, "lease: %d for the owner's %d, %s\n", l.Leased, l.Owner, l.State)
	}
	for _, it := range e.w.Record.Intents {
		fmt.Fprintf(&b, "launch: %s of %s, %s\n", it.Purpose, orNobody(it.Victim), intentState(it))
	}
	e.remembered(&b)
	v := look(e.w, &e.w.Record)
	fmt.Fprintf(&b, "numbers %s:", v.Numbers())
	for _, id := range v.IDs() {
		fmt.Fprintf(&b, " %s %s", id, v.Standing(id))
	}
	return b.String() + "\n"
}

// remembered shows what the record holds besides the books and the launches.
func (e *env) remembered(b *strings.Builder) {
	r := e.w.Record
	for _, id := range slices.Sorted(maps.Keys(r.Notices)) {
		n := r.Notices[id]
		fmt.Fprintf(b, "notice: %s to %s in %s, says %s; %d tries", id, n.Action, n.Deadline.Sub(e.w.Now), n.Source, n.Tries)
		if !n.Released.IsZero() {
			fmt.Fprintf(b, ", released %s ago", e.ago(n.Released))
		}
		b.WriteString("\n")
	}
	for _, key := range slices.Sorted(maps.Keys(r.Pools)) {
		if m := r.Pools[key]; m.Until.After(e.w.Now) {
			fmt.Fprintf(b, "avoided: %s for %s (%s)\n", key, m.Until.Sub(e.w.Now), m.Why)
		}
	}
	for _, x := range []struct {
		what string
		at   map[string]time.Time
	}{{"retired", r.Retired}, {"shielded", r.Shielded}, {"orphan", r.Orphans}, {"to prove itself", r.Proving}} {
		for _, id := range slices.Sorted(maps.Keys(x.at)) {
			fmt.Fprintf(b, "%s: %s for %s\n", x.what, id, e.ago(x.at[id]))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.Drains)) {
		switch d := r.Drains[id]; {
		case d.Open():
			fmt.Fprintf(b, "draining: %s for %s, of its owner %t\n", id, e.ago(d.At), d.Owners)
		default:
			fmt.Fprintf(b, "passed over: %s, given up %d times, the last %s ago; ACTIVE again %t\n", id, d.Times, e.ago(d.Over), !d.Draining())
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.Watched)) {
		w := r.Watched[id]
		fmt.Fprintf(b, "watched: %s for %s, ready when attached %t, failed %t\n", id, e.ago(w.At), !w.Early, w.Failed)
	}
	if r.Failures > 0 {
		fmt.Fprintf(b, "failures: %d (%s)", r.Failures, r.Cause)
		if r.PausedUntil.After(e.w.Now) {
			fmt.Fprintf(b, ", paused for %s", r.PausedUntil.Sub(e.w.Now))
		}
		b.WriteString("\n")
	}
	if f := r.Fallback; f.Times > 0 {
		fmt.Fprintf(b, "on-demand for want of spot: %d, the last %s ago\n", f.Times, e.ago(f.At))
	}
	if !r.Short.IsZero() {
		fmt.Fprintf(b, "short: for %s\n", e.ago(r.Short))
	}
	if !r.Uneven.IsZero() {
		fmt.Fprintf(b, "uneven: for %s\n", e.ago(r.Uneven))
	}
}

func (e *env) ago(t time.Time) time.Duration { return e.w.Now.Sub(t) }

func intentState(it ledger.Intent) string {
	switch {
	case it.Abandoned != "":
		return "given up: " + it.Abandoned
	case it.Instance == "":
		return "not answered"
	}
	return "launched as " + it.Instance
}
