package act

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// crowd are eight members, i-1 the oldest, in two zones, one older than the other.
func crowd() []decide.Instance {
	var list []decide.Instance
	for n := 1; n <= 8; n++ {
		list = append(list, decide.Instance{ID: fmt.Sprintf("i-%d", n), Member: true, State: "running", Lifecycle: "InService", Zone: string('a' + rune(n%2)), Launched: noon.Add(time.Duration(n) * time.Minute)})
	}
	return list
}

func TestWhosTerminationProtectionIsRead(t *testing.T) {
	t.Parallel()
	intent := ledger.Record{Intents: []ledger.Intent{{Victim: "i-7"}}}
	for _, c := range []struct {
		name      string
		change    func([]decide.Instance)
		protected string // by EC2, of these
		rec       ledger.Record
		asked     string // in this order
	}{
		{name: "the five oldest", asked: "1 2 3 4 5"},
		{name: "by age, not by id", change: func(l []decide.Instance) { l[0].Launched = noon.Add(time.Hour) }, asked: "2 3 4 5 6"},
		{name: "of the same age by id", change: func(l []decide.Instance) {
			for i := range l {
				l[i].Launched = noon
			}
		}, asked: "1 2 3 4 5"},
		{name: "one that is protected cannot be chosen: the next", protected: "2", asked: "1 2 3 4 5 6"},
		{name: "nor one that Auto Scaling protects", change: func(l []decide.Instance) { l[2].Protected = true }, asked: "1 2 3 4 5 6"},
		{name: "a spot instance is nobody's to retire", change: func(l []decide.Instance) { l[0].Spot = true }, asked: "2 3 4 5 6"},
		{name: "nor one that is no member", change: func(l []decide.Instance) { l[0].Member = false }, asked: "2 3 4 5 6"},
		{name: "nor one that ends", change: func(l []decide.Instance) { l[0].State = "shutting-down" }, asked: "2 3 4 5 6"},
		{name: "nor one that is let go", change: func(l []decide.Instance) { l[0].Lifecycle = "Terminating" }, asked: "2 3 4 5 6"},
		{name: "whom a debt retires, wherever he stands, and while it is open the newest of each zone", rec: owing("i-6", noon), asked: "1 2 3 4 5 6 7 8"},
		{name: "whom a launch replaces", rec: intent, asked: "1 2 3 4 5 7 8"},
		{name: "who is chosen counts for none of the five", rec: ledger.Record{Intents: []ledger.Intent{{Victim: "i-1"}}}, asked: "1 2 3 4 5 6 7 8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc, list := web(), crowd()
			if c.change != nil {
				c.change(list)
			}
			acc.protected = map[string]bool{}
			for _, id := range strings.Fields(c.protected) {
				acc.protected["i-"+id] = true
			}
			w := decide.World{Instances: list, Record: c.rec}
			if acc.actor().beside(t.Context(), &w, acc.actor().protecting(w)); len(w.Missing) > 0 {
				t.Fatal(w.Missing)
			}
			var asked []string
			seen := map[string]bool{}
			for _, in := range inputs[ec2.DescribeInstanceAttributeInput](acc) {
				if in.Attribute != "disableApiTermination" {
					t.Errorf("asked for %s", in.Attribute)
				}
				asked, seen[*in.InstanceId] = append(asked, strings.TrimPrefix(*in.InstanceId, "i-")), true
			}
			if got := strings.Join(asked, " "); got != c.asked {
				t.Errorf("asked for %s, want %s", got, c.asked)
			}
			for _, i := range list {
				candidate := i.Member && !i.Spot && i.Live() && !i.Leaving()
				if i.Undeletable != acc.protected[i.ID] || i.Unchecked != (candidate && !seen[i.ID]) {
					t.Errorf("%s: undeletable %v, unchecked %v", i.ID, i.Undeletable, i.Unchecked)
				}
			}
		})
	}
}

func TestTerminationProtectionIsBelievedForAWhileButNotBeforeARetirement(t *testing.T) {
	t.Parallel()
	acc := web()
	actor := acc.actor()
	acc.protected = map[string]bool{"i-1": true}
	asks := func(fresh bool) (bool, int) {
		before := acc.calls("ec2.DescribeInstanceAttribute")
		on, err := actor.undeletable(t.Context(), "i-1", fresh)
		if err != nil {
			t.Fatal(err)
		}
		return on, acc.calls("ec2.DescribeInstanceAttribute") - before
	}
	for _, c := range []struct {
		name  string
		after time.Duration
		fresh bool
		on    bool
		asked int
	}{
		{"first", 0, false, true, 1},
		{"a moment later", protectionFor - time.Second, false, true, 0},
		{"before a retirement", protectionFor - time.Second, true, true, 1},
	} {
		acc.now = noon.Add(c.after)
		if on, asked := asks(c.fresh); on != c.on || asked != c.asked {
			t.Errorf("%s: %v, asked %d times", c.name, on, asked)
		}
	}
	acc.protected["i-1"] = false
	if on, asked := asks(true); on || asked != 1 {
		t.Errorf("once it is taken off: %v, asked %d times", on, asked)
	}
	delete(acc.protected, "i-1") // an answer without the attribute
	if on, _ := asks(true); on {
		t.Error("protected by an answer that says nothing")
	}
	acc.failing("ec2.DescribeInstanceAttribute", refusedBy("InvalidInstanceID.NotFound", "gone"))
	if on, _ := asks(true); on {
		t.Error("what is gone is protected")
	}
}

// How long what was read is believed: until then nobody is asked, from then on again.
func TestWhatIsReadIsBelievedForItsTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, call string
		believed   time.Duration
		change     func(*cloud)
	}{
		{"subnets", "ec2.DescribeSubnets", subnetsFor, nil},
		{"instance types", "ec2.DescribeInstanceTypes", typesFor, nil},
		{"offerings", "ec2.DescribeInstanceTypeOfferings", typesFor, nil},
		{"spot prices", "ec2.DescribeSpotPriceHistory", pricesFor, nil},
		{"termination protection", "ec2.DescribeInstanceAttribute", protectionFor, nil},
		{"an on-demand price", "pricing.GetProducts", onDemandFor, func(c *cloud) { c.products = []string{priced(`"USD":"0.1"`)} }},
		{"the want of an on-demand price", "pricing.GetProducts", noOnDemandFor, nil},
		{"a rehearsal that went well", "ec2.RunInstances", rehearsedFor, nil},
		{"a rehearsal that failed", "ec2.RunInstances", refusedFor, func(c *cloud) { c.dryRun = refusedBy("InvalidKeyPair.NotFound", "gone") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			if c.change != nil {
				c.change(acc)
			}
			actor := acc.actor()
			acc.made(t, actor)
			var counts []int
			for _, at := range []time.Duration{0, c.believed - 1, c.believed} {
				acc.now = noon.Add(at)
				if _, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil {
					t.Fatal(err)
				}
				counts = append(counts, acc.calls(c.call))
			}
			if n := counts[0]; n == 0 || !reflect.DeepEqual(counts, []int{n, n, 2 * n}) {
				t.Errorf("after 0, a moment less than %s and %s it was asked %v times", c.believed, c.believed, counts)
			}
		})
	}
}
