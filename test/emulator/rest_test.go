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
	rests    = 5   // ticks, each when all was quiet, after which nothing more will come; a story that goes well needs none
	talk     = 100 // messages handled after which the same holds
	restless = 70  // writes to EC2 and Auto Scaling after which a story that takes about thirty never ends
)

// arrives waits until nothing is missing. It gives up when the coordinator says that something is wrong, has come to rest with
// something missing, or never comes to rest: none of them is a matter of how fast the machine is.
func (a *account) arrives(c *coordinator, name string, missing func(look) string) (look, error) {
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	for ticks := 0; ; {
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
		if wrote, heard := a.wrote(), a.count("sqs.DeleteMessage"); ticks > rests || wrote > restless || heard > talk {
			return l, fmt.Errorf("after %d writes, %d messages and %d ticks: group %s: %s", wrote, heard, ticks, name, why)
		}
		quiet := time.NewTimer(nudge)
		select {
		case <-ctx.Done():
			return l, fmt.Errorf("group %s: %s (%w)", name, why, ctx.Err())
		case <-changed:
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

// wrote counts what was asked of EC2 and Auto Scaling that changes something.
func (a *account) wrote() int {
	n := 0
	for name := range writes {
		if strings.HasPrefix(name, "ec2.") || strings.HasPrefix(name, "autoscaling.") {
			n += a.count(name)
		}
	}
	return n
}
