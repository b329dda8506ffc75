package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
)

// loseRecord takes the group's record out of the ledger.
func (w *world) loseRecord() {
	w.t.Helper()
	_, err := w.cloud.NewSession("owner").DynamoDB().DeleteItem(w.t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(dynamo.DefaultTable),
		Key: map[string]ddbtypes.AttributeValue{"asg": &ddbtypes.AttributeValueMemberS{Value: group}}})
	w.owner(err)
}

// loseTemplate removes our launch template, as somebody does who tidies up.
func (w *world) loseTemplate() {
	w.t.Helper()
	_, err := w.cloud.NewSession("owner").EC2().DeleteLaunchTemplate(w.t.Context(), &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: aws.String(decide.TemplateName(group))})
	w.owner(err)
}

// spotMember is the first member of the group on spot.
func (w *world) spotMember() cloudsim.MemberView {
	w.t.Helper()
	g, _ := w.cloud.Group(group)
	n := slices.IndexFunc(g.Members, func(m cloudsim.MemberView) bool { return m.Instance.Spot })
	if n < 0 {
		w.fail("no member is on spot")
	}
	return g.Members[n]
}

// What was launched from a template of ours stays ours, whatever became of the template and of the record, as long as one of the two says so: a
// group that is opted out goes back to on-demand as a whole.
func TestWhatIsOursStaysOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		lose func(*world)
	}{
		{"though the record was lost", (*world).loseRecord},
		{"though the template was deleted and made anew", func(w *world) {
			w.loseTemplate()
			w.owner(w.cloud.TerminateByOwner(w.spotMember().ID)) // the group launches on-demand in its place, and we swap it
			w.becomes(6, 0)
			if n := len(w.record().Templates); n != 2 {
				w.fail("%d templates are known, want the one of before and the new one", n)
			}
		}},
		{"though both were, one after the other", func(w *world) {
			w.loseRecord()
			w.owner(w.cloud.TerminateByOwner(w.spotMember().ID))
			w.becomes(6, 0)
			w.loseTemplate()
		}},
		{"in a group that was deleted and made again with its name", func(w *world) {
			w.owner(w.cloud.DeleteGroup(group))
			w.cloud.RunUntil(w.cloud.Now().Add(20 * time.Minute))
			w.owner(w.cloud.CreateGroup(cloudsim.GroupSpec{Name: group, Min: 2, Max: 6, Desired: 6, LaunchTemplate: group + "-template", Tags: map[string]string{"spot-enabled": "true"}}))
			w.becomes(6, 0)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := owned(t, nil)
			w.becomes(6, 0)
			c.lose(w)
			w.owner(w.cloud.DeleteGroupTag(group, "spot-enabled"))
			w.becomes(0, 6)
			if r := w.record(); r.Revision != 0 {
				t.Errorf("a record was left behind: %+v", r)
			}
		})
	}
}

// Nothing then tells them from the owner's own with our tags. They are left alone, and do not leak in silence.
func TestWhatNothingProvesToBeOursIsLeftAloneAndSaid(t *testing.T) {
	t.Parallel()
	w := owned(t, nil)
	w.becomes(6, 0)
	tags := w.spotMember().Instance.Tags
	w.loseRecord()
	w.loseTemplate()
	tags = map[string]string{decide.TagGroup: group, decide.TagLaunch: tags[decide.TagLaunch]}
	loose, err := w.cloud.LaunchFleetByOwner(group, "us-east-1a", tags)
	w.owner(err)
	w.cloud.OnEvent(func(e cloudsim.Event) {
		if coordinators(e.Actor) && (e.Kind == cloudsim.Terminating || e.Kind == cloudsim.Stopping || e.Kind == cloudsim.Launched) {
			t.Errorf("%s %s %s", e.Actor, e.Kind, e.Instance)
		}
	})
	w.cloud.RunUntil(w.cloud.Now().Add(time.Hour))
	if i, _ := w.cloud.Instance(loose); i.State != "running" {
		t.Errorf("the owner's instance is %s", i.State)
	}
	g, _ := w.cloud.Group(group)
	if s := g.Tags[settings.StatusTag]; !strings.Contains(s, "unproven: 7 ") {
		t.Errorf("the status tag says %q", s)
	}
	if n := len(w.check.Violations()); n > 0 {
		w.fail("%s", w.check.Violations()[0])
	}
	named := strings.Join(w.story, "\n")
	for _, id := range append(memberIDs(g), loose) {
		if !strings.Contains(named, "why "+id+" unproven: ") {
			t.Errorf("of %s nothing is said", id)
		}
	}
}

func memberIDs(g cloudsim.GroupView) (ids []string) {
	for _, m := range g.Members {
		ids = append(ids, m.ID)
	}
	return ids
}
