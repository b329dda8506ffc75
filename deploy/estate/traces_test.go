package estate

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// cloud has instances with our tags, and groups; what else is called of it is not there.
type cloud struct {
	EC2
	instances []types.Instance
	gone      string   // an instance that is not there any more
	untagged  []string // what lost its tags
	refused   error
}

// DeleteTags does all or nothing.
func (c *cloud) DeleteTags(_ context.Context, in *ec2.DeleteTagsInput, _ ...func(*ec2.Options)) (*ec2.DeleteTagsOutput, error) {
	if slices.Contains(in.Resources, c.gone) {
		return nil, &smithy.GenericAPIError{Code: "InvalidInstanceID.NotFound", Message: "The instance ID '" + c.gone + "' does not exist"}
	}
	if c.refused != nil {
		return nil, c.refused
	}
	c.untagged = append(c.untagged, in.Resources...)
	return &ec2.DeleteTagsOutput{}, nil
}

type scaling struct {
	AutoScaling
	groups []astypes.AutoScalingGroup
}

func (c *cloud) DescribeLaunchTemplates(context.Context, *ec2.DescribeLaunchTemplatesInput, ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplatesOutput, error) {
	return &ec2.DescribeLaunchTemplatesOutput{LaunchTemplates: []types.LaunchTemplate{
		{LaunchTemplateId: aws.String("lt-1"), LaunchTemplateName: aws.String(decide.TemplateName("web")), Tags: tagged("web")},
		{LaunchTemplateId: aws.String("lt-owner"), LaunchTemplateName: aws.String("web"), Tags: tagged("web")},
		{LaunchTemplateId: aws.String("lt-other"), LaunchTemplateName: aws.String(decide.TemplateName("web")), Tags: tagged("other")}}}, nil
}

func tagged(group string) []types.Tag {
	return []types.Tag{{Key: aws.String("autospotting-group"), Value: &group}}
}

// of is an instance with our tags that a fleet launched from that template.
func of(template, id string, more ...types.Tag) types.Instance {
	i := types.Instance{InstanceId: &id, Tags: append(tagged("web"), more...)}
	for key, value := range map[string]string{"autospotting-launch": "n", "aws:ec2:fleet-id": "fleet-1", "aws:ec2launchtemplate:id": template, "aws:ec2launchtemplate:version": "1"} {
		i.Tags = append(i.Tags, types.Tag{Key: &key, Value: &value})
	}
	return i
}

// DescribeInstances gives one instance a page.
func (c *cloud) DescribeInstances(_ context.Context, in *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	at := 0
	if in.NextToken != nil {
		_, _ = fmt.Sscan(*in.NextToken, &at)
	}
	out := &ec2.DescribeInstancesOutput{Reservations: []types.Reservation{{Instances: c.instances[at : at+1]}}}
	if at++; at < len(c.instances) {
		out.NextToken = aws.String(fmt.Sprint(at))
	}
	return out, nil
}

func (s scaling) DescribeAutoScalingGroups(context.Context, *autoscaling.DescribeAutoScalingGroupsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: s.groups}, nil
}

func TestAnInstanceOfOursThatNoGroupHasIsAnOrphan(t *testing.T) {
	t.Parallel()
	c := &cloud{instances: []types.Instance{of("lt-1", "i-member"), of("lt-1", "i-orphan"), of("lt-1", "i-warm", types.Tag{Key: aws.String("aws:autoscaling:groupName"), Value: aws.String("web")}),
		of("lt-before", "i-before"), of("lt-owner", "i-fleet"), {InstanceId: aws.String("i-copied"), Tags: tagged("web")}}}
	g := scaling{groups: []astypes.AutoScalingGroup{{AutoScalingGroupName: aws.String("web"), Instances: []astypes.Instance{{InstanceId: aws.String("i-member")}},
		Tags: []astypes.TagDescription{{Key: aws.String("autospotting:status")}}}, {AutoScalingGroupName: aws.String("other")}}}
	got, err := Estate{EC2: c, AutoScaling: g}.Look(t.Context(), []string{"lt-before"})
	want := Traces{Templates: []string{"lt-1"}, Instances: []string{"i-member", "i-orphan", "i-warm", "i-before"}, Groups: []string{"web"}, Orphans: []string{"i-orphan", "i-before"},
		Unproven: []string{"i-fleet", "i-copied"}}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("found %v (%v), want %v", got, err, want)
	}
}

func TestAnInstanceThatIsGoneKeepsNoOtherFromLosingItsTags(t *testing.T) {
	t.Parallel()
	all := []string{"i-1", "i-2", "i-3"}
	for _, c := range []struct {
		name, gone string
		instances  []string
		want       []string
	}{
		{"none is gone", "", all, all},
		{"one of several is gone", "i-2", all, []string{"i-1", "i-3"}},
		{"the only one is gone", "i-2", []string{"i-2"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := &cloud{gone: c.gone}
			if err := (Estate{EC2: e}).Remove(t.Context(), Traces{Instances: c.instances}); err != nil || !slices.Equal(e.untagged, c.want) {
				t.Errorf("untagged are %v (%v), want %v", e.untagged, err, c.want)
			}
		})
	}
}

func TestTagsThatMayNotBeTakenOffAreAnError(t *testing.T) {
	t.Parallel()
	e := &cloud{gone: "i-2", refused: &smithy.GenericAPIError{Code: "UnauthorizedOperation", Message: "not you"}}
	if err := (Estate{EC2: e}).Remove(t.Context(), Traces{Instances: []string{"i-1", "i-2"}}); err == nil {
		t.Error("nobody said so")
	}
}

func TestWhatTheCoordinatorHasBegunIsInFlightAndALeaseIsNot(t *testing.T) {
	t.Parallel()
	now := map[string]time.Time{"i-1": time.Unix(1, 0)}
	for _, c := range []struct {
		name   string
		record ledger.Record
		want   string
	}{
		{"nothing", ledger.Record{}, ""},
		{"a pair", ledger.Record{Books: books.Edited(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Phase: books.Attached}, {Phase: books.Paying}}
		})}, "2 instances are being replaced"},
		{"an intent", ledger.Record{Intents: make([]ledger.Intent, 1)}, "1 replacements are launched and not in the group yet"},
		{"a stray", ledger.Record{Orphans: now}, "1 instances of ours are in no group and not ended yet"},
		{"a notice", ledger.Record{Notices: map[string]ledger.Notice{"i-1": {}}}, "AWS takes 1 of its instances"},
		{"a host that is drained", ledger.Record{Drains: map[string]ledger.Drain{"i-1": {At: time.Unix(1, 0)}, "i-2": {Over: time.Unix(1, 0), Times: 1}}}, "1 of its ECS hosts are DRAINING by us"},
		{"a host that was passed over", ledger.Record{Drains: map[string]ledger.Drain{"i-2": {Over: time.Unix(1, 0), Times: 1}}}, ""},
		{"a shield", ledger.Record{Shielded: now}, "1 of its instances are protected from scale-in by us"},
		{"a lease", ledger.Record{Books: books.Edited(func(k *books.Stored) { k.Lease = &books.StoredLease{} })}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := InFlight(c.record); got != c.want {
				t.Errorf("it says %q, want %q", got, c.want)
			}
			if open := c.record.Open(); open != (c.want != "" || c.record.Books.Lease().Open()) {
				t.Errorf("the record is open: %t", open)
			}
		})
	}
}
