//go:build !windows

package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/fakes"
	"autospotting/spotd/handlers"
	"autospotting/spotd/watch"
)

// drainHandler writes down what it is called with, and then does that.
func drainHandler(t *testing.T, does string) (dir, log string) {
	t.Helper()
	dir, log = t.TempDir(), filepath.Join(t.TempDir(), "calls")
	text := fmt.Sprintf("#!/bin/sh\necho \"$1 $3\" >>%s\n%s\n", log, does)
	if err := os.WriteFile(filepath.Join(dir, "10-node"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, log
}

func calls(t *testing.T, log string) string {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", ", ")
}

const askItem = "meta-data/tags/instance/" + message.DrainTag

func (b *bed) asks(until time.Time) string {
	value := until.UTC().Format(time.RFC3339)
	b.metadata.Set(func(m *fakes.Metadata) { m.Items[askItem] = value })
	return value
}

func TestTheCoordinatorAsksForADrainAndTakesItBack(t *testing.T) {
	dir, log := drainHandler(t, "")
	inBubble(t, time.Minute, func(b *bed) {
		b.flags = []string{"--grace", "24h", "--drain-handlers", dir}
		b.metadata.Items["meta-data/tags/instance"] = "Name"
	}, func(b *bed) {
		b.pass(time.Minute)
		b.says("hello, can-drain")
		until := b.asks(time.Now().Add(10 * time.Minute))
		b.pass(12 * time.Second)
		b.says("hello, can-drain, drained")
		if got := calls(t, log); got != "drain "+until {
			t.Errorf("called with %q", got)
		}
		b.end()
		b.start() // a restart knows that it was done
		b.pass(time.Minute)
		if got := calls(t, log); got != "drain "+until {
			t.Errorf("after a restart called with %q", got)
		}
		b.metadata.Set(func(m *fakes.Metadata) { delete(m.Items, askItem) })
		b.pass(30 * time.Second)
		if got := calls(t, log); got != "drain "+until+", undrain" {
			t.Errorf("taken back, called with %q", got)
		}
		b.end()
		b.start()
		b.pass(time.Minute)
		if got := calls(t, log); strings.Count(got, "undrain") != 1 {
			t.Errorf("undone twice: %q", got)
		}
	})
}

func TestADrainThatFailsSaysSo(t *testing.T) {
	dir, _ := drainHandler(t, "exit 3")
	inBubble(t, time.Minute, func(b *bed) {
		b.flags = []string{"--grace", "24h", "--drain-handlers", dir}
		b.metadata.Items["meta-data/tags/instance"] = "Name"
	}, func(b *bed) {
		b.asks(time.Now().Add(10 * time.Minute))
		b.pass(12 * time.Second)
		b.says("hello, can-drain, drained failed")
	})
}

func TestADrainThatIsTakenBackIsBrokenOffAndUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		d := Daemon{}.newDrains(zerolog.Nop(), watch.Identity{}, watch.RestoredDrain{})
		d.runners = []func(context.Context, handlers.Event) handlers.Result{func(ctx context.Context, e handlers.Event) handlers.Result {
			told = append(told, e.Kind)
			select {
			case <-ctx.Done():
				time.Sleep(3 * time.Second) // between SIGTERM and its end
				told = append(told, "broken off")
			case <-time.After(time.Hour):
			}
			return handlers.Result{Ran: 1}
		}}
		d.begin(handlers.Event{Kind: handlers.Drain})
		time.Sleep(time.Minute)
		d.undo(handlers.Event{Kind: handlers.Undrain}, func() { told = append(told, "undone") })
		time.Sleep(2 * time.Hour)
		d.begin(handlers.Event{Kind: handlers.Drain})
		if e := <-d.ended; e.number != 3 || e.failed != "" {
			t.Errorf("%+v", e)
		}
		d.close()
		if got := strings.Join(told, ", "); got != "drain, broken off, undrain, undone, drain" {
			t.Errorf("%s", got)
		}
	})
}

func TestWithoutADrainHandlerNobodyAsksForTags(t *testing.T) {
	inBubble(t, time.Minute, func(b *bed) { b.flags = []string{"--grace", "24h", "--drain-handlers", ""} }, func(b *bed) {
		b.pass(3 * time.Minute)
		if n := b.metadata.Asked["meta-data/tags/instance"] + b.metadata.Asked[askItem]; n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}
