package census

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/cloudsim"
	"autospotting/test/census/app"
	"autospotting/userdata"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	rowsOfSample = "testdata/sample.csv"
	golden       = "testdata/sample.txt"
)

// short is long enough for three swaps, and for a notice.
const short = 2 * time.Hour

// sample is the census that was written anew.
func sample(t *testing.T) []Row {
	t.Helper()
	rows, err := Load(rowsOfSample)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestASampleOfTheCensusIsNotHarmed plays the sample. Which of the rows are served is in the golden file; -update writes it anew.
func TestASampleOfTheCensusIsNotHarmed(t *testing.T) {
	t.Parallel()
	results, err := PlayAll(sample(t), Reading{}, Options{Seed: 1}, runtime.GOMAXPROCS(0))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, r := range results {
		after := "-"
		if r.After != nil {
			after = r.After.Status
		}
		fmt.Fprintf(&got, "%-8s %-8s %s\n", r.As.Status, after, r.Row.Source)
		if r.Harms() > 0 {
			t.Errorf("%s is harmed: %s; after the step %v", r.Row.Source, list(r.As), r.After)
		}
	}
	fmt.Fprintf(&got, "\nproduction-like: %v\ntutorial: %v\n", Sum(results, Row.Production), Sum(results, Row.Tutorial))
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the sample came to\n%s\nwant\n%s\ngo test ./test/census -run Sample -update writes it anew", got.String(), want)
	}
}

// Whatever way of public scripts does it, it is seen, and the group is served without harm or not at all.
func TestEveryWayOfDoingItIsAnsweredFor(t *testing.T) {
	t.Parallel()
	for _, need := range app.Needs() {
		for way := range max(ways(need), 2) {
			t.Run(fmt.Sprintf("%s %d", need, way+1), func(t *testing.T) {
				t.Parallel()
				s := plain(need)
				s.UserData = s.write(s.App.Needs, wording{way: way + 1})
				got, err := Play(s, Options{Seed: 1, For: time.Hour})
				if err != nil {
					t.Fatal(err)
				}
				if len(got.Harms) > 0 {
					t.Errorf("%s, with the user data\n%s", list(got), s.UserData)
				}
			})
		}
	}
}

// ways counts those that are anybody's.
func ways(need app.Need) (n int) {
	for _, s := range scripts[need] {
		if s.words == "" {
			n++
		}
	}
	return n
}

// What an owner does by the steps takes the harm away also from a coordinator that accepts everything.
func TestAStepTakesTheHarmAway(t *testing.T) {
	t.Parallel()
	for need, step := range map[app.Need]string{
		app.Worker:     "add a terminating lifecycle hook by which the work is drained",
		app.ECS:        "add a terminating lifecycle hook by which the work is drained",
		app.Stack:      "give them a role (cfn-init --role NAME)",
		app.Address:    "put a load balancer before the group",
		app.Membership: "put into the image what does not need it",
		app.LaunchHook: "put into the image what does not need it",
		app.Volume:     "use a file system or a volume for each instance",
		app.License:    "use license included images",
	} {
		t.Run(string(need), func(t *testing.T) {
			t.Parallel()
			s, ok := plain(need).Take(step)
			if !ok {
				t.Fatalf("the step %q is not known", step)
			}
			got, err := Play(s, Options{Seed: 1, AcceptAll: true, For: short})
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != Served || len(got.Harms) > 0 {
				t.Errorf("after the step: %s, %v", got.Status, got.Harms)
			}
		})
	}
	for _, none := range []string{"", "leave this group on-demand, and have groups without state served", "use a NAT gateway"} {
		if _, ok := plain(app.Quorum).Take(none); ok {
			t.Errorf("%q is taken for a step by which the group is served", none)
		}
	}
}

// Where the census says nothing of a number or a user, the group is still one that AWS takes, and its user data fits and can be read.
func TestEveryRowIsAGroup(t *testing.T) {
	t.Parallel()
	kinds := map[app.Need]int{}
	for _, r := range sample(t) {
		s := Of(r, Reading{})
		g := s.Group
		if g.Min > g.Desired || g.Desired > g.Max || g.Max < 1 || g.Min < 0 || r.MaxSizeOne != (g.Max == 1) {
			t.Errorf("%s: min %d, max %d, desired %d of %q, %q, %q", r.Source, g.Min, g.Max, g.Desired, r.Min, r.Max, r.Desired)
		}
		if len(s.UserData) > userdata.Limit || (len(s.UserData) == 0) != (r.UserData == "none") {
			t.Errorf("%s: %d bytes of user data for %q", r.Source, len(s.UserData), r.UserData)
		}
		want := map[string]userdata.Format{"shell": userdata.Shell, "multipart": userdata.MIME, "cloud-config": userdata.CloudConfig, "powershell": userdata.WindowsXML}[r.UserData]
		if got := userdata.Detect(s.UserData); want != "" && got != want {
			t.Errorf("%s: user data of the format %s, want %s", r.Source, got, want)
		}
		if baked := Of(r, Reading{Baked: true}); r.UserData == "variable/none seen" && len(baked.UserData) > 0 {
			t.Errorf("%s: user data though the image brings the application", r.Source)
		}
		if opaque := Of(r, Reading{Opaque: true}); len(s.App.Needs) > 0 && r.UserData == "shell" && bytes.Equal(opaque.UserData, s.UserData) {
			t.Errorf("%s: the user data still says what is done", r.Source)
		}
		for _, n := range s.App.Needs {
			kinds[n]++
		}
	}
	for _, n := range app.Needs() {
		if kinds[n] == 0 {
			t.Errorf("no row needs %s", n)
		}
	}
}

func TestSizesOfARow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		row             Row
		lo, hi, desired int
	}{
		{Row{Min: "3", Max: "5", Desired: "4"}, 3, 5, 4},
		{Row{Min: "1", Max: "3"}, 1, 3, 1},
		{Row{Min: "2", Max: "100", Desired: "2"}, 2, 100, 2},
		{Row{Min: "var.n", Max: "var.n", Desired: "var.n"}, 3, 3, 3},
		{Row{Min: "var.n", Max: "var.n"}, 3, 3, 3},
		{Row{Min: "var.min", Max: "var.max", Desired: "var.desired"}, 2, 6, 3},
		{Row{Min: "var", Max: "var"}, 2, 6, 3},
		{Row{Min: "0", Max: "15", Desired: "0"}, 0, 15, 0},
		{Row{Min: "1", Max: "2", Desired: "1 # we don't need more"}, 1, 2, 1},
		{Row{Min: "1", Max: "1", Desired: "1", MaxSizeOne: true}, 1, 1, 1},
		{Row{Min: "0", Max: "1", Desired: "0", MaxSizeOne: true}, 0, 1, 0},
		{Row{Min: "var.on", Max: "var.on", MaxSizeOne: true}, 0, 1, 1},
	} {
		if lo, hi, desired := c.row.sizes(); lo != c.lo || hi != c.hi || desired != c.desired {
			t.Errorf("%q, %q, %q: min %d, max %d, desired %d; want %d, %d, %d", c.row.Min, c.row.Max, c.row.Desired, lo, hi, desired, c.lo, c.hi, c.desired)
		}
	}
}

// The two readings of what an attached instance can see of its membership come to the same for who needs none.
func TestTheReadingsDoNotMatterToWhoNeedsNothing(t *testing.T) {
	t.Parallel()
	for _, readings := range []cloudsim.Readings{{AttachedStateHidden: true}, {StackTakesAttached: time.Minute}, {LaunchAfterDrain: true}} {
		got, err := Play(plain(app.Capacity), Options{Seed: 1, Readings: readings, For: short})
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != Served || len(got.Harms) > 0 || got.Short > 0 {
			t.Errorf("%+v: %s, %d short, %v", readings, got.Status, got.Short, got.Harms)
		}
	}
}

func TestACensusThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "no head", "source,class_\na,b\n": "no column", "a,b\n\"": "read the census"} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestWhatARowSaysOfItsGroupIsDone(t *testing.T) {
	t.Parallel()
	r := Row{Launch: "mixed", SpotAlready: true, LoadBalanced: true, Health: "ELB", TermHook: true, LaunchHook: true, WarmPool: true, Protect: true, Rebalance: true, Suspended: "AZRebalance, HealthCheck",
		Tenancy: "dedicated", Owner: "EKS managed", CFN: "signal", InstanceType: "t2.micro", UserData: "shell", Reasons: "template asks for spot"}
	s := Of(r, Reading{})
	g := s.Group
	if g.Mixed == nil || g.Mixed.OnDemandPercent != 0 || Of(r, Reading{MixedOnDemand: true}).Group.Mixed.OnDemandPercent != 100 {
		t.Errorf("mixed policy %+v", g.Mixed)
	}
	if len(g.TargetGroups) != 1 || g.HealthCheckType != "ELB" || len(g.Hooks) != 2 || !g.WarmPool || !g.ProtectNew || !g.CapacityRebalance || !slices.Equal(g.Suspended, []string{"AZRebalance", "HealthCheck"}) {
		t.Errorf("group %+v", g)
	}
	if _, eks := g.LocalTags["eks:nodegroup-name"]; !eks || g.LocalTags["aws:cloudformation:stack-id"] == "" {
		t.Errorf("tags %v, %v", g.Tags, g.LocalTags)
	}
	if s.Tenancy != "dedicated" || !s.Spot || s.Profile || s.Type != "t2.micro" {
		t.Errorf("template: tenancy %s, spot %t, profile %t, type %s", s.Tenancy, s.Spot, s.Profile, s.Type)
	}
}
