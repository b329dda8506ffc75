package daemon

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"autospotting/spotd/fakes"
)

func TestAfterTenMinutesWithoutMetadataANoticeIsSeenWithinOnePoll(t *testing.T) {
	inBubble(t, time.Minute, func(b *bed) { b.flags = []string{"--grace", "24h"} }, func(b *bed) {
		b.pass(time.Second)
		b.metadata.Set(func(m *fakes.Metadata) { m.Hang = true })
		b.pass(10 * time.Minute)
		b.metadata.Set(func(m *fakes.Metadata) { m.Hang = false })
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(2 * time.Second)
		b.want("hello", "terminating")
		if r := b.sink.Reports()[1]; !strings.Contains(r.Detail, "without metadata") {
			t.Errorf("the report hides the gap: %q", r.Detail)
		}
		if log := b.log.String(); strings.Count(log, "does not answer") != 1 || strings.Count(log, "answers again") != 1 {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestOnlyWhereTheNoticeCannotBeHadTheLegacyItemIsAsked(t *testing.T) {
	const notice, legacy = "meta-data/spot/instance-action", "meta-data/spot/termination-time"
	inBubble(t, time.Minute, nil, func(b *bed) {
		b.pass(time.Minute)
		if n := b.metadata.Asked[legacy]; n != 0 {
			t.Errorf("asked %d times in peace", n)
		}
		b.metadata.Set(func(m *fakes.Metadata) {
			m.Broken = map[string]int{notice: http.StatusInternalServerError}
			m.Items[legacy] = time.Now().Add(2 * time.Minute).UTC().Format(time.RFC3339)
		})
		b.pass(3 * time.Second)
		b.want("hello", "terminating")
		b.metadata.Set(func(m *fakes.Metadata) { m.Broken = nil })
		b.metadata.Interrupt(time.Now().Add(100 * time.Second))
		b.pass(time.Minute)
		b.want("hello", "terminating")
	})
}

func TestMalformedMetadataIsNoNoticeAndHidesNone(t *testing.T) {
	for _, body := range []string{"", "{", "null", "[]", "<html>404</html>", `{"action":7}`, `{"action":""}`, `{"time":"soon"}`, "\xff\xfe", strings.Repeat("x", 100_000)} {
		t.Run(fmt.Sprintf("%.20q", body), func(t *testing.T) {
			inBubble(t, time.Minute, nil, func(b *bed) {
				b.metadata.Set(func(m *fakes.Metadata) {
					for _, item := range []string{"spot/instance-action", "spot/termination-time", "events/recommendations/rebalance", "events/maintenance/scheduled", "autoscaling/target-lifecycle-state"} {
						m.Items["meta-data/"+item] = body
					}
				})
				b.pass(2 * time.Minute)
				b.want("hello")
				b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
				b.pass(2 * time.Second)
				b.want("hello", "terminating")
				if n := strings.Count(b.log.String(), "\n"); n > 20 {
					t.Errorf("%d lines of log:\n%s", n, b.log)
				}
			})
		})
	}
}

func TestARoleThatMayNotPublishIsToldAndDoesNotStopTheWatch(t *testing.T) {
	var allowed atomic.Bool
	denied := func(b *bed) {
		b.sink.Answer = func(int) int {
			if allowed.Load() {
				return http.StatusOK
			}
			return http.StatusForbidden
		}
	}
	inBubble(t, time.Minute, denied, func(b *bed) {
		b.pass(time.Second)
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(30 * time.Second)
		b.want()
		allowed.Store(true) // the owner puts the policy right
		b.pass(61 * time.Second)
		got := b.sink.Kinds(t)
		slices.Sort(got)
		if !slices.Equal(got, []string{"hello", "terminating"}) {
			t.Errorf("arrived %q\n%s", got, b.log)
		}
	})
}

// handler puts a program into a directory of its own and returns the directory
// and the file that the program writes.
func handler(t *testing.T, body string) (dir, mark string) {
	t.Helper()
	dir, mark = t.TempDir(), filepath.Join(t.TempDir(), "mark")
	if err := os.WriteFile(filepath.Join(dir, "10-handler"), []byte("#!/bin/sh\necho \"$@\" >>"+mark+"\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, mark
}

func lines(path string) []string {
	body, _ := os.ReadFile(path)
	return strings.FieldsFunc(string(body), func(r rune) bool { return r == '\n' })
}

func TestWithoutCredentialsItIsSaidOnceAndHandlersRun(t *testing.T) {
	dir, mark := handler(t, "")
	poor := func(b *bed) {
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		b.flags = []string{"--handlers", dir}
	}
	inBubble(t, time.Minute, poor, func(b *bed) {
		b.pass(time.Minute)
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(time.Minute)
		b.want()
		if n := strings.Count(b.log.String(), "no credentials"); n != 1 {
			t.Errorf("told %d times:\n%s", n, b.log)
		}
		if got := lines(mark); len(got) != 1 || !strings.HasPrefix(got[0], "terminating "+fakes.Instance) {
			t.Errorf("handlers ran: %q", got)
		}
	})
}

func TestHandlersRunOnceInALife(t *testing.T) {
	dir, mark := handler(t, "")
	inBubble(t, time.Minute, func(b *bed) { b.flags = []string{"--handlers", dir} }, func(b *bed) {
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(10 * time.Second)
		b.metadata.Set(func(m *fakes.Metadata) { m.Items["meta-data/autoscaling/target-lifecycle-state"] = "Terminated" })
		b.pass(20 * time.Second)
		b.end()
		b.start()
		b.pass(20 * time.Second)
		if got := lines(mark); len(got) != 1 || !strings.HasPrefix(got[0], "terminating ") {
			t.Errorf("handlers ran: %q\n%s", got, b.log)
		}
	})
}

func TestANoticeOfAnEarlierRunStillHasItsHandlersRun(t *testing.T) {
	dir, mark := handler(t, "")
	inBubble(t, time.Minute, func(b *bed) { b.flags = []string{"--handlers", dir} }, func(b *bed) {
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(10 * time.Second)
		b.end()
		marks, err := filepath.Glob(filepath.Join(os.Getenv("STATE_DIRECTORY"), "*", departed+"*"))
		if err != nil || len(marks) != 1 || os.Remove(marks[0]) != nil { // as if it was killed before
			t.Fatalf("%q, %v", marks, err)
		}
		b.start()
		b.pass(10 * time.Second)
		b.want("hello", "terminating")
		if got := lines(mark); len(got) != 2 {
			t.Errorf("handlers ran: %q", got)
		}
	})
}

// hooks is Auto Scaling, as far as lifecycle hooks go.
type hooks struct{ calls []string }

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	action := r.FormValue("Action")
	h.calls = append(h.calls, fmt.Sprintf("%s %s %s %s", action, r.FormValue("AutoScalingGroupName"), r.FormValue("LifecycleHookName"), r.FormValue("InstanceId")))
	fmt.Fprintf(w, `<%[1]sResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><%[1]sResult/><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%[1]sResponse>`, action)
}

func TestTheGroupsTerminationRunsHandlersAndCompletesTheHook(t *testing.T) {
	dir, mark := handler(t, "")
	h := &hooks{}
	inBubble(t, time.Minute, func(b *bed) {
		b.flags = []string{"--handlers", dir, "--lifecycle-hook", "drain", "--grace", "24h"}
		b.calls = h
	}, func(b *bed) {
		b.pass(time.Minute)
		b.metadata.Set(func(m *fakes.Metadata) { m.Items["meta-data/autoscaling/target-lifecycle-state"] = "Terminated" })
		b.pass(11 * time.Second)
		if got := lines(mark); len(got) != 1 || got[0] != "terminated "+fakes.Instance+" " {
			t.Errorf("handlers ran: %q", got)
		}
		if want := "CompleteLifecycleAction web drain " + fakes.Instance; len(h.calls) != 1 || h.calls[0] != want {
			t.Errorf("called %q", h.calls)
		}
		b.want("hello")
	})
}

func TestTheProbeDecidesWhenTheInstanceIsReady(t *testing.T) {
	flag := filepath.Join(t.TempDir(), "up")
	dir, _ := handler(t, "test -e "+flag)
	probing := func(b *bed) { b.flags = []string{"--probe", "exec:" + dir, "--probe-grace", "30s"} }
	inBubble(t, time.Hour, probing, func(b *bed) {
		b.pass(time.Minute)
		b.want("hello")
		if err := os.WriteFile(flag, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		b.pass(2 * time.Second)
		b.want("hello", "started")
		b.end()
		b.start() // goes on with the grace
		b.pass(29 * time.Second)
		b.want("hello", "started")
		b.pass(3 * time.Second)
		b.want("hello", "started", "ready")
	})
}

func TestWhatHappensWhenTheProbeDoesNotPassIsASetting(t *testing.T) {
	for what, want := range map[string][]string{"wait": {"hello"}, "stop": {"hello"}, "ready": {"hello", "ready"}} {
		t.Run(what, func(t *testing.T) {
			probes := filepath.Join(t.TempDir(), "probes")
			dir, _ := handler(t, "echo >>"+probes+" probe; exit 1")
			failing := func(b *bed) {
				b.flags = []string{"--probe", "exec:" + dir, "--probe-timeout", "20s", "--probe-overdue", what}
			}
			inBubble(t, time.Hour, failing, func(b *bed) {
				b.pass(22 * time.Second)
				before := len(lines(probes))
				b.pass(20 * time.Second)
				b.want(want...)
				if more := len(lines(probes)) > before; more != (what == "wait") {
					t.Errorf("probes go on: %v", more)
				}
				if n := strings.Count(b.log.String(), "not up yet"); n != 1 {
					t.Errorf("%d lines about the same reason\n%s", n, b.log)
				}
			})
		})
	}
}

func TestAClockThatIsWrongStopsNoHandlerAndChangesNoNotice(t *testing.T) {
	for _, ahead := range []time.Duration{0, 100 * time.Second, 2 * time.Minute, 5 * time.Minute, 25 * time.Hour, 400 * 24 * time.Hour, -time.Hour, -25 * time.Hour, -400 * 24 * time.Hour} {
		dir, mark := handler(t, "[ $SPOTD_SECONDS -gt 100 ]")
		prepare := func(b *bed) { b.flags = []string{"--handlers", dir, "--handler-timeout", "5m"} }
		inBubble(t, time.Minute, prepare, func(b *bed) {
			b.pass(time.Second)
			b.sink.Answer = func(attempt int) int {
				if attempt < 5 { // the hello was the first
					return http.StatusInternalServerError
				}
				return http.StatusOK
			}
			deadline := time.Now().Add(2*time.Minute - ahead).Truncate(time.Second)
			b.metadata.Interrupt(deadline)
			b.pass(time.Minute)
			b.want("hello", "terminating")
			if got := b.sink.Reports()[1]; !got.Deadline.Equal(deadline) || got.Detail != "" {
				t.Errorf("ahead by %v: AWS said %v, told is %v %q", ahead, deadline, got.Deadline, got.Detail)
			}
			if got := lines(mark); len(got) != 1 || !strings.Contains(b.log.String(), "handler done") {
				t.Errorf("ahead by %v: handlers ran: %q\n%s", ahead, got, b.log)
			}
		})
	}
}
