package act

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// services are the narrow interfaces by the names that the SDK gives their services.
var services = map[string]reflect.Type{
	"EC2": reflect.TypeFor[interface {
		EC2
		Inspector
	}](), "Auto Scaling": reflect.TypeFor[AutoScaling](), "Elastic Load Balancing v2": reflect.TypeFor[TargetGroups](),
	"Elastic Load Balancing": reflect.TypeFor[Balancers](), "CloudFormation": reflect.TypeFor[Stacks](), "Pricing": reflect.TypeFor[Pricing](),
	"ECS": reflect.TypeFor[Containers](), "EventBridge": reflect.TypeFor[Rules](), "VPC Lattice": reflect.TypeFor[Lattice](),
	"Elastic Beanstalk": reflect.TypeFor[Environments](),
}

func TestEveryReadHasAClassAndSaysWhatIsMissingWithoutIt(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	for _, r := range Reads {
		if rows[r.API] || r.What == "" || r.Without == "" || !slices.Contains([]decide.Class{decide.Identity, decide.Launch, decide.Prudence}, r.Class) {
			t.Errorf("%+v: twice, or not whole", r)
		}
		rows[r.API] = true
	}
	for service, clients := range services {
		for i := range clients.NumMethod() {
			name := clients.Method(i).Name
			api := service + "." + name
			if reads := strings.HasPrefix(name, "Describe") || strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List"); reads != rows[api] {
				t.Errorf("%s: reads %t, has a row %t", api, reads, rows[api])
			}
			delete(rows, api)
		}
	}
	for api := range rows {
		t.Errorf("%s is called by nobody", api)
	}
}

func TestHooksThatCannotBeReadCountAsTheyWere(t *testing.T) {
	t.Parallel()
	acc, shelf := made(t)
	acc.hooks = append(acc.hooks, astypes.LifecycleHook{LifecycleHookName: aws.String("setup"), LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_LAUNCHING")},
		astypes.LifecycleHook{LifecycleHookName: aws.String("told"), LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_LAUNCHING"), NotificationTargetARN: aws.String("arn:aws:sqs:us-east-1:1:q")})
	acc.groups[0].Tags = append(acc.groups[0].Tags, astypes.TagDescription{Key: aws.String("autospotting:skip-launch-hooks"), Value: aws.String("true")}) // so that there is something to launch
	if w, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil); err != nil || len(w.Missing) > 0 {
		t.Fatalf("%v, %v", err, w.Missing)
	}
	acc.failing("autoscaling.DescribeLifecycleHooks", errLost)
	w, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil)
	if err != nil || !slices.Equal(w.Group.LaunchHooks, []string{"told"}) || !slices.Equal(w.Group.UnheardHooks, []string{"setup"}) || w.Missing[0].What != "lifecycle hooks" {
		t.Errorf("%v, %v, %+v", err, w.Group, w.Missing)
	}
}

func TestACopyIsSavedWhenItChangesAndWhenItGrowsOld(t *testing.T) {
	t.Parallel()
	acc, shelf := made(t)
	actor := cold(acc, shelf)
	look := func(want int, why string) {
		t.Helper()
		if _, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil || shelf.saves != want {
			t.Errorf("%s: %d times saved, want %d (%v)", why, shelf.saves, want, err)
		}
	}
	look(1, "a new process")
	look(1, "nothing changed")
	acc.now = noon.Add(saveEvery - time.Second)
	look(1, "new prices")
	acc.now = noon.Add(saveEvery)
	look(2, "half an hour")
	acc.subnets[0].SubnetId = aws.String("subnet-d")
	acc.groups[0].VPCZoneIdentifier = aws.String("subnet-d,subnet-b")
	look(3, "another subnet")
	shelf.err = errors.New("throttled")
	acc.now = noon.Add(3 * saveEvery)
	look(3, "not saved")
	shelf.err = nil
	look(4, "saved by the next look")
	var c Copy
	if err := json.Unmarshal(shelf.bodies["web"], &c); err != nil || len(c.Zones) != 2 || len(shelf.bodies["web"]) > 8<<10 {
		t.Errorf("%v: %d bytes, %+v", err, len(shelf.bodies["web"]), c.Zones)
	}
}

func TestAMemberWhoseLoadBalancerDoesNotAnswerIsKnownToServeNobody(t *testing.T) {
	t.Parallel()
	for call, health := range map[string]string{"elasticloadbalancingv2.DescribeTargetHealth": decide.BalancerUnknown, "elasticloadbalancing.DescribeInstanceHealth": decide.BalancerUnknown, "": "healthy"} {
		acc := web()
		acc.failing(call, errLost)
		if i := one(look(t, acc, ledger.Record{}), "i-1"); i.Balancer != health || i.Serving() != (call == "") {
			t.Errorf("%s does not answer: %q, serving %t", call, i.Balancer, i.Serving())
		}
	}
	acc := web() // what the other says against it holds
	acc.targets[targetGroup] = targets("unhealthy", "unhealthy")
	acc.failing("elasticloadbalancing.DescribeInstanceHealth", errLost)
	if i := one(look(t, acc, ledger.Record{}), "i-1"); i.Balancer != "unhealthy" {
		t.Errorf("%q", i.Balancer)
	}
}

func TestWhoseProtectionCannotBeReadIsUnchecked(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.failing("ec2.DescribeInstanceAttribute", errLost)
	w := look(t, acc, ledger.Record{})
	if !one(w, "i-1").Unchecked || !one(w, "i-2").Unchecked || acc.calls("ec2.DescribeInstanceAttribute") != 1 {
		t.Errorf("%+v, asked %d times", w.Instances, acc.calls("ec2.DescribeInstanceAttribute"))
	}
}

// What an instance was launched from is in tags that only AWS sets.
func TestWhatAnInstanceWasLaunchedFromIsRead(t *testing.T) {
	t.Parallel()
	i := ToInstance(types.Instance{Tags: []types.Tag{{Key: aws.String("aws:ec2launchtemplate:id"), Value: aws.String("lt-1")}, {Key: aws.String("aws:ec2launchtemplate:version"), Value: aws.String("7")}}})
	if i.Template != "lt-1" || i.TemplateVersion != "7" {
		t.Errorf("%+v", i)
	}
}

// The page that people read has the table of reads as it is in the code; -update writes it into the page.
func TestTheDocumentationHasTheReads(t *testing.T) {
	t.Parallel()
	const page, begin, end = "../../docs/protocol.md", "<!-- reads -->\n", "<!-- end of reads -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	table := "| read | what it tells | class | without it |\n|---|---|---|---|\n"
	for _, r := range Reads {
		table += "| `" + r.API + "` | " + r.What + " | " + string(r.Class) + " | " + r.Without + " |\n"
	}
	before, rest, _ := strings.Cut(string(text), begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no place for the reads", page)
	}
	want := before + begin + table + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Errorf("%s is not what the code says: go test ./coordinator/act -run Documentation -update", page)
	}
}

// An API that does not answer at all must not use up the time of the others: every read is bounded, but for those that identify the group.
func TestEveryReadThatANoticeCanDoWithoutIsBounded(t *testing.T) {
	t.Parallel()
	acc, shelf := made(t)
	acc.asked = nil
	actor := cold(acc, shelf)
	actor.Patience = time.Hour
	if _, err := actor.Observe(t.Context(), "web", owing("i-1", noon.Add(-time.Minute)), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := actor.GroupsOf(t.Context(), []string{"i-1"}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range acc.asked {
		seen[a.call] = true
		_, bounded := a.ctx.Deadline()
		if identity := a.call == "autoscaling.DescribeAutoScalingGroups" || a.call == "ec2.DescribeInstances"; bounded == identity {
			t.Errorf("%s: bounded %t", a.call, bounded)
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d reads were made: %v", len(seen), seen)
	}
}
