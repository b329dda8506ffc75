package daemon

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"autospotting/spotd/handlers"
)

// working is a runner that takes a time, and heeds its context.
func working(took time.Duration, ran *int) func(context.Context, handlers.Event) handlers.Result {
	return func(ctx context.Context, _ handlers.Event) handlers.Result {
		select {
		case <-ctx.Done():
		case <-time.After(took):
			*ran++
		}
		return handlers.Result{Ran: 1}
	}
}

func TestADepartureFinishesWithinItsBoundAndIsRememberedOnlyIfItDid(t *testing.T) {
	for _, c := range []struct {
		name         string
		took, bound  time.Duration
		want         time.Duration
		ran, marks   int
		again, leave bool
	}{
		{"in time", 10 * time.Second, time.Minute, 10 * time.Second, 2, 1, false, false},
		{"too long", time.Hour, time.Minute, time.Minute, 0, 0, false, false},
		{"told twice", 10 * time.Second, time.Minute, 10 * time.Second, 2, 1, true, false},
		{"a notice, then the group's decision", 10 * time.Second, time.Minute, 10 * time.Second, 2, 1, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ran, marks := [2]int{}, 0
				d := newDeparture(zerolog.Nop())
				d.mark = func() { marks++ }
				d.runners = []func(context.Context, handlers.Event) handlers.Result{working(c.took, &ran[0]), working(c.took, &ran[1])}
				d.begin(handlers.Event{})
				if c.again {
					d.begin(handlers.Event{})
				}
				if c.leave {
					d.leave(handlers.Event{})
				}
				began := time.Now()
				d.close(c.bound)
				if took := time.Since(began); took != c.want || ran[0]+ran[1] != c.ran || marks != c.marks {
					t.Errorf("took %v, %v ran, %d marks", took, ran, marks)
				}
			})
		})
	}
}

func TestADepartureThatAnEarlierRunFinishedRunsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := 0
		d := newDeparture(zerolog.Nop())
		d.runners = []func(context.Context, handlers.Event) handlers.Result{working(0, &ran)}
		d.finished()
		d.leave(handlers.Event{})
		d.close(time.Minute)
		if ran != 0 {
			t.Errorf("%d ran", ran)
		}
	})
}

func TestTheEndByTheLocalClock(t *testing.T) {
	now := time.Unix(2_000_000_000, 0)
	at := func(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second) }
	for _, c := range []struct {
		name                  string
		peace, deadline, want time.Time
	}{
		{"a clock that is right", at(-2), at(118), at(118)},
		{"a clock that is ahead", at(-2), at(-100), at(108)},
		{"a clock that is 25 h ahead, at the start", time.Time{}, at(120 - 25*3600), at(110)},
		{"a clock that is 25 h behind", at(-2), at(120 + 25*3600), at(110)},
		{"a notice seen after a gap", at(-60), at(60), at(60)},
		{"a notice found at the start", time.Time{}, at(30), at(30)},
		{"one whose time is over, found at the start", time.Time{}, at(-30), at(110)},
		{"a hibernation", at(-2), time.Time{}, time.Time{}},
	} {
		if got := localEnd(now, c.peace, c.deadline); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got.Sub(now), c.want.Sub(now))
		}
	}
}
