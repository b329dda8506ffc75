package act

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

func survey(t *testing.T, a *Actor, kept ...string) (map[string]Surveyed, []error) {
	t.Helper()
	list, errs := a.Survey(t.Context(), kept)
	if !slices.IsSortedFunc(list, func(x, y Surveyed) int { return strings.Compare(x.Name, y.Name) }) {
		t.Errorf("%v is in no order", list)
	}
	found := map[string]Surveyed{}
	for _, s := range list {
		found[s.Name] = s
	}
	return found, errs
}

// One pass shows the groups of the account: those that opted in, those that are kept by name, and those of which something lives that they do not list.
func TestASurveyShowsEveryGroupThatMayHaveSomethingToDo(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.now = noon
	acc.join("i-9")
	left := *acc.group()
	left.AutoScalingGroupName, left.Tags = aws.String("left"), nil
	acc.groups = append(acc.groups, left)
	found, errs := survey(t, acc.actor(), "left", "deleted", "web")
	if len(errs) > 0 || len(found) != 3 || found["web"].Print == "" || found["left"].Print == "" || found["left"].Print == found["web"].Print || found["deleted"].Print != "" {
		t.Errorf("%v, %v", found, errs)
	}
	of := func(id, group string) types.Instance {
		i := oursSpot(id, "us-east-1a")
		i.Tags = []types.Tag{{Key: aws.String(decide.TagGroup), Value: &group}, {Key: aws.String(decide.TagLaunch), Value: aws.String("1f")}}
		return i
	}
	acc.instances = append(acc.instances, of("i-8", "lost"), of("i-7", "web"))
	if found, errs = survey(t, acc.actor()); len(errs) > 0 || len(found) != 2 || found["web"].Print != "" || found["lost"].Print != "" {
		t.Errorf("with strays %v, %v", found, errs)
	}
	for call, want := range map[string]int{"autoscaling.DescribeAutoScalingGroups": 1, "ec2.DescribeInstances": 2} {
		acc.failing(call, errLost)
		if found, errs = survey(t, acc.actor(), "kept"); len(errs) != map[string]int{"autoscaling.DescribeAutoScalingGroups": 2, "ec2.DescribeInstances": 1}[call] || found["kept"].Name == "" || found["kept"].Print != "" || len(found) < want {
			t.Errorf("without %s: %v, %v", call, found, errs)
		}
	}
}

// What lives of ours is looked for by a part of its launches at each tick of an hour, all of them in the hour.
func TestEveryLaunchHasItsTurnWithinAnHour(t *testing.T) {
	t.Parallel()
	turns := map[string]int{}
	for n := range 12 {
		late := time.Duration(n%3-1) * 40 * time.Second // ticks are not to the second
		for _, p := range partOf(noon.Add(time.Duration(n)*5*time.Minute + late)) {
			turns[p]++
		}
	}
	if len(turns) != 16 {
		t.Errorf("%v", turns)
	}
	for d := range 16 {
		if p := fmt.Sprintf("%x*", d); turns[p] != 1 {
			t.Errorf("%s has its turn %d times", p, turns[p])
		}
	}
}

// Whatever is another in a group's description makes another fingerprint; the order of what is listed does not.
func TestAFingerprintTellsEveryChange(t *testing.T) {
	t.Parallel()
	base := func() *cloud { acc := web(); return acc }
	a := base().actor()
	was := a.print(*base().group())
	for name, change := range map[string]func(*astypes.AutoScalingGroup){
		"desired":          func(g *astypes.AutoScalingGroup) { g.DesiredCapacity = aws.Int32(9) },
		"min":              func(g *astypes.AutoScalingGroup) { g.MinSize = aws.Int32(9) },
		"max":              func(g *astypes.AutoScalingGroup) { g.MaxSize = aws.Int32(99) },
		"a member's state": func(g *astypes.AutoScalingGroup) { g.Instances[0].LifecycleState = "Standby" },
		"its health":       func(g *astypes.AutoScalingGroup) { g.Instances[0].HealthStatus = aws.String("Unhealthy") },
		"its protection":   func(g *astypes.AutoScalingGroup) { g.Instances[0].ProtectedFromScaleIn = aws.Bool(true) },
		"a member less":    func(g *astypes.AutoScalingGroup) { g.Instances = g.Instances[1:] },
		"a suspended process": func(g *astypes.AutoScalingGroup) {
			g.SuspendedProcesses = []astypes.SuspendedProcess{{ProcessName: aws.String("Launch")}}
		},
		"a tag": func(g *astypes.AutoScalingGroup) { g.Tags[0].Value = aws.String("false") },
		"the template": func(g *astypes.AutoScalingGroup) {
			g.LaunchTemplate = &astypes.LaunchTemplateSpecification{Version: aws.String("8")}
		},
		"its deletion": func(g *astypes.AutoScalingGroup) { g.Status = aws.String("Delete in progress") },
	} {
		g := *base().group()
		if change(&g); a.print(g) == was {
			t.Errorf("%s: nothing is told", name)
		}
	}
	g := *base().group()
	slices.Reverse(g.Instances)
	slices.Reverse(g.Tags)
	if a.print(g) != was {
		t.Error("another order is told as a change")
	}
	other := base().actor()
	if other.Defaults.Grace++; other.print(*base().group()) == was {
		t.Error("other defaults are not told")
	}
}

// The prices of what fits the group, as its copy knows it, tell whether it is worth looking at.
func TestPricesTempt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		own  float64 // of m5.large, of which the members are
		kept func(*Copy)
		want bool
	}{
		{"cheaper by more than the margin", 0.09, func(*Copy) {}, true},
		{"cheaper by less", 0.031, func(*Copy) {}, false},
		{"no copy", 0.031, func(c *Copy) { *c = Copy{} }, true},
		{"a copy that knows no price", 0.031, func(c *Copy) { c.Catalog.OnDemandUSD = nil }, true},
		{"a member whose price is not known", 0, func(*Copy) {}, true},
	} {
		acc := web()
		a := acc.actor()
		kept := Copy{At: noon, Zones: map[string]string{"subnet-a": "us-east-1a", "subnet-b": "us-east-1b"}, Product: linux, Template: decide.Template{Type: "m5.large"},
			Catalog: market.Catalog{Types: map[string]market.Type{"m5a.large": {}}, OnDemandUSD: map[string]float64{"m5.large": 0.096}}}
		c.kept(&kept)
		a.cache.copies.put("web", keptCopy{Copy: kept})
		usd := map[market.Pool]float64{}
		for _, z := range []string{"us-east-1a", "us-east-1b"} {
			usd[market.Pool{Type: "m5a.large", Zone: z}] = 0.03
			if c.own > 0 {
				usd[market.Pool{Type: "m5.large", Zone: z}] = c.own
			}
		}
		keep(&a.cache.spot, fmt.Sprint([]string{"us-east-1a", "us-east-1b"}, linux), spotPrices{usd, noon})
		if got := a.Tempting(t.Context(), Surveyed{Name: "web", Raw: *acc.group()}); got != c.want {
			t.Errorf("%s: tempting %t", c.name, got)
		}
	}
}

// A look at a group of which nothing is to be done has the fingerprint that the next survey has, and only such a look.
func TestTheFingerprintOfALookIsThatOfASurvey(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.group().DesiredCapacity = aws.Int32(2)
	acc.group().Tags = append(acc.group().Tags, astypes.TagDescription{Key: aws.String("autospotting:keep-on-demand"), Value: aws.String("100%")})
	acc.instances = acc.instances[:2]
	a := acc.actor()
	w := look(t, acc, ledger.Record{Group: "web"})
	found, _ := survey(t, a)
	if w.Group.Print == "" || w.Group.Print != found["web"].Print {
		t.Errorf("%q and %q", w.Group.Print, found["web"].Print)
	}
	if n := len(inputs[autoscaling.DescribeAutoScalingGroupsInput](acc)); n > 4 || len(inputs[ec2.DescribeInstancesInput](acc)) == 0 {
		t.Errorf("%d descriptions", n)
	}
	acc.group().DesiredCapacity = aws.Int32(3)
	if w = look(t, acc, ledger.Record{Group: "web"}); w.Group.Print != "" {
		t.Error("a group that lacks a member is calm")
	}
}
