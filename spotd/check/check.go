// Package check goes through what the daemon needs, and says what to do where something is not
// fine.
package check

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/config"
	"autospotting/spotd/daemon"
	"autospotting/spotd/endpoints"
	"autospotting/spotd/hook"
	"autospotting/spotd/watch"
)

// checkTimeout bounds one row of check.
const checkTimeout = 10 * time.Second

// clockBound is how far the clock may be off: what handlers are told of their time,
// and what is gone on with after a restart, is half of a notice then. From five
// minutes on nothing can be told (Signature Version 4).
const clockBound = time.Minute

// finding is one row of what check tells.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
	// Remedy is what to do; only where not OK.
	Remedy string `json:"remedy,omitempty"`
}

// errUnwell makes check exit with 1; what is wrong is on the screen already.
var errUnwell = errors.New("something is not fine, see above")

// checker goes through what the daemon needs. It says nothing new to the
// coordinator: what it publishes is the hello that the daemon says anyway.
type checker struct {
	daemon.Daemon
	found []finding
	id    watch.Identity
	tags  watch.Item
}

// Print tells what it finds, as text or JSON by c.Format. The error says only that something is not
// fine.
func Print(c config.Config, w io.Writer) error {
	return check(daemon.New(c, zerolog.Nop(), nil, nil), c.Format, w)
}

func check(d daemon.Daemon, format string, w io.Writer) error {
	k := checker{Daemon: d}
	for _, row := range []func(context.Context){k.metadata, k.role, k.topic, k.hook, k.probe, k.handlers, k.drains, k.state} {
		ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
		row(ctx)
		cancel()
	}
	unwell := false
	for _, f := range k.found {
		unwell = unwell || !f.OK
	}
	if err := k.print(format, w); err != nil {
		return err
	}
	if unwell {
		return errUnwell
	}
	return nil
}

func (k *checker) print(format string, w io.Writer) error {
	if format == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(k.found)
	}
	var b strings.Builder
	for _, f := range k.found {
		mark := "ok  "
		if !f.OK {
			mark = "FAIL"
		}
		fmt.Fprintf(&b, "%s  %-12s %s\n", mark, f.What, f.Text)
		if f.Remedy != "" {
			fmt.Fprintf(&b, "%18s -> %s\n", "", f.Remedy)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (k *checker) ok(what, format string, args ...any) {
	k.found = append(k.found, finding{What: what, OK: true, Text: fmt.Sprintf(format, args...)})
}

func (k *checker) bad(what string, err error, remedy string) {
	k.found = append(k.found, finding{What: what, Text: err.Error(), Remedy: remedy})
}

func (k *checker) metadata(ctx context.Context) {
	const remedy = "enable the instance metadata service (IMDSv2, in a container with a hop limit of 2) and let this user reach 169.254.169.254"
	began := time.Now()
	id, err := k.Reader.Identity(ctx, k.Config.Group)
	if err != nil {
		k.bad("metadata", err, remedy)
		return
	}
	k.id = id
	o, err := k.Reader.Observe(ctx, watch.Targets|watch.Events|watch.Tags)
	if err != nil {
		k.bad("metadata", err, remedy)
		return
	}
	k.ok("metadata", "%s, %s, %s, %s; answered in %v", id.From.Instance, id.From.Type, id.From.Zone, id.From.Lifecycle, time.Since(began).Round(time.Millisecond))
	if id.Proof.Signature == "" {
		k.bad("identity", errors.New("no signature in the metadata"), "the coordinator believes only signed reports: is this EC2?")
	} else {
		k.ok("identity", "signed document of account %s, region %s", id.From.Account, id.From.Region)
	}
	k.tags = o.Tags
	if o.SpotAction.Presence == watch.Present {
		k.bad("notice", errors.New(o.SpotAction.Body), "AWS is about to take this instance")
	} else {
		k.ok("notice", "none")
	}
}

func (k *checker) role(ctx context.Context) {
	got, err := k.Keys.Retrieve(ctx)
	if err != nil {
		k.bad("credentials", err, "give the instance a profile with a role; without one EventBridge alone tells of a notice, and readiness is guessed by status checks")
		return
	}
	text := "from " + got.Source
	if got.CanExpire {
		text += ", until " + got.Expires.UTC().Format(time.RFC3339)
	}
	k.ok("credentials", "%s", text)
}

// topic publishes the hello, which tells that the topic is there, reachable and
// lets this role publish; the answer's date tells how far the clock is off.
func (k *checker) topic(ctx context.Context) {
	if k.id.From.Instance == "" {
		k.bad("topic", errors.New("not tried, without an identity there is nothing to publish"), "see metadata")
		return
	}
	r := message.New(message.Hello, k.id.From, time.Now(), time.Time{})
	r.Identity = k.id.Proof
	began := time.Now()
	out, err := endpoints.NewTopic(k.Config, k.Keys, k.Transport).Send(ctx, r)
	var server time.Time
	if err == nil {
		server, _ = middleware.GetServerTime(out.ResultMetadata)
	} else {
		server = refusedAt(err)
	}
	k.clock(server)
	if err != nil {
		k.bad("topic", err, "let the role publish to "+k.Config.Topic+" (the topic's own policy of the stack does), and let this instance reach SNS: VPC endpoint, NAT or HTTPS_PROXY")
		return
	}
	k.ok("topic", "%s took a hello in %v", k.Config.Topic, time.Since(began).Round(time.Millisecond))
}

// refusedAt is the date of an answer that was an error; zero if there was none.
func refusedAt(err error) time.Time {
	var answered interface{ HTTPResponse() *smithyhttp.Response }
	var date time.Time
	if errors.As(err, &answered) && answered.HTTPResponse() != nil {
		date, _ = http.ParseTime(answered.HTTPResponse().Header.Get("Date"))
	}
	return date
}

func (k *checker) clock(server time.Time) {
	if server.IsZero() {
		k.ok("clock", "not compared, nobody told the time")
		return
	}
	off := time.Since(server).Round(time.Second)
	if off.Abs() >= clockBound {
		k.bad("clock", fmt.Errorf("%v off", off), "run a time service (chrony with 169.254.169.123): deadlines are read by it, and signatures are refused from five minutes on")
		return
	}
	k.ok("clock", "within %v of AWS's", max(off.Abs(), time.Second))
}

// hook sends a heartbeat. Without a waiting hook it is refused as invalid, which
// tells that it is permitted.
func (k *checker) hook(ctx context.Context) {
	if k.Config.LifecycleHook == "" {
		return
	}
	err := hook.Try(ctx, hook.Hook{
		Calls: endpoints.HookCalls(cmp.Or(k.id.From.Region, k.Config.Region()), k.Keys, k.Transport),
		Name:  k.Config.LifecycleHook, Group: k.Config.Group, Instance: k.id.From.Instance,
	})
	if err != nil {
		k.bad("hook", err, "let the role call autoscaling:RecordLifecycleActionHeartbeat and autoscaling:CompleteLifecycleAction on the group")
		return
	}
	k.ok("hook", "%s may be kept open and completed", k.Config.LifecycleHook)
}
