package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"autospotting/coordinator/update"
	"autospotting/deploy/cfn"
)

const (
	// switchTime bounds the waiting for Lambda to be done with an event source mapping: it takes about a minute.
	switchTime = 5 * time.Minute
	// lastWords is how long a command may still work after ^C, to leave the function hearing.
	lastWords = 2 * time.Minute
)

// mappings are the event source mappings by which the function hears.
func (s *site) mappings(ctx context.Context, main cfn.State) (out []lambdatypes.EventSourceMappingConfiguration, err error) {
	names := []string{main.Outputs["FunctionName"]}
	if main.Parameters["UpdateChannel"] != "" { // then messages come through its alias
		names = append(names, main.Outputs["FunctionArn"]+":"+update.Alias)
	}
	for _, name := range names {
		page, err := s.lambda.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: &name})
		if absent(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look at what the function listens to: %w", err)
		}
		out = append(out, page.EventSourceMappings...)
	}
	return out, nil
}

// listen switches the function's event source mappings that are not so yet, and tells how many these were.
func (s *site) listen(ctx context.Context, main cfn.State, on bool) (switched int, err error) {
	all, err := s.mappings(ctx, main)
	if err != nil {
		return 0, err
	}
	for _, m := range all {
		if switchedAs(m, on) {
			continue
		}
		if err := s.listenTo(ctx, aws.ToString(m.UUID), on); err != nil {
			return switched, fmt.Errorf("switch what the function listens to: %w", err)
		}
		switched++
	}
	return switched, nil
}

// switchedAs tells whether the mapping is on, or off, or about to be.
func switchedAs(m lambdatypes.EventSourceMappingConfiguration, on bool) bool {
	switch aws.ToString(m.State) {
	case "Creating", "Enabling", "Enabled":
		return on
	case "Disabling", "Disabled":
		return !on
	}
	return false
}

// listenTo switches one mapping, once Lambda is done with the last change of it.
func (s *site) listenTo(ctx context.Context, id string, on bool) error {
	for range s.looks() {
		_, err := s.lambda.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: &id, Enabled: &on})
		if code(err) != "ResourceInUseException" {
			if absent(err) {
				return nil
			}
			return err
		}
		if err := cfn.Pause(ctx, s.pause); err != nil {
			return err
		}
	}
	return fmt.Errorf("event source mapping %s is being changed all the time: run the same again", id)
}

// looks is how often, --poll apart, one looks at what takes no longer than switchTime.
func (s *site) looks() int { return int(switchTime/s.pause) + 1 }

// still waits until the function takes nothing any more, and what it had taken is over: Lambda is not done with a mapping when it
// answers, and nothing tells of an invocation that is under way.
func (s *site) still(ctx context.Context, main cfn.State) error {
	name := main.Outputs["FunctionName"]
	if err := s.deaf(ctx, main); err != nil {
		return err
	}
	out, err := s.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if absent(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look how long the function may work: %w", err)
	}
	over := time.Duration(aws.ToInt32(out.Timeout)) * time.Second
	s.tell("the function takes no more messages; what it had begun is over in %s", over)
	return s.wait(ctx, over)
}

// deaf waits until every mapping is off.
func (s *site) deaf(ctx context.Context, main cfn.State) error {
	for range s.looks() {
		all, err := s.mappings(ctx, main)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(m lambdatypes.EventSourceMappingConfiguration) bool { return aws.ToString(m.State) != "Disabled" }) {
			return nil
		}
		if err := cfn.Pause(ctx, s.pause); err != nil {
			return err
		}
	}
	return errors.New("Lambda does not stop listening for the function: run the same again")
}

// resume lets the function hear again where its stack still stands, also after ^C.
func (s *site) resume(ctx context.Context, main cfn.State) error {
	if main.Outputs["FunctionName"] == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	now, err := s.main().Look(ctx)
	if err != nil {
		return err
	}
	switch types.StackStatus(now.Status) {
	case "", types.StackStatusDeleteInProgress, types.StackStatusDeleteFailed: // what is half gone only down can help
		return nil
	}
	return s.hear(ctx, main)
}

// hear lets the function take messages where a removal that was broken off had stopped it.
func (s *site) hear(ctx context.Context, main cfn.State) error {
	if main.Outputs["FunctionName"] == "" {
		return nil
	}
	switched, err := s.listen(ctx, main, true)
	if err != nil {
		return fmt.Errorf("the function may not listen to its queues any more: run spotctl up: %w", err)
	}
	if switched > 0 {
		s.tell("the function listens again")
	}
	return nil
}
