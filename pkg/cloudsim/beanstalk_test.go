package cloudsim

import (
	"strings"
	"testing"
	"time"

	"autospotting/pkg/beanstalk"
)

// shop is the group web with an environment around it.
func shop(t *testing.T, cfg Config, g GroupSpec) *rig {
	t.Helper()
	if g.Max == 0 {
		g.Min, g.Max, g.Desired = 2, 4, 3
	}
	g.Tags = map[string]string{"elasticbeanstalk:environment-id": "e-abc", "aws:cloudformation:stack-name": "awseb-e-abc-stack"}
	r := newRig(t, cfg, g)
	r.settle()
	must(t, r.CreateEnvironment(EnvironmentSpec{ID: "e-abc", Name: "shop", Group: "web"}))
	return r
}

func (r *rig) environment() EnvironmentView {
	r.t.Helper()
	v, ok := r.Environment("web")
	if !ok {
		r.t.Fatal("there is no environment")
	}
	return v
}

// updated plays an update to its end.
func (r *rig) updated(kind string) {
	r.t.Helper()
	must(r.t, r.UpdateEnvironment("e-abc", kind))
	for end := r.Now().Add(40 * time.Minute); r.environment().Status != EnvironmentReady; r.pass(time.Second) {
		if r.Now().After(end) {
			r.t.Fatalf("%s: still %s", kind, r.environment().Status)
		}
	}
}

func ids(g GroupView) map[string]bool {
	out := map[string]bool{}
	for _, m := range g.Members {
		if !strings.HasPrefix(m.State, "Terminating") {
			out[m.ID] = true
		}
	}
	return out
}

func TestAnEnvironmentIsDescribed(t *testing.T) {
	t.Parallel()
	r := shop(t, Config{}, GroupSpec{})
	must(t, r.CreateEnvironment(EnvironmentSpec{ID: "e-jobs", Name: "jobs", Group: "web", Tier: "Worker"}))
	ask := func(in *beanstalk.DescribeEnvironmentsInput) []beanstalk.EnvironmentDescription {
		out, err := r.s.Beanstalk().DescribeEnvironments(bg, in)
		must(t, err)
		return out.Environments
	}
	one := ask(&beanstalk.DescribeEnvironmentsInput{EnvironmentIds: []string{"e-abc", "e-none"}})
	want := beanstalk.EnvironmentDescription{EnvironmentId: "e-abc", EnvironmentName: "shop", Status: "Ready", EndpointURL: "awseb-e-abc.elb.amazonaws.com", Tier: beanstalk.EnvironmentTier{Name: "WebServer"}}
	if len(one) != 1 || one[0] != want {
		t.Errorf("%+v", one)
	}
	if jobs := ask(&beanstalk.DescribeEnvironmentsInput{EnvironmentNames: []string{"jobs"}}); len(jobs) != 1 || jobs[0].Tier.Name != "Worker" || jobs[0].EndpointURL != "" {
		t.Errorf("%+v", jobs)
	}
	if none := ask(&beanstalk.DescribeEnvironmentsInput{EnvironmentIds: []string{"e-none"}}); len(none) > 0 { // an empty list, and no error
		t.Errorf("%+v", none)
	}
	must(t, r.UpdateEnvironment("e-abc", DeployRolling))
	if now := ask(&beanstalk.DescribeEnvironmentsInput{EnvironmentIds: []string{"e-abc"}}); now[0].Status != "Updating" || !now[0].AbortableOperationInProgress {
		t.Errorf("%+v", now)
	}
	if err := r.UpdateEnvironment("e-abc", DeployRolling); err == nil || !strings.Contains(err.Error(), "Must be Ready") {
		t.Errorf("a second update: %v", err)
	}
	if err := r.UpdateEnvironment("e-none", DeployRolling); err == nil {
		t.Error("an environment that is not there is updated")
	}
}

func TestReadsOfAnEnvironmentMayBeOld(t *testing.T) {
	t.Parallel()
	r := shop(t, Config{Faults: Faults{ReadLag: 10 * time.Second}}, GroupSpec{})
	r.pass(time.Minute)
	must(t, r.UpdateEnvironment("e-abc", UpdateRolling))
	seen := map[string]bool{}
	for range 40 {
		out, err := r.s.Beanstalk().DescribeEnvironments(bg, &beanstalk.DescribeEnvironmentsInput{EnvironmentIds: []string{"e-abc"}})
		must(t, err)
		seen[out.Environments[0].Status] = true
		r.pass(250 * time.Millisecond)
	}
	if !seen["Ready"] || !seen["Updating"] {
		t.Errorf("%v", seen)
	}
}

// An immutable update launches as many as there are in a second group, moves them, and ends those that were there (Elastic Beanstalk developer guide,
// "Immutable environment updates").
func TestAnImmutableUpdateReplacesAllByTheInstancesOfASecondGroup(t *testing.T) {
	t.Parallel()
	r := shop(t, Config{}, GroupSpec{Min: 2, Max: 3, Desired: 3})
	before, second, lowest := ids(r.group()), "", 99
	r.OnEvent(func(Event) {
		if v, _ := r.Environment("web"); v.Temporary != "" {
			second = v.Temporary
			if g, ok := r.Group(second); ok && g.Tags["elasticbeanstalk:environment-id"] != "e-abc" {
				t.Errorf("its tags are %v", g.Tags)
			}
		}
		lowest = min(lowest, r.Ready("web"))
	})
	r.updated(UpdateImmutable)
	r.settle()
	g := r.group()
	if g.Desired != 3 || g.Max != 3 || len(g.Members) != 3 || g.Net != 0 {
		t.Errorf("desired %d, MaxSize %d, %d members, net %d", g.Desired, g.Max, len(g.Members), g.Net)
	}
	for id := range ids(g) {
		if before[id] {
			t.Errorf("%s is from before", id)
		}
	}
	for id := range before {
		if i := mustInstance(t, r, id); i.State != "terminated" {
			t.Errorf("%s is %s", id, i.State)
		}
	}
	if _, there := r.Group(second); there || !strings.Contains(second, "-immutable-stack-") || lowest < 3 || len(r.environment().Stale) > 0 {
		t.Errorf("the second group %q is there: %t; never fewer than %d served; of another version: %v", second, there, lowest, r.environment().Stale)
	}
}

// Instances that come while a version is deployed get the one of before.
func TestADeploymentReachesThoseThatWereThereWhenItBegan(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{DeployAtOnce, DeployRolling, DeployAdditional} {
		r := shop(t, Config{}, GroupSpec{Min: 2, Max: 8, Desired: 4})
		before := ids(r.group())
		r.updated(kind)
		g := r.group()
		if v := r.environment(); len(v.Stale) > 0 || g.Desired != 4 || g.Max != 8 {
			t.Errorf("%s: of another version %v, desired %d, MaxSize %d", kind, v.Stale, g.Desired, g.Max)
		}
		for id := range before {
			if !ids(g)[id] && kind != DeployAdditional {
				t.Errorf("%s: %s was replaced", kind, id)
			}
		}
	}
	r := shop(t, Config{}, GroupSpec{Min: 2, Max: 8, Desired: 4})
	must(t, r.UpdateEnvironment("e-abc", DeployRolling))
	r.pass(updateBegins + time.Second)
	must(t, r.SetDesired("web", 5)) // a policy, in the middle
	r.pass(10 * time.Minute)
	if v := r.environment(); v.Status != EnvironmentReady || len(v.Stale) != 1 {
		t.Errorf("%s, of another version: %v", v.Status, v.Stale)
	}
}

func TestABatchGetsNoRequests(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"
	r := shop(t, Config{}, GroupSpec{Min: 2, Max: 4, Desired: 4, TargetGroups: []string{arn}, HealthCheckType: "ELB", Grace: time.Minute})
	r.pass(5 * time.Minute)
	down, unasked := map[string]bool{}, 0
	r.OnEvent(func(e Event) {
		if e.Kind == AppDown {
			down[e.Instance] = true
			for _, m := range r.group().Members {
				if m.ID == e.Instance && m.Target == "" && m.Instance.Deploying {
					unasked++
				}
			}
		}
	})
	before := ids(r.group())
	r.updated(DeployRolling)
	r.pass(5 * time.Minute)
	if after := ids(r.group()); len(down) != 4 || unasked != 4 || len(after) != 4 {
		t.Errorf("%d were deployed to, %d of them without requests, %d members", len(down), unasked, len(after))
	} else {
		for id := range before {
			if !after[id] {
				t.Errorf("%s was replaced", id)
			}
		}
	}
}

func TestARollingConfigurationUpdateReplacesOneAfterTheOther(t *testing.T) {
	t.Parallel()
	r := shop(t, Config{}, GroupSpec{Min: 2, Max: 4, Desired: 3})
	before := ids(r.group())
	r.updated(UpdateRolling)
	for id := range ids(r.group()) {
		if before[id] {
			t.Errorf("%s is from before", id)
		}
	}
	must(t, r.EndEnvironment("e-abc"))
	if v := r.environment(); v.Status != EnvironmentTerminating {
		t.Errorf("%+v", v)
	}
	if _, is := r.Environment("another"); is {
		t.Error("another group has an environment")
	}
}

// Who is attached while a version is deployed is of the one before, and known by who attached it.
func TestWhoWasAttachedIsKnownByWhomItWas(t *testing.T) {
	t.Parallel()
	r := shop(t, Config{}, GroupSpec{Min: 2, Max: 8, Desired: 3})
	id := r.spot()
	r.pass(3 * time.Minute)
	must(t, r.UpdateEnvironment("e-abc", DeployRolling))
	r.pass(updateBegins + time.Second)
	must(t, r.attach(id))
	r.pass(10 * time.Minute)
	if v := r.environment(); v.Status != EnvironmentReady || len(v.Stale) != 1 || v.Stale[id] != r.s.Name() {
		t.Errorf("%+v", v)
	}
}
