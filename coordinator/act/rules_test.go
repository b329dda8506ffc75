package act

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// waiting is a launching hook that goes on by itself, and tells nobody directly.
func waiting(name string) astypes.LifecycleHook {
	return astypes.LifecycleHook{LifecycleHookName: &name, LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_LAUNCHING"), DefaultResult: aws.String("CONTINUE"), HeartbeatTimeout: aws.Int32(120)}
}

func onEvent(name, pattern string) ebtypes.Rule {
	return ebtypes.Rule{Name: &name, EventPattern: &pattern, State: ebtypes.RuleStateEnabled}
}

const everyLaunch = `{"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance-launch Lifecycle Action"]}`

func TestWhichLaunchingHooksOnlyWait(t *testing.T) {
	t.Parallel()
	const function = "arn:aws:lambda:us-east-1:123456789012:function:setup"
	rules := func(list ...ebtypes.Rule) func(*cloud) {
		return func(c *cloud) {
			c.rules, c.targetsOf = list, map[string][]string{}
			for _, r := range list {
				c.targetsOf[*r.Name] = []string{function}
			}
		}
	}
	targets := func(arns ...string) func(*cloud) {
		return func(c *cloud) {
			c.rules, c.targetsOf = []ebtypes.Rule{onEvent("a", everyLaunch)}, map[string][]string{"a": arns}
		}
	}
	hook := func(change func(*astypes.LifecycleHook)) func(*cloud) { return func(c *cloud) { change(&c.hooks[0]) } }
	for _, c := range []struct {
		name   string
		change func(*cloud)
		idle   bool
		says   string // of who may hear
	}{
		{"its default is to abandon, and a rule hears of it", func(c *cloud) {
			hook(func(h *astypes.LifecycleHook) { h.DefaultResult = aws.String("ABANDON") })(c)
			rules(onEvent("setup", everyLaunch))(c)
		}, false, "rule setup may hear of warm"},
		{"nobody listens", func(*cloud) {}, true, ""},
		{"its default is to abandon", hook(func(h *astypes.LifecycleHook) { h.DefaultResult = aws.String("ABANDON") }), false, ""},
		{"its default is not told", hook(func(h *astypes.LifecycleHook) { h.DefaultResult = nil }), false, ""},
		{"it tells a queue", hook(func(h *astypes.LifecycleHook) { h.NotificationTargetARN = aws.String("arn:aws:sqs:us-east-1:1:q") }), false, ""},
		{"a rule hears of every launch", rules(onEvent("setup", everyLaunch)), false, "rule setup may hear of warm"},
		{"on a later page", rules(onEvent("other", `{"source": ["aws.ec2"]}`), onEvent("setup", everyLaunch)), false, "rule setup"},
		{"a rule of another group", rules(onEvent("setup", `{"source": ["aws.autoscaling"], "detail": {"AutoScalingGroupName": ["api"]}}`)), true, ""},
		{"a rule of another hook", rules(onEvent("setup", `{"source": ["aws.autoscaling"], "detail": {"LifecycleHookName": ["drain"]}}`)), true, ""},
		{"a rule of everything", rules(onEvent("audit", `{"source": [{"prefix": ""}]}`)), false, "rule audit"},
		{"a rule that is turned off", rules(ebtypes.Rule{Name: aws.String("setup"), EventPattern: aws.String(everyLaunch), State: ebtypes.RuleStateDisabled}), true, ""},
		{"a rule that hears of CloudTrail's events too", rules(ebtypes.Rule{Name: aws.String("setup"), EventPattern: aws.String(everyLaunch), State: ebtypes.RuleStateEnabledWithAllCloudtrailManagementEvents}), false, "rule setup"},
		{"a schedule", rules(ebtypes.Rule{Name: aws.String("nightly"), ScheduleExpression: aws.String("rate(1 day)"), State: ebtypes.RuleStateEnabled}), true, ""},
		{"our own rule", targets(ourTopic), true, ""},
		{"our own rule, to which somebody put a second target", targets(ourTopic, function), false, "rule a"},
		{"a rule that tells nobody", targets(), true, ""},
		{"rules that may not be read", func(c *cloud) { c.failing("eventbridge.ListRules", refusedBy("AccessDeniedException", "no")) }, false, "cannot be read: list the rules of EventBridge: api error AccessDeniedException"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			acc.hooks = []astypes.LifecycleHook{waiting("warm")}
			c.change(acc)
			w := look(t, acc, ledger.Record{})
			g := w.Group
			if abandons := aws.ToString(acc.hooks[0].DefaultResult) != "CONTINUE" && c.says == ""; (len(g.IdleHooks) == 1) != c.idle || (len(g.UnheardHooks) == 1) != abandons || (len(g.LaunchHooks) == 0) != (c.idle || abandons) || !strings.Contains(g.HookListener, c.says) || c.says == "" && g.HookListener != "" || len(w.Missing) > 0 {
				t.Errorf("idle %v, unheard %v, others %v, %q, %v", g.IdleHooks, g.UnheardHooks, g.LaunchHooks, g.HookListener, w.Missing)
			}
			if refused := decide.Refusal(w) != ""; refused == c.idle {
				t.Errorf("refused %t: %q", refused, decide.Refusal(w))
			}
		})
	}
}

// One hook may only wait, and another be somebody's.
func TestEachHookIsJudgedByItself(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.hooks = []astypes.LifecycleHook{waiting("warm"), waiting("setup"), waiting("calm")}
	acc.rules = []ebtypes.Rule{onEvent("maker", `{"detail": {"LifecycleHookName": ["setup"]}, "source": ["aws.autoscaling"]}`)}
	acc.targetsOf = map[string][]string{"maker": {"arn:aws:sns:us-east-1:1:t"}}
	g := look(t, acc, ledger.Record{}).Group
	if !slices.Equal(g.IdleHooks, []string{"calm", "warm"}) || !slices.Equal(g.LaunchHooks, []string{"setup"}) || !strings.Contains(g.HookListener, "maker may hear of setup") {
		t.Errorf("idle %v, others %v, %q", g.IdleHooks, g.LaunchHooks, g.HookListener)
	}
}

// A plan does not know the installation's topic.
func TestWithoutATopicOurRuleIsKnownByItsDescription(t *testing.T) {
	t.Parallel()
	for description, idle := range map[string]bool{RuleDescription: true, "": false, "sets instances up": false} {
		acc := web()
		acc.hooks, acc.rules = []astypes.LifecycleHook{waiting("warm")}, []ebtypes.Rule{onEvent("a", everyLaunch)}
		acc.rules[0].Description, acc.targetsOf = &description, map[string][]string{"a": {ourTopic}}
		actor := acc.actor()
		actor.EventsTopic = ""
		w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil)
		if err != nil || (len(w.Group.IdleHooks) == 1) != idle || acc.calls("eventbridge.ListTargetsByRule") > 0 {
			t.Errorf("%q: %v, %v", description, err, w.Group.IdleHooks)
		}
	}
}

// Services send to the default bus: no other is asked. And nobody is asked where each hook tells somebody, or the owner has answered for them.
func TestOnlyTheDefaultBusIsAskedAndOnlyWhereItMatters(t *testing.T) {
	t.Parallel()
	acc := web()
	look(t, acc, ledger.Record{})
	if n := acc.calls("eventbridge.ListRules"); n > 0 {
		t.Errorf("asked %d times without a hook", n)
	}
	acc.hooks = []astypes.LifecycleHook{waiting("warm")}
	acc.hooks[0].NotificationTargetARN = aws.String("arn:aws:sqs:us-east-1:1:q")
	if look(t, acc, ledger.Record{}); acc.calls("eventbridge.ListRules") > 0 {
		t.Error("asked of one that tells a queue")
	}
	acc.hooks = []astypes.LifecycleHook{waiting("warm")}
	actor := acc.actor()
	for range 2 {
		if _, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, in := range inputs[eventbridge.ListRulesInput](acc) {
		if in.EventBusName != nil {
			t.Errorf("asked the bus %s", *in.EventBusName)
		}
	}
	if n := acc.calls("eventbridge.ListRules"); n != 1 {
		t.Errorf("asked %d times within %s", n, rulesFor)
	}
}

// The longest of those that only wait tells how long a launch takes.
func TestHowLongHooksWaitIsTheLongestOfThoseThatOnlyWait(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.hooks = []astypes.LifecycleHook{waiting("a"), waiting("b"), waiting("c")}
	acc.hooks[1].HeartbeatTimeout, acc.hooks[2].HeartbeatTimeout, acc.hooks[2].NotificationTargetARN = aws.Int32(900), aws.Int32(7200), aws.String("arn:aws:sqs:us-east-1:1:q")
	if g := look(t, acc, ledger.Record{}).Group; g.HookWait != 15*time.Minute {
		t.Errorf("%s", g.HookWait)
	}
	acc.rules, acc.targetsOf = []ebtypes.Rule{onEvent("setup", everyLaunch)}, map[string][]string{"setup": {"arn:aws:sqs:us-east-1:1:q"}}
	if g := look(t, acc, ledger.Record{}).Group; g.HookWait != 15*time.Minute || len(g.IdleHooks) > 0 {
		t.Errorf("a rule appears: %s, %v", g.HookWait, g.IdleHooks)
	}
	acc.groups[0].Tags = append(acc.groups[0].Tags, astypes.TagDescription{Key: aws.String("autospotting:skip-launch-hooks"), Value: aws.String("true")})
	if g := look(t, acc, ledger.Record{}).Group; g.HookWait != 0 {
		t.Errorf("who says that instances are whole without them waits %s", g.HookWait)
	}
}

// While EventBridge cannot be asked, it is as it was, for six hours: of this process's own knowledge, or of the copy.
func TestRulesThatCannotBeReadAreAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		cold  bool // a new process
		after time.Duration
		idle  bool
	}{
		{"five minutes", false, rulesFor, true}, {"almost six hours", false, copyFor - time.Second, true}, {"six hours", false, copyFor, false},
		{"a new process", true, rulesFor, true}, {"a new process after six hours", true, copyFor, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc, shelf := made(t)
			acc.hooks = []astypes.LifecycleHook{waiting("warm")}
			actor := cold(acc, shelf)
			if w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil || len(w.Group.IdleHooks) != 1 || shelf.saves != 1 {
				t.Fatalf("%v, %+v, saved %d times", err, w.Group, shelf.saves)
			}
			acc.failing("eventbridge.ListRules", errLost)
			acc.now = noon.Add(c.after)
			if c.cold {
				actor = cold(acc, shelf)
			}
			w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil)
			missing := slices.ContainsFunc(w.Missing, func(m decide.Missing) bool { return m.What == "EventBridge's rules" && m.CopyOf.IsZero() != c.idle })
			if err != nil || (len(w.Group.IdleHooks) == 1) != c.idle || !missing {
				t.Errorf("%v, idle %v, missing %s", err, w.Group.IdleHooks, fmt.Sprint(w.Missing))
			}
		})
	}
}

// What is told of hooks outlives a failure to read them, too.
func TestIdleHooksThatCannotBeReadCountAsTheyWere(t *testing.T) {
	t.Parallel()
	acc, shelf := made(t)
	acc.hooks = []astypes.LifecycleHook{waiting("warm")}
	acc.hooks[0].HeartbeatTimeout = aws.Int32(900)
	if _, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil); err != nil {
		t.Fatal(err)
	}
	acc.failing("autoscaling.DescribeLifecycleHooks", errLost)
	w, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil)
	if err != nil || !slices.Equal(w.Group.IdleHooks, []string{"warm"}) || len(w.Group.LaunchHooks) > 0 || w.Group.HookWait != 15*time.Minute {
		t.Errorf("%v, %+v", err, w.Group)
	}
}
