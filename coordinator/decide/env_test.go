package decide

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"autospotting/coordinator/ledger"
)

// env is one group, with a small AWS that answers what is decided.
type env struct {
	rules   []rule
	w       World
	pending []Action   // of the last plan, not answered yet
	made    []Instance // what was launched, and with which tokens
	tokens  []string
	hidden  []func() // what was done and reads do not show
}

func newEnv(rules []rule) *env { return &env{rules: rules, w: web()} }

// block is the commands of one block, a line each, and what they print.
func (e *env) block(t *testing.T, d *datadriven.TestData) (string, error) {
	t.Helper()
	if strings.TrimSpace(d.Input) == "" {
		return e.handle(t, d)
	}
	first, err := e.handle(t, d)
	out := said(d.FullCmd(), first)
	for line := range strings.Lines(d.Input) {
		if err != nil {
			break
		}
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cmd, args, bad := datadriven.ParseLine(line)
		if bad != nil {
			t.Fatalf("%s: %v", d.Pos, bad)
		}
		var text string
		text, err = e.handle(t, &datadriven.TestData{Pos: d.Pos, Cmd: cmd, CmdArgs: args})
		out += said(line, text)
	}
	return out, err
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
//	new [max=5 …]                  the group web: i-oda, i-odb, i-odc on-demand in zones a, b, c; desired 3, MaxSize 4
//	group desired=4 max=5 …        what its owner, a policy or AWS does to it
//	settings keep-on-demand=1 …    the owner's tags
//	instance i-1 zone=a spot …     a member, or a change of one; "gone" removes it from what reads show
//	template hash=h2               the owner deploys; "none" says that ours is still to be made, needs=(address) what the user data needs, unread=include what
//	                               of it could not be read, "unlooked" that nobody has read any of it yet
//	                               "cluster=prod": the instances are hosts of that ECS cluster
//	host i-oda tasks=3 …           what ECS says of an instance ("gone": it is no host, draining, active); "unread" says that ECS cannot be asked, "read" that it can
//	market m5.large/b=0.05 …       what spot costs there, or a type on-demand, USD an hour; "unread=throttled", "none=a": no spot in zone a, "unoffered=a": nothing at all
//	activity user-shrink i-oda     a scaling activity; "unread" says that they cannot be read, "read" that they can
//	heard notice i-s1              a message; "drained" answers the ask that is open, or the one that ends "in=" so long
//	glance on                      nothing is read but the group's description and its members ("off": all is)
//	record lost                    the ledger is empty
//	tick 30s                       time passes
//	decide                         what is decided now; the record is written, its actions wait for their answers
//	answer [lost|throttled|…]      AWS does what was asked, and says so; or what the failure is (effect: it was done all the same; unseen: reads do not
//	                               show it yet). "attach=lost" is the answer to calls of one kind, while the others are done
//	see                            reads show all that was done unseen
//	books                          what the books say, and what the record holds besides
//
// Pins hold whatever the file is rewritten to: must=(retire i-oda, launch) and never=(attach) name actions by how their lines begin, with
// never=anything for none at all; says=(…) and unsaid=(…) are pieces of what is printed.
func (e *env) handle(t *testing.T, d *datadriven.TestData) (string, error) {
	t.Helper()
	switch d.Cmd {
	case "new":
		*e = *newEnv(e.rules)
		e.group(t, d)
	case "group":
		e.group(t, d)
	case "settings":
		e.settings(t, d)
	case "instance":
		e.instance(t, d)
	case "template":
		e.template(t, d)
	case "host":
		e.host(t, d)
	case "market":
		e.market(t, d)
	case "activity":
		e.activity(t, d)
	case "heard":
		e.heard(t, d)
	case "glance":
		e.w.Glance = d.CmdArgs[0].Key == "on"
	case "record":
		e.w.Record = ledger.Record{Group: "web"}
	case "tick":
		e.w.Now = e.w.Now.Add(span(t, d.CmdArgs[0].Key))
	case "decide":
		out := e.decide()
		return out, e.pinned(d, out)
	case "answer":
		return e.answer(t, d), nil
	case "see":
		e.see()
	case "books":
		out := e.account()
		return out, e.pinned(d, out)
	default:
		t.Fatalf("%s: no command %q", d.Pos, d.Cmd)
	}
	return "", nil
}

// pinned holds what was printed, and the actions of the plan, against what the transcript says they must and must never have.
func (e *env) pinned(d *datadriven.TestData, out string) error {
	does := func(what string) bool {
		return what == "anything" && len(e.pending) > 0 || slices.ContainsFunc(e.pending, func(a Action) bool {
			rest, found := strings.CutPrefix(e.action(a), what)
			return found && (rest == "" || strings.ContainsAny(rest[:1], " ,:"))
		})
	}
	for _, arg := range d.CmdArgs {
		for _, v := range arg.Vals {
			var broken bool
			switch arg.Key {
			case "must":
				broken = !does(v)
			case "never":
				broken = does(v)
			case "says":
				broken = !strings.Contains(out, v)
			case "unsaid":
				broken = strings.Contains(out, v)
			default:
				return fmt.Errorf("%s: no pin %q", d.Pos, arg.Key)
			}
			if broken {
				return fmt.Errorf("%s: %s=(%s) does not hold", d.Pos, arg.Key, v)
			}
		}
	}
	return nil
}

func value(t *testing.T, d *datadriven.TestData, key, otherwise string) string {
	t.Helper()
	if a, ok := d.Arg(key); ok && len(a.Vals) > 0 {
		return a.FirstVal(t)
	}
	return otherwise
}

func span(t *testing.T, text string) time.Duration {
	t.Helper()
	s, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
