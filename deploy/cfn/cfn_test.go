package cfn

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// fake is one stack of CloudFormation. Its states follow one another at each look; what is asked is written down.
type fake struct {
	states  []string // "" is no stack
	events  []types.StackEvent
	failed  string // why a change set fails
	changes int
	asked   []string
	holds   string // what the template of a change set is
	unread  error  // why that cannot be read
}

func (f *fake) GetTemplate(_ context.Context, in *cloudformation.GetTemplateInput, _ ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error) {
	f.note("read back " + aws.ToString(in.ChangeSetName))
	if f.unread != nil {
		return nil, f.unread
	}
	return &cloudformation.GetTemplateOutput{TemplateBody: &f.holds}, nil
}

func (f *fake) note(what string) { f.asked = append(f.asked, what) }

func (f *fake) DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	now := f.states[0]
	if len(f.states) > 1 {
		f.states = f.states[1:]
	}
	if now == "" {
		return nil, &smithy.GenericAPIError{Code: "ValidationError", Message: "Stack with id x does not exist"}
	}
	return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{{StackName: aws.String("x"), StackStatus: types.StackStatus(now), StackStatusReason: aws.String("for a reason"),
		Parameters: []types.Parameter{{ParameterKey: aws.String("Old"), ParameterValue: aws.String("1")}, {ParameterKey: aws.String("Gone"), ParameterValue: aws.String("2")}}}}}, nil
}

func (f *fake) CreateChangeSet(_ context.Context, in *cloudformation.CreateChangeSetInput, _ ...func(*cloudformation.Options)) (*cloudformation.CreateChangeSetOutput, error) {
	what := "propose " + string(in.ChangeSetType)
	for _, p := range in.Parameters {
		what += " " + aws.ToString(p.ParameterKey) + "=" + aws.ToString(p.ParameterValue)
	}
	f.note(what)
	return &cloudformation.CreateChangeSetOutput{Id: aws.String("set")}, nil
}

func (f *fake) DescribeChangeSet(context.Context, *cloudformation.DescribeChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeChangeSetOutput, error) {
	out := &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusCreateComplete}
	if f.failed != "" {
		out.Status, out.StatusReason = types.ChangeSetStatusFailed, &f.failed
	}
	for n := range f.changes {
		out.Changes = append(out.Changes, types.Change{ResourceChange: &types.ResourceChange{Action: types.ChangeActionAdd, LogicalResourceId: aws.String(fmt.Sprint("R", n))}})
	}
	return out, nil
}

func (f *fake) DeleteChangeSet(_ context.Context, in *cloudformation.DeleteChangeSetInput, _ ...func(*cloudformation.Options)) (*cloudformation.DeleteChangeSetOutput, error) {
	f.note("withdraw " + aws.ToString(in.ChangeSetName))
	return &cloudformation.DeleteChangeSetOutput{}, nil
}

func (f *fake) ExecuteChangeSet(context.Context, *cloudformation.ExecuteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.ExecuteChangeSetOutput, error) {
	f.note("execute")
	return &cloudformation.ExecuteChangeSetOutput{}, nil
}

func (f *fake) DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error) {
	return &cloudformation.DescribeStackEventsOutput{StackEvents: f.events}, nil
}

func (f *fake) DeleteStack(context.Context, *cloudformation.DeleteStackInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteStackOutput, error) {
	f.note("remove")
	return &cloudformation.DeleteStackOutput{}, nil
}

// event is one of a stack's history.
func event(id, resource, status, why string) types.StackEvent {
	return types.StackEvent{EventId: &id, LogicalResourceId: &resource, ResourceType: aws.String("AWS::Thing"), ResourceStatus: types.ResourceStatus(status),
		ResourceStatusReason: &why, Timestamp: aws.Time(time.Now().Add(time.Minute))}
}

func TestAStackIsBroughtToWhatIsWantedWhateverItsStateIs(t *testing.T) {
	t.Parallel()
	newest := []types.StackEvent{ // CloudFormation gives the newest first
		event("5", "x", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [B, A]."),
		event("4", "B", "CREATE_FAILED", "Resource creation cancelled"), event("3", "A", "CREATE_FAILED", "the table exists"), event("2", "A", "CREATE_IN_PROGRESS", ""),
	}
	for _, c := range []struct {
		name   string
		fake   fake
		agree  bool
		asked  string
		says   string // the error; empty if there is none
		is     error
		states []string
		// removes says that the stack's removal is asked for before anything else.
		removes bool
	}{
		{name: "there is none", states: []string{"", "CREATE_COMPLETE"}, agree: true, asked: "propose CREATE New=3; execute"},
		{name: "there is one: what it has is kept, but for what the template does not know any more", states: []string{"CREATE_COMPLETE", "UPDATE_COMPLETE"}, agree: true,
			asked: "propose UPDATE New=3 Old=; execute"},
		{name: "nothing would change", states: []string{"CREATE_COMPLETE"}, agree: true, fake: fake{failed: "The submitted information didn't contain changes. Submit different information to create a change set."},
			asked: "propose UPDATE New=3 Old=; withdraw set"},
		{name: "the change cannot be made", states: []string{"CREATE_COMPLETE"}, agree: true, fake: fake{failed: "Template format error"},
			asked: "propose UPDATE New=3 Old=; withdraw set", says: "cannot be changed so: Template format error"},
		{name: "the change is declined", states: []string{"CREATE_COMPLETE"}, asked: "propose UPDATE New=3 Old=; withdraw set", says: "declined", is: ErrDeclined},
		{name: "a new stack is declined: not even its shell is left", states: []string{"", "REVIEW_IN_PROGRESS", "REVIEW_IN_PROGRESS", ""}, asked: "propose CREATE New=3; withdraw set; remove", says: "declined", is: ErrDeclined},
		{name: "a new stack is declined that somebody else installed meanwhile: it stays", states: []string{"", "CREATE_COMPLETE"}, asked: "propose CREATE New=3; withdraw set", says: "declined", is: ErrDeclined},
		{name: "somebody else's change is under way", states: []string{"UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}, agree: true, asked: "propose UPDATE New=3 Old=; execute"},
		{name: "it was rolled back: removed, and made anew", states: []string{"ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "", "CREATE_COMPLETE"}, agree: true, removes: true, asked: "remove; propose CREATE New=3; execute"},
		{name: "it was rolled back, and its removal is declined: it stays", states: []string{"ROLLBACK_COMPLETE"}, removes: true, says: "declined", is: ErrDeclined},
		{name: "only proposed by a run that was interrupted", states: []string{"REVIEW_IN_PROGRESS", "REVIEW_IN_PROGRESS", "", "CREATE_COMPLETE"}, agree: true, removes: true, asked: "remove; propose CREATE New=3; execute"},
		{name: "only proposed by a colleague, whose answer is waited for: it stays", states: []string{"REVIEW_IN_PROGRESS"}, removes: true, says: "declined", is: ErrDeclined},
		{name: "its removal failed: that is finished first", states: []string{"DELETE_FAILED"}, agree: true, says: "finish it with spotctl down"},
		{name: "it cannot be rolled back", states: []string{"UPDATE_ROLLBACK_FAILED"}, agree: true, says: "continue-update-rollback"},
		{name: "it fails: the first cause is told, not its echoes", states: []string{"", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"}, agree: true, fake: fake{events: newest},
			asked: "propose CREATE New=3; execute", says: "ROLLBACK_COMPLETE. The first cause: A (AWS::Thing): the table exists"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := c.fake
			f.states, f.changes = c.states, 2
			s := Stack{API: &f, Name: "x", Tell: func(string, ...any) {}, Pause: time.Millisecond}
			_, err := s.Up(t.Context(), Wanted{Template: "{}", Parameters: map[string]string{"New": "3"}, Known: []string{"New", "Old"}}, func(changes []Change) (bool, error) {
				if c.removes {
					c.removes = false
					if fmt.Sprint(changes) != "[{Remove AWS::CloudFormation::Stack x }]" {
						t.Errorf("asked about %v", changes)
					}
				} else if len(changes) != 2 {
					t.Errorf("asked about %v", changes)
				}
				return c.agree, nil
			})
			if got := strings.Join(f.asked, "; "); got != c.asked {
				t.Errorf("asked %s, want %s", got, c.asked)
			}
			if c.removes {
				t.Error("the removal was not asked for")
			}
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %v, want %q", err, c.says)
			}
		})
	}
}

func TestATemplateByItsAddressIsReadBackBeforeAnybodyIsAsked(t *testing.T) {
	t.Parallel()
	denied := &smithy.GenericAPIError{Code: "AccessDenied"}
	for _, c := range []struct {
		name, holds, asked, says string
		unread, is               error
	}{
		{name: "it is the one that was meant", holds: "{a: 1}\n", asked: "propose CREATE; read back set; execute"},
		{name: "its lines end otherwise", holds: "{a: 1}\r\n", asked: "propose CREATE; read back set; execute"},
		{name: "somebody put another in its place", holds: "{a: 2}\n", asked: "propose CREATE; read back set; withdraw set; remove",
			says: "not the one that was put there: https://b/t.yaml: find out who can write", is: ErrExchanged},
		{name: "it cannot be read", holds: "{a: 1}\n", unread: denied, asked: "propose CREATE; read back set; withdraw set; remove",
			says: "read back the template of the change set of stack x", is: denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := fake{states: []string{"", "REVIEW_IN_PROGRESS", "REVIEW_IN_PROGRESS", ""}, changes: 1, holds: c.holds, unread: c.unread}
			if c.says == "" {
				f.states = []string{"", "CREATE_COMPLETE"}
			}
			s := Stack{API: &f, Name: "x", Tell: func(string, ...any) {}, Pause: time.Millisecond}
			_, err := s.Up(t.Context(), Wanted{Template: "{a: 1}\n", TemplateURL: "https://b/t.yaml"}, func([]Change) (bool, error) { return true, nil })
			if got := strings.Join(f.asked, "; "); got != c.asked {
				t.Errorf("asked %s, want %s", got, c.asked)
			}
			if (err == nil) != (c.says == "") || err != nil && (!errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("error %v, want %q", err, c.says)
			}
		})
	}
}

func TestAStackThatCannotBeRemovedSaysWhy(t *testing.T) {
	t.Parallel()
	f := fake{states: []string{"CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED"}, events: []types.StackEvent{event("1", "Bucket", "DELETE_FAILED", "the bucket is not empty")}}
	var told []string
	s := Stack{API: &f, Name: "x", Tell: func(format string, a ...any) { told = append(told, fmt.Sprintf(format, a...)) }, Pause: time.Millisecond}
	if err := s.Down(t.Context()); err == nil || !strings.Contains(err.Error(), "Bucket (AWS::Thing): the bucket is not empty") {
		t.Errorf("%v", err)
	}
	if len(told) != 1 {
		t.Errorf("an event is told once; told were %q", told)
	}
}

func TestAStackKeepsTheTagsThatItIsNotToldOf(t *testing.T) {
	t.Parallel()
	var got []string
	for _, one := range tags(map[string]string{"CostCenter": "42", "owner": "A", "aws:cloudformation:stack-name": "x"}, map[string]string{"CostCenter": "43", "application": "autospotting"}) {
		got = append(got, aws.ToString(one.Key)+"="+aws.ToString(one.Value))
	}
	if want := "CostCenter=43 application=autospotting owner=A"; strings.Join(got, " ") != want {
		t.Errorf("it is tagged %v, want %s", got, want)
	}
	if len(tags(nil, nil)) != 0 {
		t.Error("none become some")
	}
	st := StateOf(types.Stack{Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	if st.Tags["a"] != "b" {
		t.Errorf("its tags are not read: %v", st.Tags)
	}
}
