package cfn

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Wanted is what a stack shall be.
type Wanted struct {
	Template    string // its text, which goes into the request, or
	TemplateURL string // stands in S3 at this address
	// Parameters that are not named keep what the stack has, or their default.
	Parameters map[string]string
	// Known are the parameters of the template: what the stack has of them is kept.
	Known []string
	// Tags are put on the stack and on all that it makes, beside those that it has: a stack that is told of tags loses all others.
	Tags map[string]string
}

// Change is one line of a change set.
type Change struct {
	Action      string `json:"action"` // Add, Modify, Remove
	Type        string `json:"type"`
	Name        string `json:"name"`
	Replacement string `json:"replacement,omitempty"` // True, False or Conditional
}

// ErrDeclined says that whoever was asked did not want the change.
var ErrDeclined = errors.New("not done: it was declined")

// own begins the names of our change sets. Those that an interrupted run left are removed by CloudFormation with the next that is
// executed.
const own = "autospotting-deploy-"

// Up brings the stack there. Agree is asked with the changes before they are made, and before that with the removal of the stack where
// it can only be made anew; false, or an error, leaves all as it was.
func (s Stack) Up(ctx context.Context, w Wanted, agree func([]Change) (bool, error)) (State, error) {
	st, err := s.ready(ctx, agree)
	if err != nil {
		return st, err
	}
	id, changes, err := s.propose(ctx, st, w)
	if err != nil {
		return st, err
	}
	if id == "" {
		s.Tell("stack %s is up to date", s.Name)
		return st, nil
	}
	ok, err := agree(changes)
	if err != nil || !ok {
		return st, errors.Join(err, s.withdraw(ctx, st, id), declined(ok, err))
	}
	since := time.Now().Add(-clockSkew)
	if _, err := s.API.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: &id, StackName: &s.Name}); err != nil {
		return st, fmt.Errorf("change stack %s: %w", s.Name, err)
	}
	return s.follow(ctx, since)
}

// clockSkew is how far our clock may be ahead of AWS's before events of our own are taken for older ones.
const clockSkew = 5 * time.Second

func declined(ok bool, err error) error {
	if ok || err != nil {
		return nil
	}
	return ErrDeclined
}

func (s Stack) follow(ctx context.Context, since time.Time) (State, error) {
	st, err := s.settled(ctx, since)
	if err != nil {
		return st, err
	}
	switch types.StackStatus(st.Status) {
	case types.StackStatusCreateComplete, types.StackStatusUpdateComplete:
		return st, nil
	}
	return st, fmt.Errorf("stack %s is %s. The first cause: %s", s.Name, st.Status, s.FirstCause(ctx, since))
}

// ready waits for whatever is under way, and removes a stack that can only be made anew.
func (s Stack) ready(ctx context.Context, agree func([]Change) (bool, error)) (State, error) {
	st, err := s.Look(ctx)
	if err != nil {
		return st, err
	}
	if st.moving() {
		s.Tell("stack %s is %s, since before: waiting for it", s.Name, st.Status)
		if st, err = s.settled(ctx, time.Now()); err != nil {
			return st, err
		}
	}
	switch types.StackStatus(st.Status) {
	case types.StackStatusDeleteFailed:
		return st, fmt.Errorf("stack %s is %s (%s): its removal was begun: finish it with spotctl down, then run this again", s.Name, st.Status, st.Reason)
	case types.StackStatusUpdateRollbackFailed:
		return st, fmt.Errorf("stack %s is %s (%s): mend the cause, then aws cloudformation continue-update-rollback --stack-name %s", s.Name, st.Status, st.Reason, s.Name)
	case types.StackStatusReviewInProgress:
		s.Tell("stack %s is %s: a run was interrupted, or somebody is at its question just now", s.Name, st.Status)
	case types.StackStatusRollbackComplete, types.StackStatusRollbackFailed, types.StackStatusCreateFailed:
		s.Tell("stack %s is %s and can only be removed, and made anew", s.Name, st.Status)
	default:
		return st, nil
	}
	ok, err := agree([]Change{{Action: string(types.ChangeActionRemove), Type: "AWS::CloudFormation::Stack", Name: s.Name}})
	if err != nil || !ok {
		return st, errors.Join(err, declined(ok, err))
	}
	if err := s.Down(ctx); err != nil {
		return st, err
	}
	return State{}, nil
}

// propose makes a change set and waits until CloudFormation has worked it out; no id means that nothing would change.
func (s Stack) propose(ctx context.Context, st State, w Wanted) (id string, changes []Change, err error) {
	kind := types.ChangeSetTypeUpdate
	if !st.Exists {
		kind = types.ChangeSetTypeCreate
	}
	in := &cloudformation.CreateChangeSetInput{StackName: &s.Name, ChangeSetName: aws.String(own + strings.ToLower(rand.Text()[:12])), ChangeSetType: kind,
		Parameters: parameters(w, st, kind), Tags: tags(st.Tags, w.Tags),
		Capabilities: []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityNamedIam}} // named: roles with a prefix
	if w.TemplateURL != "" {
		in.TemplateURL = &w.TemplateURL
	} else {
		in.TemplateBody = &w.Template
	}
	made, err := s.API.CreateChangeSet(ctx, in)
	if err != nil {
		return "", nil, fmt.Errorf("propose a change of stack %s: %w", s.Name, err)
	}
	id = aws.ToString(made.Id)
	for {
		out, err := s.API.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &id, StackName: &s.Name})
		if err != nil {
			return "", nil, fmt.Errorf("read the change set of stack %s: %w", s.Name, err)
		}
		switch out.Status {
		case types.ChangeSetStatusCreateComplete:
			if err := s.verify(ctx, id, w); err != nil {
				return "", nil, errors.Join(err, s.withdraw(ctx, st, id))
			}
			changes, err = s.changes(ctx, id, out)
			return id, changes, err
		case types.ChangeSetStatusFailed:
			why := aws.ToString(out.StatusReason)
			if err := s.withdraw(ctx, st, id); err != nil {
				return "", nil, err
			}
			if nothing(why) {
				return "", nil, nil
			}
			return "", nil, fmt.Errorf("stack %s cannot be changed so: %s", s.Name, why)
		}
		if err := Pause(ctx, s.Pause); err != nil {
			return "", nil, err
		}
	}
}

// verify holds what CloudFormation read against what was meant. Whoever can write to a bucket could otherwise have the installer make
// anything, roles too. GetTemplate gives the template of a change set as it was submitted (CloudFormation API reference).
func (s Stack) verify(ctx context.Context, id string, w Wanted) error {
	if w.TemplateURL == "" {
		return nil
	}
	out, err := s.API.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &s.Name, ChangeSetName: &id, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return fmt.Errorf("read back the template of the change set of stack %s: %w", s.Name, err)
	}
	if lines(aws.ToString(out.TemplateBody)) != lines(w.Template) {
		return fmt.Errorf("stack %s: %w: %s: find out who can write to the bucket, remove the object, and run this again", s.Name, ErrExchanged, w.TemplateURL)
	}
	return nil
}

// ErrExchanged says that CloudFormation read another template than was meant.
var ErrExchanged = errors.New("the template in the bucket is not the one that was put there")

// lines is a text whatever ends its lines, and itself.
func lines(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// nothing tells whether a change set failed because it would change nothing, which has no status of its own.
func nothing(why string) bool {
	return strings.Contains(why, "didn't contain changes") || strings.Contains(why, "No updates are to be performed")
}

func (s Stack) changes(ctx context.Context, id string, first *cloudformation.DescribeChangeSetOutput) (out []Change, err error) {
	for page := first; ; {
		for _, c := range page.Changes {
			if r := c.ResourceChange; r != nil {
				out = append(out, Change{string(r.Action), aws.ToString(r.ResourceType), aws.ToString(r.LogicalResourceId), string(r.Replacement)})
			}
		}
		if page.NextToken == nil {
			return out, nil
		}
		if page, err = s.API.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &id, StackName: &s.Name, NextToken: page.NextToken}); err != nil {
			return nil, fmt.Errorf("read the change set of stack %s: %w", s.Name, err)
		}
	}
}

// withdraw takes a change set back, and the empty stack that one for a new stack makes; not what somebody else made of it meanwhile.
func (s Stack) withdraw(ctx context.Context, before State, id string) error {
	if _, err := s.API.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &id, StackName: &s.Name}); err != nil && !absent(err) {
		return fmt.Errorf("take back the change set of stack %s: %w", s.Name, err)
	}
	if before.Exists {
		return nil
	}
	now, err := s.Look(ctx)
	if err != nil || now.Status != string(types.StackStatusReviewInProgress) {
		return err
	}
	return s.Down(ctx)
}

// parameters keeps what the stack has where nothing else is said, unless the template does not know it any more.
func parameters(w Wanted, st State, kind types.ChangeSetType) (out []types.Parameter) {
	for _, name := range slices.Sorted(maps.Keys(w.Parameters)) {
		out = append(out, types.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(w.Parameters[name])})
	}
	if kind == types.ChangeSetTypeCreate {
		return out
	}
	for _, name := range w.Known {
		_, said := w.Parameters[name]
		if _, has := st.Parameters[name]; has && !said {
			out = append(out, types.Parameter{ParameterKey: aws.String(name), UsePreviousValue: aws.Bool(true)})
		}
	}
	return out
}

// tags leaves out what only AWS sets.
func tags(has, wanted map[string]string) (out []types.Tag) {
	m := maps.Clone(has)
	if m == nil {
		m = map[string]string{}
	}
	maps.Copy(m, wanted)
	maps.DeleteFunc(m, func(k, _ string) bool { return strings.HasPrefix(k, "aws:") })
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(m[k])})
	}
	return out
}

// Down removes the stack and waits until it is gone. A stack that is not there is as good as removed.
func (s Stack) Down(ctx context.Context) error {
	st, err := s.Look(ctx)
	if err != nil || !st.Exists {
		return err
	}
	if st.moving() && st.Status != string(types.StackStatusDeleteInProgress) {
		s.Tell("stack %s is %s: waiting for it", s.Name, st.Status)
		if _, err := s.settled(ctx, time.Now()); err != nil {
			return err
		}
	}
	since := time.Now().Add(-clockSkew)
	if _, err := s.API.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &s.Name}); err != nil {
		return fmt.Errorf("remove stack %s: %w", s.Name, err)
	}
	st, err = s.settled(ctx, since)
	if err != nil {
		return err
	}
	if st.Exists {
		return fmt.Errorf("stack %s is %s. The first cause: %s", s.Name, st.Status, s.FirstCause(ctx, since))
	}
	return nil
}
