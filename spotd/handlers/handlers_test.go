//go:build !windows

package handlers

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

const instance = "i-0123456789abcdef0"

// bed is a directory of handlers that write down what they did.
type bed struct {
	t    *testing.T
	dir  string
	done string
	log  bytes.Buffer
}

func newBed(t *testing.T) *bed {
	return &bed{t: t, dir: t.TempDir(), done: filepath.Join(t.TempDir(), "done")}
}

func (b *bed) handler(name, body string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte("#!/bin/sh\n"+body+"\necho "+name+" >>"+b.done+"\n"), 0o755); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) run(ctx context.Context, timeout time.Duration, e Event) Result {
	return Runner{Dir: b.dir, Timeout: timeout, Log: zerolog.New(&b.log)}.Run(ctx, e)
}

func (b *bed) finished() []string {
	body, _ := os.ReadFile(b.done)
	return strings.Fields(string(body))
}

func (b *bed) want(got Result, want Result, finished ...string) {
	b.t.Helper()
	if got != want || !slices.Equal(b.finished(), finished) {
		b.t.Errorf("%+v, finished %q\n%s", got, b.finished(), &b.log)
	}
}

func event(left time.Duration) Event {
	return Event{Kind: "terminating", Action: "terminate", Deadline: time.Now().Add(left), Instance: instance, Group: "web"}
}

func TestHandlersRunInOrderAndAFailureStopsNoOther(t *testing.T) {
	b := newBed(t)
	b.handler("20-second", "")
	b.handler("10-first", "")
	b.handler("15-fails", "echo broken; exit 1")
	b.want(b.run(t.Context(), time.Minute, event(2*time.Minute)), Result{Ran: 3, Failed: 1}, "10-first", "20-second")
	if log := b.log.String(); !strings.Contains(log, `"handler":"15-fails","message":"broken"`) {
		t.Errorf("the log lacks the output:\n%s", log)
	}
}

func TestAHandlerLearnsWhatHappensAndWhen(t *testing.T) {
	b := newBed(t)
	e := event(2 * time.Minute)
	b.handler("10-env", `echo "$1 $2 $3|$SPOTD_EVENT $SPOTD_ACTION $SPOTD_DEADLINE $SPOTD_INSTANCE $SPOTD_GROUP"; [ $SPOTD_SECONDS -gt 50 ] && [ $SPOTD_SECONDS -le 60 ]`)
	b.want(b.run(t.Context(), time.Minute, e), Result{Ran: 1}, "10-env")
	when := e.Deadline.UTC().Format(time.RFC3339)
	if want := "terminating " + instance + " " + when + "|terminating terminate " + when + " " + instance + " web"; !strings.Contains(b.log.String(), want) {
		t.Errorf("want %q in\n%s", want, &b.log)
	}
}

func TestOneThatHangsLeavesTimeForTheNext(t *testing.T) {
	b := newBed(t)
	b.handler("10-hangs", "sleep 60")
	b.handler("20-next", "")
	b.want(b.run(t.Context(), 300*time.Millisecond, event(2*time.Minute)), Result{Ran: 2, Failed: 1}, "20-next")
}

func TestAllIsOverBeforeTheDeadline(t *testing.T) {
	b := newBed(t)
	b.handler("10-hangs", "sleep 60")
	b.handler("20-too-late", "")
	e := event(reserve + 300*time.Millisecond)
	b.want(b.run(t.Context(), time.Minute, e), Result{Ran: 2, Failed: 2})
	if !time.Now().Before(e.Deadline) || !strings.Contains(b.log.String(), "no time left") {
		t.Errorf("until %v after the deadline\n%s", time.Since(e.Deadline), &b.log)
	}
}

func TestNothingToRunIsFine(t *testing.T) {
	for _, dir := range []string{t.TempDir(), "/nowhere", ""} {
		if got := (Runner{Dir: dir, Timeout: time.Minute}).Run(t.Context(), event(time.Minute)); got != (Result{}) {
			t.Errorf("%q: %+v", dir, got)
		}
	}
}

func TestWhatOthersMayWriteIsNotRunWithMoreRights(t *testing.T) {
	for _, c := range []struct {
		name      string
		dir, file os.FileMode
		want      Result
	}{
		{"ours alone", 0o755, 0o755, Result{Ran: 1}},
		{"a file for all", 0o755, 0o777, Result{Ran: 1, Failed: 1}},
		{"a file for the group", 0o755, 0o775, Result{Ran: 1, Failed: 1}},
		{"a directory for all", 0o777, 0o755, Result{Ran: 1, Failed: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBed(t)
			b.handler("10-root", "")
			if err := os.Chmod(filepath.Join(b.dir, "10-root"), c.file); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(b.dir, c.dir); err != nil {
				t.Fatal(err)
			}
			got := Runner{Dir: b.dir, Timeout: time.Minute, Trusted: true, Log: zerolog.New(&b.log)}.Run(t.Context(), event(time.Minute))
			if got != c.want {
				t.Errorf("%+v\n%s", got, &b.log)
			}
		})
	}
}
