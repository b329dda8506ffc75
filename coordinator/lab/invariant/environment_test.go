package invariant

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// shop is the checker of a group whose environment is being updated for so long, and a member of it.
func shop(t *testing.T, rec *ledger.Record, since time.Duration) (*Checker, string) {
	t.Helper()
	cloud := cloudsim.New(cloudsim.Config{Seed: 1, Start: begin})
	t.Cleanup(cloud.Close)
	image := cloud.CreateImage("")
	cloud.CreateSubnets()
	_, err := cloud.NewSession("owner").EC2().CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: &image, InstanceType: "m5.large"}})
	if err == nil {
		err = cloud.CreateGroup(cloudsim.GroupSpec{Name: "web", Max: 3, Desired: 3, LaunchTemplate: "web"})
	}
	if err == nil {
		err = cloud.CreateEnvironment(cloudsim.EnvironmentSpec{ID: "e-abc", Group: "web"})
	}
	if err != nil {
		t.Fatal(err)
	}
	cloud.RunUntil(begin.Add(5 * time.Minute))
	c := Watch(cloud, "web", func(session string) bool { return session == "coordinator" }, func() (ledger.Record, error) { return *rec, nil }, 0)
	if err := cloud.UpdateEnvironment("e-abc", cloudsim.UpdateImmutable); err != nil {
		t.Fatal(err)
	}
	cloud.RunUntil(begin.Add(5*time.Minute + since))
	g, _ := cloud.Group("web")
	return c, g.Members[0].ID
}

func TestNothingIsDoneWhileAnEnvironmentChanges(t *testing.T) {
	t.Parallel()
	paying := ledger.Record{Books: books.Edited(func(k *books.Stored) {
		k.Pairs = []books.StoredDebt{{Phase: books.Paying, Victim: "it", Intent: books.StoredLaunch{Instance: "i-new"}}}
	})}
	const long = time.Minute
	for name, c := range map[string]struct {
		kind   cloudsim.Kind
		by     string
		since  time.Duration
		record ledger.Record
		says   string
	}{
		"attached":                              {cloudsim.Pending, "coordinator", long, ledger.Record{}, "is attached while"},
		"attached by another":                   {cloudsim.Pending, "beanstalk", long, ledger.Record{}, ""},
		"attached as it began":                  {cloudsim.Pending, "coordinator", time.Second, ledger.Record{}, ""},
		"retired":                               {cloudsim.Terminating, "coordinator", long, ledger.Record{}, "is retired while"},
		"retired as it began":                   {cloudsim.Terminating, "coordinator", time.Second, ledger.Record{}, ""},
		"retired, and somebody had come for it": {cloudsim.Terminating, "coordinator", long, paying, ""},
		"its protection is taken off":           {cloudsim.Protected, "coordinator", long, ledger.Record{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := c.record
			w, id := shop(t, &rec, c.since)
			if len(rec.Books.Debts()) > 0 {
				rec.Books = books.Edited(func(k *books.Stored) {
					k.Pairs = []books.StoredDebt{{Phase: books.Paying, Victim: id, Intent: books.StoredLaunch{Instance: "i-new"}}}
				})
			}
			w.kept = nil
			w.environment(change{Event: cloudsim.Event{At: w.cloud.Now(), Kind: c.kind, Actor: c.by, Group: "web", Instance: id}, mine: c.by == "coordinator"})
			found := w.Violations()
			if (len(found) > 0) != (c.says != "") || len(found) > 0 && (found[0].Invariant != Environment || !strings.Contains(found[0].Text, c.says)) {
				t.Errorf("%v", found)
			}
		})
	}
}

func TestTheGroupOfAnUpdateIsNobodysToServe(t *testing.T) {
	t.Parallel()
	for by, want := range map[string]int{"coordinator": 1, "autoscaling": 0} {
		w, _ := shop(t, &ledger.Record{}, time.Minute)
		v, _ := w.cloud.Environment("web")
		if v.Temporary == "" {
			t.Fatal("there is none")
		}
		w.temporary(cloudsim.Event{Kind: cloudsim.SizeChanged, Actor: by, Group: v.Temporary})
		w.temporary(cloudsim.Event{Kind: cloudsim.Tagged, Actor: by, Group: v.Temporary})
		w.temporary(cloudsim.Event{Kind: cloudsim.SizeChanged, Actor: by, Group: "web"})
		if got := len(w.Violations()); got != want {
			t.Errorf("by %s: %v", by, w.Violations())
		}
	}
}

func TestWhomWeAttachedDuringADeploymentIsNotOfTheVersionOfBefore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by    string
		after time.Duration
		want  int
	}{{"coordinator", time.Minute, 1}, {"coordinator", time.Second, 0}, {"owner", time.Minute, 0}} {
		w, id := shop(t, &ledger.Record{}, time.Minute)
		w.moved(cloudsim.EnvironmentView{Status: cloudsim.EnvironmentUpdating}, begin)
		w.entered[id] = begin.Add(c.after)
		w.moved(cloudsim.EnvironmentView{Status: "Ready", Stale: map[string]string{id: c.by}}, begin.Add(5*time.Minute))
		if got := len(w.Violations()); got != c.want {
			t.Errorf("%+v: %v", c, w.Violations())
		}
	}
}
