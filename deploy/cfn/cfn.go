// Package cfn brings a CloudFormation stack to what a template says, and away again. Every change goes through a change set
// that is shown first, and whatever was interrupted is carried on: the stack's own status says where.
package cfn

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// API is what is called of CloudFormation.
type API interface {
	CreateChangeSet(context.Context, *cloudformation.CreateChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.CreateChangeSetOutput, error)
	DescribeChangeSet(context.Context, *cloudformation.DescribeChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeChangeSetOutput, error)
	DeleteChangeSet(context.Context, *cloudformation.DeleteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteChangeSetOutput, error)
	ExecuteChangeSet(context.Context, *cloudformation.ExecuteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.ExecuteChangeSetOutput, error)
	GetTemplate(context.Context, *cloudformation.GetTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error)
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
	DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error)
	DeleteStack(context.Context, *cloudformation.DeleteStackInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteStackOutput, error)
}

var _ API = (*cloudformation.Client)(nil)

// Stack is one stack that is kept by this program.
type Stack struct {
	API  API
	Name string
	// Tell is told what happens, one line each.
	Tell func(format string, args ...any)
	// Pause is the time between two looks.
	Pause time.Duration
}

// State is what there is of a stack.
type State struct {
	Exists     bool
	Status     string
	Reason     string
	Outputs    map[string]string
	Parameters map[string]string
	Tags       map[string]string
}

// Look describes the stack; one that was deleted does not exist.
func (s Stack) Look(ctx context.Context) (State, error) {
	out, err := s.API.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.Name})
	if absent(err) {
		return State{}, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("look at stack %s: %w", s.Name, err)
	}
	for _, d := range out.Stacks {
		if d.StackStatus == types.StackStatusDeleteComplete {
			continue
		}
		return StateOf(d), nil
	}
	return State{}, nil
}

// StateOf reads CloudFormation's description of a stack.
func StateOf(d types.Stack) State {
	st := State{Exists: true, Status: string(d.StackStatus), Reason: aws.ToString(d.StackStatusReason), Outputs: map[string]string{}, Parameters: map[string]string{}, Tags: map[string]string{}}
	for _, o := range d.Outputs {
		st.Outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	for _, p := range d.Parameters {
		st.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	for _, t := range d.Tags {
		st.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return st
}

// absent tells whether CloudFormation says that there is no such stack, which it has no code of its own for.
func absent(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && (strings.Contains(api.ErrorMessage(), "does not exist") || api.ErrorCode() == "ChangeSetNotFound")
}

// moving tells whether CloudFormation works on the stack.
func (s State) moving() bool {
	return s.Exists && strings.HasSuffix(s.Status, "_IN_PROGRESS") && s.Status != string(types.StackStatusReviewInProgress)
}

// settled waits until nobody works on the stack any more, and tells what happens meanwhile.
func (s Stack) settled(ctx context.Context, since time.Time) (State, error) {
	seen := map[string]bool{}
	for {
		st, err := s.Look(ctx)
		if err != nil {
			return st, err
		}
		s.news(ctx, since, seen)
		if !st.moving() {
			return st, nil
		}
		if err := Pause(ctx, s.Pause); err != nil {
			return st, fmt.Errorf("stack %s is still %s, and goes on without us: run the same again to follow it: %w", s.Name, st.Status, err)
		}
	}
}

// Pause waits so long, or until the context ends, with its error.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
