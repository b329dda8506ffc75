package daemon

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"autospotting/spotd/config"
	"autospotting/spotd/fakes"
)

// bed is one daemon with the real metadata and SNS clients, in virtual time.
type bed struct {
	t        *testing.T
	metadata *fakes.Metadata
	sink     *fakes.Sink
	log      *bytes.Buffer
	flags    []string
	calls    http.Handler      // what is no Publish
	imds     http.RoundTripper // in the metadata's place, if set
	stop     context.CancelFunc
	done     chan struct{}
}

// inBubble runs a daemon with a grace of 5 min on an instance that was launched
// the given time ago.
func inBubble(t *testing.T, age time.Duration, prepare func(*bed), story func(*bed)) {
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	if os.Getenv("SPOTD_PREFIX") == "" { // else what this machine says of its own boot would be told
		t.Setenv("SPOTD_PREFIX", t.TempDir())
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	synctest.Test(t, func(t *testing.T) {
		b := &bed{t: t, metadata: fakes.NewMetadata(time.Now().Add(-age)), sink: &fakes.Sink{}, log: &bytes.Buffer{}}
		if prepare != nil {
			prepare(b)
		}
		b.start()
		story(b)
		b.end()
	})
}

func (b *bed) start() {
	var ctx context.Context
	ctx, b.stop = context.WithCancel(context.Background())
	b.done = make(chan struct{})
	c, err := config.Read(append([]string{"--topic", fakes.Topic, "--group", "web", "--handlers", "", "--root-handlers", ""}, b.flags...), os.Getenv)
	if err != nil {
		b.t.Fatal(err)
	}
	var imds http.RoundTripper = fakes.InMemory{Handler: b.metadata}
	if b.imds != nil {
		imds = b.imds
	}
	d := New(c, zerolog.New(zerolog.SyncWriter(b.log)), imds, fakes.InMemory{Handler: b.aws()})
	go func() {
		defer close(b.done)
		d.Run(ctx)
	}()
	synctest.Wait()
}

// aws is all of AWS: the topic, and what the test answers to other calls.
func (b *bed) aws() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.calls != nil && r.FormValue("Action") != "Publish" {
			b.calls.ServeHTTP(w, r)
			return
		}
		b.sink.ServeHTTP(w, r)
	})
}

func (b *bed) end() {
	b.stop()
	<-b.done
}

func (b *bed) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (b *bed) want(kinds ...string) {
	b.t.Helper()
	if got := b.sink.Kinds(b.t); !slices.Equal(got, kinds) {
		b.t.Errorf("arrived %q, want %q\n%s", got, kinds, b.log)
	}
}

func TestANoticeArrivesOnceWithinOnePoll(t *testing.T) {
	inBubble(t, time.Minute, nil, func(b *bed) {
		b.pass(time.Second)
		deadline := time.Now().Add(2 * time.Minute).Truncate(time.Second)
		b.metadata.Interrupt(deadline)
		b.pass(2 * time.Second)
		b.want("hello", "terminating")
		b.metadata.Interrupt(deadline.Add(time.Second)) // as the metadata mock does
		b.pass(10 * time.Minute)
		b.want("hello", "terminating")
		if r := b.sink.Reports()[1]; !r.Deadline.Equal(deadline) || r.From.Lifecycle != "spot" || r.From.Group != "web" || r.Identity.Signature != "MIIsigned" {
			t.Errorf("said %+v", r)
		}
	})
}

func TestAnInstanceInPeaceSaysHelloAndReady(t *testing.T) {
	inBubble(t, 4*time.Minute, nil, func(b *bed) {
		b.want("hello")
		b.pass(time.Minute - time.Nanosecond)
		b.want("hello")
		b.pass(time.Nanosecond)
		b.want("hello", "ready")
		b.pass(24 * time.Hour)
		b.want("hello", "ready", "ready") // once more, since the first may be lost on its way
		if b.metadata.Denied > 0 {
			t.Errorf("%d requests with a stale token, want the token renewed before it ends", b.metadata.Denied)
		}
		if b.metadata.Tokens < 24*60*60/b.metadata.TTL-1 {
			t.Errorf("%d tokens in a day of %d s each", b.metadata.Tokens, b.metadata.TTL)
		}
	})
}

func TestATokenThatEndsEarlyIsRenewedWithinTheSameLook(t *testing.T) {
	inBubble(t, time.Minute, nil, func(b *bed) {
		b.pass(time.Second)
		b.metadata.Set(func(m *fakes.Metadata) { m.Expired = true })
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(time.Second + 100*time.Millisecond)
		b.want("hello", "terminating")
		if b.metadata.Denied != 1 {
			t.Errorf("%d requests denied", b.metadata.Denied)
		}
	})
}

func TestAGapInTheMetadataHidesNoNotice(t *testing.T) {
	for _, c := range []struct {
		name       string
		begin, end func(*fakes.Metadata)
	}{
		{"errors of the service", func(m *fakes.Metadata) { m.Status = http.StatusServiceUnavailable }, func(m *fakes.Metadata) { m.Status = 0 }},
		{"refusals", func(m *fakes.Metadata) { m.Status = http.StatusForbidden }, func(m *fakes.Metadata) { m.Status = 0 }},
		{"bad requests", func(m *fakes.Metadata) { m.Status = http.StatusBadRequest }, func(m *fakes.Metadata) { m.Status = 0 }},
		{"throttling", func(m *fakes.Metadata) { m.Status = http.StatusTooManyRequests }, func(m *fakes.Metadata) { m.Status = 0 }},
		{"internal errors", func(m *fakes.Metadata) { m.Status = http.StatusInternalServerError }, func(m *fakes.Metadata) { m.Status = 0 }},
		{"a gateway's errors", func(m *fakes.Metadata) { m.Status = http.StatusGatewayTimeout }, func(m *fakes.Metadata) { m.Status = 0 }},
		{"tokens that are never right", func(m *fakes.Metadata) { m.Status = http.StatusUnauthorized }, func(m *fakes.Metadata) { m.Status = 0 }},
		{"silence", func(m *fakes.Metadata) { m.Hang = true }, func(m *fakes.Metadata) { m.Hang = false }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, time.Minute, nil, func(b *bed) {
				b.pass(time.Second)
				b.metadata.Set(c.begin)
				b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
				b.pass(time.Minute)
				b.want("hello")
				b.metadata.Set(c.end)
				b.pass(3 * time.Second)
				b.want("hello", "terminating")
				if n := strings.Count(b.log.String(), "metadata does not answer"); n != 1 {
					t.Errorf("the outage was logged %d times", n)
				}
			})
		})
	}
}

func TestADaemonWithoutMetadataWaitsForIt(t *testing.T) {
	silent := func(b *bed) { b.metadata.Hang = true }
	inBubble(t, 10*time.Minute, silent, func(b *bed) {
		b.pass(time.Hour)
		b.want()
		b.metadata.Set(func(m *fakes.Metadata) { m.Hang = false })
		b.pass(5 * time.Second)
		got := b.sink.Kinds(t)
		slices.Sort(got)
		if !slices.Equal(got, []string{"hello", "ready"}) {
			t.Errorf("arrived %q", got)
		}
	})
}

func TestAThrottledTopicGetsItLater(t *testing.T) {
	throttled := func(b *bed) {
		b.sink.Answer = func(attempt int) int {
			if attempt <= 3 {
				return http.StatusBadRequest
			}
			return http.StatusOK
		}
	}
	inBubble(t, time.Minute, throttled, func(b *bed) {
		b.pass(2 * time.Second)
		b.want("hello")
		if b.sink.Tries != 4 {
			t.Errorf("%d tries", b.sink.Tries)
		}
	})
}

func TestABlackHoleIsTriedUntilTheDeadline(t *testing.T) {
	inBubble(t, time.Minute, nil, func(b *bed) {
		b.pass(time.Second)
		b.sink.Answer = func(int) int { return 0 }
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(3 * time.Minute)
		b.want("hello")
		if b.sink.Tries < 12 || !strings.Contains(b.log.String(), "given up, past its deadline") {
			t.Errorf("%d tries\n%s", b.sink.Tries, b.log)
		}
	})
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	inBubble(t, time.Minute, nil, func(b *bed) {
		b.pass(time.Second)
		b.want("hello")
		b.sink.Answer = func(int) int { return http.StatusInternalServerError }
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(3 * time.Second)
		b.end()
		b.sink.Answer = nil
		b.metadata.Interrupt(time.Now().Add(119 * time.Second))
		b.start()
		b.pass(time.Second)
		b.want("hello", "terminating")
	})
}

func TestStoppingIsQuickAndBounded(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*bed)
		most    time.Duration
	}{
		{"in peace", nil, 0},
		{"while the metadata hangs", func(b *bed) { b.metadata.Hang = true }, 0},
		{"while the topic hangs", func(b *bed) { b.sink.Answer = func(int) int { return 0 } }, drain},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, time.Minute, c.prepare, func(b *bed) {
				b.pass(2500 * time.Millisecond)
				began := time.Now()
				b.end()
				if took := time.Since(began); took > c.most {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}
