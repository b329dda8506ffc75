package act

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/beanstalk"
)

// cloudEnvironments is Elastic Beanstalk as the account has it. It answers with all that it has, as where names are asked for that were used before.
type cloudEnvironments struct{ *cloud }

func (c cloudEnvironments) DescribeEnvironments(ctx context.Context, in *beanstalk.DescribeEnvironmentsInput) (*beanstalk.DescribeEnvironmentsOutput, error) {
	return answer(ctx, c.cloud, in, func() *beanstalk.DescribeEnvironmentsOutput {
		return &beanstalk.DescribeEnvironmentsOutput{Environments: c.environs}
	})
}

func tag(key, value string) astypes.TagDescription {
	return astypes.TagDescription{Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(true)}
}

// shop is the group of an environment that is Ready.
func shop(tags ...astypes.TagDescription) *cloud {
	acc := web()
	if len(tags) == 0 {
		tags = []astypes.TagDescription{tag("elasticbeanstalk:environment-id", "e-abc"), tag("elasticbeanstalk:environment-name", "shop"), tag("aws:cloudformation:stack-name", "awseb-e-abc-stack")}
	}
	acc.group().Tags = append(acc.group().Tags, tags...)
	acc.environs = []beanstalk.EnvironmentDescription{{EnvironmentId: "e-abc", EnvironmentName: "shop", Status: "Ready", EndpointURL: "awseb-1.elb.amazonaws.com", Tier: beanstalk.EnvironmentTier{Name: "WebServer"}}}
	return acc
}

func TestWhatAnEnvironmentIsDoing(t *testing.T) {
	t.Parallel()
	one := func(acc *cloud) *beanstalk.EnvironmentDescription { return &acc.environs[0] }
	for name, c := range map[string]struct {
		change  func(*cloud)
		refused string
		want    func(decide.Environment) bool
	}{
		"it is ready":                     {func(*cloud) {}, "", func(e decide.Environment) bool { return e.Status == "Ready" && !e.Busy && !e.Worker && !e.Single }},
		"it is changing":                  {func(acc *cloud) { one(acc).Status = "Updating" }, "changing (Updating)", func(e decide.Environment) bool { return e.Status == "Updating" }},
		"it says nothing":                 {func(acc *cloud) { one(acc).Status = "" }, "changing", nil},
		"an operation is under way":       {func(acc *cloud) { one(acc).AbortableOperationInProgress = true }, "in progress", func(e decide.Environment) bool { return e.Busy }},
		"it works on messages":            {func(acc *cloud) { one(acc).Tier.Name = "Worker" }, "", func(e decide.Environment) bool { return e.Worker }},
		"it has an address":               {func(acc *cloud) { one(acc).EndpointURL = "52.1.2.3" }, "of one instance", func(e decide.Environment) bool { return e.Single }},
		"it is not there":                 {func(acc *cloud) { acc.environs = nil }, "shows no environment", nil},
		"it is another":                   {func(acc *cloud) { one(acc).EnvironmentId = "e-xyz" }, "shows no environment", nil},
		"it cannot be asked":              {func(acc *cloud) { acc.failing("beanstalk.DescribeEnvironments", errLost) }, "is not known", nil},
		"it may not be asked":             {func(acc *cloud) { acc.failing("beanstalk.DescribeEnvironments", refusedBy("AccessDenied", "no")) }, "AccessDenied", nil},
		"the group may have one instance": {func(acc *cloud) { alone(acc.group()) }, "of one instance", func(e decide.Environment) bool { return e.Single }},
		"so may one of workers":           {func(acc *cloud) { one(acc).Tier.Name = "Worker"; alone(acc.group()) }, "", func(e decide.Environment) bool { return !e.Single }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acc := shop()
			c.change(acc)
			w := look(t, acc, ledger.Record{})
			w.Settings.AllowMaxOne, w.Settings.DrainWith = true, "none"
			if why := decide.Refusal(w); (why == "") != (c.refused == "") || !strings.Contains(why, c.refused) {
				t.Errorf("refused: %q, want %q", why, c.refused)
			}
			if c.want != nil && !c.want(w.Group.Environment) {
				t.Errorf("%+v", w.Group.Environment)
			}
			if lost := len(w.Missing) > 0; lost != (name == "it cannot be asked") {
				t.Errorf("missing: %v", w.Missing)
			}
		})
	}
}

// alone has the group be of one instance, behind no load balancer.
func alone(g *astypes.AutoScalingGroup) {
	g.MinSize, g.MaxSize, g.DesiredCapacity = aws.Int32(1), aws.Int32(1), aws.Int32(1)
	g.TargetGroupARNs, g.LoadBalancerNames, g.TrafficSources = nil, nil, nil
}

func TestWhereNobodyCanBeAskedOfAnEnvironmentItIsNotKnown(t *testing.T) {
	t.Parallel()
	acc := shop()
	actor := acc.actor()
	actor.Environments = nil
	w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil)
	if err != nil || !strings.Contains(w.Group.Environment.Unread, "nobody to ask") {
		t.Errorf("%v, %+v", err, w.Group.Environment)
	}
}

// The second group of an update has the environment's tags, and comes from a stack of another name.
func TestTheGroupOfAnUpdateIsNotTheEnvironmentsOwn(t *testing.T) {
	t.Parallel()
	id, name := tag("elasticbeanstalk:environment-id", "e-abc"), tag("elasticbeanstalk:environment-name", "shop")
	stack := func(name string) astypes.TagDescription { return tag("aws:cloudformation:stack-name", name) }
	of := func(name string) astypes.TagDescription {
		return tag("aws:cloudformation:stack-id", "arn:aws:cloudformation:us-east-1:123456789012:stack/"+name+"/51af3dc0-da77-11e4-872e-1234567db123")
	}
	for _, c := range []struct {
		tags      []astypes.TagDescription
		called    string
		temporary bool
	}{
		{[]astypes.TagDescription{id, name, stack("awseb-e-abc-stack")}, "web", false},
		{[]astypes.TagDescription{id, name, of("awseb-e-abc-stack")}, "web", false},
		{[]astypes.TagDescription{id, name, stack("awseb-e-abc-stack-AWSEBNested-1")}, "web", false},
		{[]astypes.TagDescription{id, name, stack("awseb-e-abc-immutable-stack")}, "web", true},
		{[]astypes.TagDescription{id, name, of("awseb-e-abc-immutable-stack")}, "web", true},
		{[]astypes.TagDescription{id, name, stack("awseb-e-abc-traffic-split")}, "web", true},
		{[]astypes.TagDescription{name, stack("awseb-e-abc-stack")}, "web", false},
		{[]astypes.TagDescription{name, stack("awseb-e-abc-immutable-stack")}, "web", true},
		{[]astypes.TagDescription{id}, "web", false},
		{[]astypes.TagDescription{id}, "awseb-e-abc-immutable-stack-AWSEBAutoScalingGroup-1", true},
		{[]astypes.TagDescription{stack("awseb-e-abc-immutable-stack")}, "web", false},
	} {
		tags := map[string]string{}
		for _, one := range c.tags {
			tags[*one.Key] = *one.Value
		}
		if e := environmentOf(tags, c.called); (e.Temporary != "") != c.temporary {
			t.Errorf("%v, %s: %q", tags, c.called, e.Temporary)
		}
	}
	acc := shop(id, name, stack("awseb-e-abc-immutable-stack"))
	if w := look(t, acc, ledger.Record{}); acc.calls("beanstalk.DescribeEnvironments") > 0 || !strings.Contains(decide.Refusal(w), "for the time of an update") {
		t.Errorf("asked %d times, refused: %q", acc.calls("beanstalk.DescribeEnvironments"), decide.Refusal(w))
	}
}

func TestAnEnvironmentIsAskedForByItsIDElseByItsName(t *testing.T) {
	t.Parallel()
	acc := shop(tag("elasticbeanstalk:environment-name", "shop"))
	acc.environs = append([]beanstalk.EnvironmentDescription{{EnvironmentId: "e-old", EnvironmentName: "shop", Status: "Terminated"}}, acc.environs...)
	if w := look(t, acc, ledger.Record{}); w.Group.Environment.Status != "Ready" {
		t.Errorf("%+v", w.Group.Environment)
	}
	if in := inputs[beanstalk.DescribeEnvironmentsInput](acc); len(in) != 1 || len(in[0].EnvironmentIds) > 0 || in[0].EnvironmentNames[0] != "shop" {
		t.Errorf("%+v", in)
	}
	acc = shop()
	look(t, acc, ledger.Record{})
	if in := inputs[beanstalk.DescribeEnvironmentsInput](acc); len(in) != 1 || len(in[0].EnvironmentNames) > 0 || in[0].EnvironmentIds[0] != "e-abc" {
		t.Errorf("%+v", in)
	}
}
