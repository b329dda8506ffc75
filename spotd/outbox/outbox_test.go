package outbox

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
)

const instance = "i-0123456789abcdef0"

// topic is a publisher that answers as told and remembers every attempt.
type topic struct {
	mu       sync.Mutex
	answer   func(ctx context.Context, attempt int, r message.Report) error
	attempts []time.Time
	got      []string // kinds acknowledged
}

func (p *topic) Publish(ctx context.Context, r message.Report) error {
	p.mu.Lock()
	p.attempts = append(p.attempts, time.Now())
	n := len(p.attempts)
	p.mu.Unlock()
	if p.answer != nil {
		if err := p.answer(ctx, n, r); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, string(r.Kind))
	return nil
}

func (p *topic) kinds() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

var errThrottled = errors.New("throttled")

func never(context.Context, int, message.Report) error { return errThrottled }

func blackHole(ctx context.Context, _ int, _ message.Report) error {
	<-ctx.Done()
	return ctx.Err()
}

func report(kind message.Kind, deadline time.Time) message.Report {
	r := message.New(kind, message.Source{Instance: instance}, time.Now(), deadline)
	if kind == message.Terminating {
		r.Action = message.ActionTerminate
	}
	return r
}

// lifeDir is a directory of one life in a fresh state directory.
func lifeDir(t *testing.T) string { return Dir(t.TempDir(), instance, time.Unix(1000, 0)) }

func TestAReportIsDeliveredOnceAndRemembered(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		p := &topic{}
		o := Open(dir, p, zerolog.Nop(), nil)
		o.Put("hello", report(message.Hello, time.Time{}))
		o.Close(time.Second)
		again := Open(dir, p, zerolog.Nop(), nil)
		again.Close(time.Second)
		if len(p.attempts) != 1 || !slices.Equal(again.Said(), []string{"hello"}) {
			t.Errorf("%d attempts, said %q", len(p.attempts), again.Said())
		}
	})
}

func TestItIsOnDiskBeforeItIsPublished(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		var onDisk error
		p := &topic{answer: func(context.Context, int, message.Report) error {
			_, onDisk = os.Stat(filepath.Join(dir, "hello.json"))
			return nil
		}}
		o := Open(dir, p, zerolog.Nop(), nil)
		o.Put("hello", report(message.Hello, time.Time{}))
		o.Close(time.Second)
		if onDisk != nil {
			t.Error(onDisk)
		}
	})
}

func TestACrashLosesNothing(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		crashed := Open(dir, &topic{answer: never}, zerolog.Nop(), nil)
		crashed.Put("hello", report(message.Hello, time.Time{}))
		crashed.Put("terminating-terminate", report(message.Terminating, time.Now().Add(2*time.Minute)))
		crashed.Close(0)
		p := &topic{}
		next := Open(dir, p, zerolog.Nop(), nil)
		said := next.Said()
		next.Close(time.Second)
		got := p.kinds()
		slices.Sort(got)
		if !slices.Equal(got, []string{"hello", "terminating"}) || !slices.Equal(said, []string{"hello", "terminating-terminate"}) {
			t.Errorf("delivered %q, said %q", got, said)
		}
	})
}

func TestRetriesSlowDownToFiveSecondsUntilTheDeadline(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		p := &topic{answer: never}
		began := time.Now()
		o := Open(dir, p, zerolog.Nop(), nil)
		o.Put("terminating-terminate", report(message.Terminating, began.Add(2*time.Minute)))
		o.Close(time.Hour)
		if n := len(p.attempts); n < 24 || n > 60 {
			t.Errorf("%d attempts in two minutes", n)
		}
		for i := 1; i < len(p.attempts); i++ {
			if gap := p.attempts[i].Sub(p.attempts[i-1]); gap < firstBackoff/2 || gap > lastBackoff {
				t.Errorf("gap %v before attempt %d", gap, i+1)
			}
		}
		if last := p.attempts[len(p.attempts)-1].Sub(began); last < 110*time.Second || last >= 2*time.Minute {
			t.Errorf("last attempt after %v", last)
		}
	})
}

func TestAReportWithoutDeadlineIsGivenUpAfterADay(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		p := &topic{answer: never}
		began := time.Now()
		o := Open(dir, p, zerolog.Nop(), nil)
		o.Put("hello", report(message.Hello, time.Time{}))
		o.Close(48 * time.Hour)
		if took := time.Since(began); took < 23*time.Hour || took > 25*time.Hour {
			t.Errorf("given up after %v", took)
		}
	})
}

func TestANoticeOfAnEarlierRunWhoseTimeIsOverIsTriedOnce(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		o := Open(dir, &topic{answer: never}, zerolog.Nop(), nil)
		o.Put("terminating-terminate", report(message.Terminating, time.Now().Add(2*time.Minute)))
		o.Close(0)
		time.Sleep(3 * time.Minute)
		p := &topic{answer: never}
		Open(dir, p, zerolog.Nop(), nil).Close(time.Hour)
		if len(p.attempts) != 1 {
			t.Errorf("%d attempts", len(p.attempts))
		}
	})
}

func TestAClockThatIsAheadTakesNoTimeFromANotice(t *testing.T) {
	for _, ahead := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute} {
		dir := lifeDir(t)
		synctest.Test(t, func(t *testing.T) {
			p := &topic{answer: never}
			began := time.Now()
			o := Open(dir, p, zerolog.Nop(), nil)
			o.Put("terminating-terminate", report(message.Terminating, began.Add(2*time.Minute-ahead)))
			o.Close(time.Hour)
			if last := p.attempts[len(p.attempts)-1].Sub(began); last < 100*time.Second || last > 2*time.Minute {
				t.Errorf("ahead by %v: last of %d attempts after %v", ahead, len(p.attempts), last)
			}
		})
	}
}

func TestANoticeDoesNotWaitBehindAHelloThatHangs(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		p := &topic{answer: func(ctx context.Context, n int, r message.Report) error {
			if r.Kind == message.Hello {
				return blackHole(ctx, n, r)
			}
			return nil
		}}
		o := Open(dir, p, zerolog.Nop(), nil)
		o.Put("hello", report(message.Hello, time.Time{}))
		synctest.Wait()
		began := time.Now()
		o.Put("terminating-terminate", report(message.Terminating, began.Add(2*time.Minute)))
		synctest.Wait()
		if !slices.Equal(p.kinds(), []string{"terminating"}) || !time.Now().Equal(began) {
			t.Errorf("delivered %q after %v", p.kinds(), time.Since(began))
		}
		o.Close(0)
	})
}

func TestABlackHoleCostsFiveSecondsAnAttempt(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		p := &topic{answer: func(ctx context.Context, n int, r message.Report) error {
			if n == 1 {
				return blackHole(ctx, n, r)
			}
			return nil
		}}
		began := time.Now()
		o := Open(dir, p, zerolog.Nop(), nil)
		o.Put("hello", report(message.Hello, time.Time{}))
		o.Close(time.Minute)
		if took := time.Since(began); took < attemptTimeout || took > attemptTimeout+firstBackoff || len(p.kinds()) != 1 {
			t.Errorf("took %v, delivered %q", took, p.kinds())
		}
	})
}

func TestClosingIsBounded(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		o := Open(dir, &topic{answer: blackHole}, zerolog.Nop(), nil)
		o.Put("hello", report(message.Hello, time.Time{}))
		began := time.Now()
		o.Close(2 * time.Second)
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestADiskThatCannotBeWrittenIsToldOnceAndDoesNotStopDelivery(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		p := &topic{}
		o := Open(filepath.Join(file, "i-1@0"), p, zerolog.New(zerolog.SyncWriter(&log)), nil)
		o.Put("hello", report(message.Hello, time.Time{}))
		o.Put("ready", report(message.Ready, time.Time{}))
		o.Close(time.Second)
		if len(p.kinds()) != 2 {
			t.Errorf("delivered %q", p.kinds())
		}
		if n := strings.Count(log.String(), "state not on disk"); n != 1 {
			t.Errorf("told %d times:\n%s", n, log.String())
		}
	})
}

func TestAForgottenLifeBeginsWithNothingWhateverIsMarkedLate(t *testing.T) {
	dir := Dir(t.TempDir(), instance, time.Time{})
	o := Open(dir, &topic{answer: never}, zerolog.Nop(), nil)
	o.Put("hello", message.New(message.Hello, message.Source{Instance: instance}, time.Now(), time.Time{}))
	o.Mark("departed")
	o.Forget()
	o.Mark("departed") // by who has not heard of it yet
	await(o.writer.done(), time.Minute)
	again := Open(dir, &topic{}, zerolog.Nop(), nil)
	defer again.Close(0)
	if said := again.Said(); len(said) > 0 {
		t.Errorf("said already: %q", said)
	}
}
