package emulator

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// among is unlike where other groups have instances of ours too.
func among(want size) func(look) string {
	return func(l look) string { l.loose = nil; return l.unlike(want) }
}

// trouble is what a coordinator says when AWS refused a request, it could not handle a message, or gave up a debt.
var trouble = regexp.MustCompile(`"failure":"invalid"|"kind":"error"|"level":"error"|handled but not deleted|debt void`)

// slow is what it says when the machine was too busy for it.
var slow = regexp.MustCompile(`context deadline exceeded|StatusCode: 200.*deserialization failed|StatusCode: 0`)

func (c *coordinator) faultless() error {
	for line := range strings.Lines(c.log.String()) {
		if trouble.MatchString(line) && !slow.MatchString(line) {
			return fmt.Errorf("the coordinator met an error: %s", line)
		}
	}
	return nil
}

const (
	rests    = 20 // ticks, each when all was quiet, after which nothing more will come: for a minute after a call reads are not believed that may be older
	waits    = 60 // messages handled without a write to EC2 or Auto Scaling, after which the same holds
	restless = 70 // such writes after which a story never ends that takes 34
	again    = 16 // such writes of one kind after which the same holds; eight are the most
)

// arrives waits until nothing is missing. It gives up when the coordinator says that something is wrong, has come to rest with
// something missing, or never comes to rest: none of them is a matter of how fast the machine is.
func (a *account) arrives(c *coordinator, name string, missing func(look) string) (look, error) {
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	for ticks, wrote, heard := 0, -1, 0; ; {
		changed := a.changed.wait()
		l, err := a.look(ctx, name)
		if err != nil {
			return l, err
		}
		why := missing(l)
		if why == "" {
			return l, nil
		}
		if err := c.faultless(); err != nil {
			return l, err
		}
		if n := a.wrote(); n != wrote {
			wrote, heard = n, a.count("sqs.DeleteMessage")
		}
		waited := a.count("sqs.DeleteMessage") - heard
		a.waited = max(a.waited, waited)
		if ticks > rests || wrote > restless || waited > waits || a.repeats() {
			return l, fmt.Errorf("after %d writes, %d messages since the last and %d ticks: group %s: %s", wrote, waited, ticks, name, why)
		}
		quiet := time.NewTimer(nudge)
		select {
		case <-ctx.Done():
			return l, fmt.Errorf("group %s: %s (%w)", name, why, ctx.Err())
		case <-changed:
			settle(ctx)
		case <-quiet.C:
			a.leave()
			if a.queues.idle() {
				a.nudge()
				ticks++
			}
		}
		quiet.Stop()
	}
}

// changing tells whether the call changes something in EC2 or Auto Scaling.
func changing(name string) bool {
	return writes[name] && (strings.HasPrefix(name, "ec2.") || strings.HasPrefix(name, "autoscaling."))
}

// wrote counts such calls.
func (a *account) wrote() int {
	n := 0
	for _, count := range a.tally() {
		n += count
	}
	return n
}

// repeats tells whether one of them is asked again and again.
func (a *account) repeats() bool {
	for _, n := range a.tally() {
		if n > again {
			return true
		}
	}
	return false
}

// tally tells how often each of them was asked.
func (a *account) tally() map[string]int {
	out := map[string]int{}
	for name := range writes {
		if n := a.count(name); n > 0 && changing(name) {
			out[name] = n
		}
	}
	return out
}
