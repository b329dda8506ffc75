package emulator

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// story is something that happens to a group from beginning to end.
type story struct {
	name     string
	size     size
	launched int // instances of ours that it takes, and never one more
	// tell prepares and then sets it going; what is asked from arm on may be cut.
	tell func(a *account, s story, arm func())
	end  func(a *account, s story) func(look) string
}

var stories = []story{
	{
		name: "a swap", size: size{1, 1, 2}, launched: 1,
		tell: func(a *account, _ story, arm func()) { arm(); a.tick() },
		end:  func(_ *account, s story) func(look) string { return func(l look) string { return l.unlike(s.size) } },
	},
	{
		// One of the two is its owner's favourite, so that one swap is the whole story.
		name: "a swap with desired at MaxSize", size: size{1, 2, 2}, launched: 1,
		tell: func(a *account, _ story, arm func()) { a.protectOne("web"); arm(); a.tick() },
		end: func(_ *account, s story) func(look) string {
			return func(l look) string {
				if len(l.protected) != 1 || len(l.onDemand) != 1 || l.onDemand[0] != l.protected[0] {
					return fmt.Sprintf("on-demand %v, protected %v", l.onDemand, l.protected)
				}
				l.protected, l.spot, l.onDemand = nil, append(l.spot, l.onDemand...), nil
				return l.unlike(s.size)
			}
		},
	},
	{
		name: "an interruption", size: size{1, 1, 2}, launched: 2,
		tell: func(a *account, s story, arm func()) {
			a.tick()
			taken := a.settles("web", s.size).spot[0]
			arm()
			a.interrupt(taken)
		},
		end: func(a *account, s story) func(look) string {
			return func(l look) string {
				if all, err := a.instances(a.t.Context()); err != nil || len(all) < 3 {
					return fmt.Sprintf("its replacement is not launched (%v)", err)
				}
				return l.unlike(s.size)
			}
		},
	},
}

// writes are the requests that change something. Between two of them nothing changes but what the process remembers, which
// dies with it: whichever of the reads between them is the last makes no difference to what comes after, and before the
// next write is after the last. So the table holds one cut for every gap: before everything, and after every write, with
// its answer lost. With EMULATOR_EVERY_CUT set it holds the moment before every request as well.
var writes = map[string]bool{
	"sqs.ReceiveMessage": true, "sqs.SendMessage": true, "sqs.DeleteMessage": true, "dynamodb.PutItem": true,
	"ec2.CreateLaunchTemplate": true, "ec2.CreateLaunchTemplateVersion": true, "ec2.CreateFleet": true, "ec2.TerminateInstances": true,
	"autoscaling.AttachInstances": true, "autoscaling.TerminateInstanceInAutoScalingGroup": true,
	"autoscaling.UpdateAutoScalingGroup": true, "autoscaling.SetInstanceProtection": true,
	"autoscaling.SetDesiredCapacity": true, "autoscaling.CreateOrUpdateTags": true, "autoscaling.DeleteTags": true,
	"ec2.CreateTags": true, "ec2.DeleteTags": true, "ec2.DeleteLaunchTemplate": true, "ec2.DeleteLaunchTemplateVersions": true,
}

// cuts turns what was asked into the points to cut at.
func cuts(requests []string) []*cut {
	every := os.Getenv("EMULATOR_EVERY_CUT") != ""
	var out []*cut
	for i, r := range requests {
		call, n, _ := strings.Cut(r, " ")
		number, err := strconv.Atoi(n)
		if err != nil {
			panic(err) // counted writes it
		}
		if call == "sqs.ReceiveMessage" { // before a message is taken is after what was done last
			out = append(out, &cut{call: call, number: number, after: true})
			continue
		}
		if every || i == 0 {
			out = append(out, &cut{call: call, number: number})
		}
		if writes[call] {
			out = append(out, &cut{call: call, number: number, after: true})
		}
	}
	return out
}

func TestKilledBetweenAnyTwoRequestsTheStoryEndsTheSame(t *testing.T) {
	t.Parallel()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			var whole []string
			t.Run("uncut", func(t *testing.T) { whole = told(t, s, nil) })
			table := cuts(whole)
			for _, must := range []string{"dynamodb.PutItem", "ec2.CreateFleet", "autoscaling.AttachInstances", "autoscaling.TerminateInstanceInAutoScalingGroup"} {
				if !slices.ContainsFunc(table, func(c *cut) bool { return c.call == must }) {
					t.Errorf("no %s in %v", must, whole)
				}
			}
			// From the last: those after which a minute must pass before a read is believed are near the end.
			for i := len(table) - 1; i >= 0; i-- {
				t.Run(table[i].String(), func(t *testing.T) {
					t.Parallel()
					told(t, s, table[i])
				})
			}
		})
	}
}

// told runs a story, with the coordinator killed at the cut and started again, and returns what was asked.
func told(t *testing.T, s story, where *cut) []string {
	t.Helper()
	a := newAccount(t)
	a.newGroup("web", s.size, "a")
	a.floor.Store(int64(s.size.desired))
	a.guests(a.ready)
	c := a.serve(lab.coordinator)
	restart := make(chan struct{}, 1)
	if where != nil {
		where.fire = func() {
			c.kill()
			a.queues.killed()
			restart <- struct{}{}
		}
	}
	s.tell(a, s, func() { a.arm(where) })
	a.lives(s, restart)
	if where != nil && !where.fired.Load() {
		t.Logf("%s was not asked this time: nothing was cut", where)
	}
	if v := a.violated.String(); v != "" {
		t.Error(v)
	}
	all, err := a.instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ours := 0
	for _, i := range all {
		if i.ours() {
			ours++
		}
	}
	if ours != s.launched {
		t.Errorf("%d instances were launched, %d were needed", ours, s.launched)
	}
	return a.requests()
}

// protectOne protects one member from scale-in, as its owner.
func (a *account) protectOne(name string) {
	a.t.Helper()
	l := do(a.t, "look", func(ctx context.Context) (look, error) { return a.look(ctx, name) })
	do(a.t, "protect", func(ctx context.Context) (*autoscaling.SetInstanceProtectionOutput, error) {
		return a.scaling.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{
			AutoScalingGroupName: &name, InstanceIds: l.onDemand[:1], ProtectedFromScaleIn: aws.Bool(true)})
	})
}

// nudge stands for the tick, which in production comes every five minutes.
const nudge = 5 * time.Second

// lives waits for the end of the story, starting a coordinator where one was killed.
func (a *account) lives(s story, restart <-chan struct{}) {
	a.t.Helper()
	end := s.end(a, s)
	last := time.Now()
	a.until("web", func(l look) string {
		select {
		case <-restart:
			a.serve(lab.coordinator)
			a.tick()
			last = time.Now()
		default:
		}
		if time.Since(last) > nudge && a.queues.idle() {
			a.tick()
			last = time.Now()
		}
		return end(l)
	})
}
