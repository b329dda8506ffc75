package emulator

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// One mistake of every request runs always, the others where EMULATOR_MUTANTS is set (make emulator-mutants). The story
// without a mistake runs beside them, and comes to its end under the same conditions.
func TestAMistakeInARequestIsNoticed(t *testing.T) {
	t.Parallel()
	var found findings
	t.Cleanup(found.print)
	tried := map[string]bool{}
	for _, m := range append([]mutant{{name: "none"}}, mutants...) {
		again := tried[m.call]
		tried[m.call] = true
		t.Run(m.name, func(t *testing.T) {
			if again && !everyMutant() {
				t.Skip("set EMULATOR_MUTANTS=1 to run it")
			}
			t.Parallel()
			a := newAccount(t)
			a.distort(m)
			tell := a.wholeStory
			if m.call == "ec2.DescribeInstanceStatus" { // asked where spotd says nothing
				tell = a.muteStory
			}
			err := tell()
			if m.call == "" {
				if err != nil {
					t.Fatalf("without a mistake: %v", err)
				}
				t.Logf("%d writes, %d messages, at most %d between two writes; %v", a.wrote(), a.count("sqs.DeleteMessage"), a.waited, a.tally())
				a.everyRequestHasAMistake()
				return
			}
			if a.made.Load() == 0 {
				t.Fatalf("%s was never asked: nothing was tried (%v)", m.call, err)
			}
			if found.note(m, err); err == nil {
				t.Errorf("nobody noticed")
			}
			t.Logf("noticed: %v", err)
		})
	}
}

func everyMutant() bool { return os.Getenv("EMULATOR_MUTANTS") != "" }

// everyRequestHasAMistake checks that no request of the story is without one.
func (a *account) everyRequestHasAMistake() {
	a.t.Helper()
	for _, r := range a.requests() {
		name, n, _ := strings.Cut(r, " ")
		if n == "1" && unmade[name] == "" && !slices.ContainsFunc(mutants, func(m mutant) bool { return m.call == name }) {
			a.t.Errorf("%s has no mistake", name)
		}
	}
	for _, m := range mutants {
		if a.count(m.call) == 0 && m.call != "ec2.DescribeInstanceStatus" {
			a.t.Errorf("the story never asks %s", m.call)
		}
	}
}

// findings is what came of each mistake.
type findings struct {
	mu    sync.Mutex
	lines []string
	seen  int
}

func (f *findings) note(m mutant, noticed error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	line := "NOT NOTICED"
	if noticed != nil {
		f.seen++
		line = "noticed    "
	}
	why := ""
	if noticed != nil {
		why, _, _ = strings.Cut(noticed.Error(), "\n")
		why = ": " + why[:min(len(why), 160)]
	}
	f.lines = append(f.lines, fmt.Sprintf("%s  %-45s %s%s", line, m.call, m.name, why))
}

func (f *findings) print() {
	if !everyMutant() {
		return
	}
	slices.SortFunc(f.lines, func(a, b string) int { return cmp.Compare(a, b) })
	fmt.Printf("%s\n%d of %d noticed\n", strings.Join(f.lines, "\n"), f.seen, len(f.lines))
}

// wholeStory is what the other tests check, on two groups: one is at its MaxSize and made from a launch configuration, the
// other gets a notice, and a new release while the replacement boots. A third must not be touched. The error says what they would have found wrong.
func (a *account) wholeStory() error {
	full, roomy := size{2, 2, 2}, size{1, 1, 2}
	a.configuredGroup("full", full, "b")
	a.newGroup("roomy", roomy, "b")
	a.newGroup("hooked", roomy, "b")
	a.launchingHook("hooked", "CONTINUE")
	a.launchingHook("roomy", "CONTINUE") // of which nobody hears but we
	a.rule("setup", `{"source": ["aws.autoscaling"], "detail": {"AutoScalingGroupName": ["hooked"]}}`, "arn:aws:sqs:"+region+":"+a.cloud.account+":setup")
	a.rule("ours", `{"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance-launch Lifecycle Action"]}`, a.events)
	g := a.silenceable()
	c, err := a.startCoordinator(lab.coordinator)
	if err != nil {
		return err
	}
	defer c.kill()
	if err := a.beginsByAnEvent(c, "roomy"); err != nil {
		return err
	}
	a.tick()
	for name, want := range map[string]size{"full": full, "roomy": roomy} {
		l, err := a.arrives(c, name, among(want))
		if err != nil {
			return err
		}
		if err := a.launchedWell(a.t.Context(), name, l); err != nil {
			return err
		}
	}
	if err := a.releaseMeanwhile(c, g, "roomy", roomy); err != nil {
		return err
	}
	l, err := a.look(a.t.Context(), "hooked")
	if err != nil || !l.hasRecord || len(l.spot) > 0 || l.group.Desired != 1 || l.group.Max != 2 {
		return fmt.Errorf("a group whose hooks would not run: looked at %v, spot members %v, sizes %d/%d (%v)", l.hasRecord, l.spot, l.group.Desired, l.group.Max, err)
	}
	if !l.group.told() {
		return fmt.Errorf("group hooked has no tag that says why it is refused: %v", l.group.Tags)
	}
	if err := a.nobodyElse(); err != nil {
		return err
	}
	return c.faultless()
}

// told tells whether the group's owner is told in a tag what is the matter.
func (g group) told() bool {
	return slices.ContainsFunc(g.Tags, func(t groupTag) bool { return strings.HasPrefix(t.Key, "autospotting") })
}

// nobodyElse checks that every live instance is a member of a group.
func (a *account) nobodyElse() error {
	groups, err := a.groups(a.t.Context())
	if err != nil {
		return err
	}
	all, err := a.instances(a.t.Context())
	if err != nil {
		return err
	}
	for id, i := range all {
		if i.live() && !slices.ContainsFunc(groups, func(g group) bool { return g.has(id) }) {
			return fmt.Errorf("instance %s is in no group", id)
		}
	}
	return nil
}

// launchingHook is one that does not run for what is attached, so that the group must be refused unless the hook only waits.
func (a *account) launchingHook(name, result string) {
	a.t.Helper()
	do(a.t, "put a launching hook", func(ctx context.Context) (*autoscaling.PutLifecycleHookOutput, error) {
		return a.scaling.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: &name, LifecycleHookName: aws.String("hook"),
			LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_LAUNCHING"), DefaultResult: &result})
	})
}

// rule is one of EventBridge with one target.
func (a *account) rule(name, pattern, target string) {
	a.t.Helper()
	do(a.t, "put a rule", func(ctx context.Context) (*eventbridge.PutRuleOutput, error) {
		return a.bus.PutRule(ctx, &eventbridge.PutRuleInput{Name: &name, EventPattern: &pattern})
	})
	do(a.t, "put its target", func(ctx context.Context) (*eventbridge.PutTargetsOutput, error) {
		return a.bus.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &name, Targets: []ebtypes.Target{{Id: aws.String("1"), Arn: &target}}})
	})
}

// beginsByAnEvent lets the group be found by an event about a member of it, which is not ours; no tick helps.
func (a *account) beginsByAnEvent(c *coordinator, name string) error {
	l, err := a.look(a.t.Context(), name)
	if err != nil {
		return err
	}
	news := func() {
		a.event("EC2 Instance State-change Notification", "aws.ec2", map[string]string{"instance-id": l.onDemand[0], "state": "running"})
	}
	a.nudge = news
	defer func() { a.nudge = a.tick }()
	news()
	_, err = a.arrives(c, name, func(l look) string {
		if !l.hasRecord {
			return "it was not looked at"
		}
		return ""
	})
	return err
}

// muteStory is a swap in which spotd never says anything: its status checks and the grace make a replacement ready.
func (a *account) muteStory() error {
	want := size{1, 1, 2}
	a.newGroup("web", want, "b")
	c, err := a.startCoordinator(lab.coordinator, "--grace=3s")
	if err != nil {
		return err
	}
	defer c.kill()
	a.tick()
	l, err := a.arrives(c, "web", among(want))
	if err != nil {
		return err
	}
	if err := a.launchedWell(a.t.Context(), "web", l); err != nil {
		return err
	}
	return c.faultless()
}

func TestAMuteReplacementIsTakenByItsStatusChecks(t *testing.T) {
	t.Parallel()
	if err := newAccount(t).muteStory(); err != nil {
		t.Error(err)
	}
}
