package cfn

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// maxPages bounds the reading of a stack's history: 100 events a page.
const maxPages = 20

// events lists what happened since then, oldest first. CloudFormation gives the newest first.
func (s Stack) events(ctx context.Context, since time.Time) ([]types.StackEvent, error) {
	var out []types.StackEvent
	in := &cloudformation.DescribeStackEventsInput{StackName: &s.Name}
	for range maxPages {
		page, err := s.API.DescribeStackEvents(ctx, in)
		if absent(err) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the events of stack %s: %w", s.Name, err)
		}
		for _, e := range page.StackEvents {
			if aws.ToTime(e.Timestamp).Before(since) {
				slices.Reverse(out)
				return out, nil
			}
			out = append(out, e)
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	slices.Reverse(out)
	return out, nil
}

// news tells the events that were not told yet. That they cannot be read is no reason to stop following the stack.
func (s Stack) news(ctx context.Context, since time.Time, seen map[string]bool) {
	events, err := s.events(ctx, since)
	if err != nil {
		return
	}
	for _, e := range events {
		if seen[aws.ToString(e.EventId)] {
			continue
		}
		seen[aws.ToString(e.EventId)] = true
		line := fmt.Sprintf("%s  %-28s %-32s %s", aws.ToTime(e.Timestamp).Format("15:04:05"), e.ResourceStatus, aws.ToString(e.ResourceType), aws.ToString(e.LogicalResourceId))
		if why := aws.ToString(e.ResourceStatusReason); why != "" {
			line += ": " + why
		}
		s.Tell("%s", line)
	}
}

// FirstCause is why it failed: the first resource that did, not those that were given up because of it.
func (s Stack) FirstCause(ctx context.Context, since time.Time) string {
	events, err := s.events(ctx, since)
	if err != nil {
		return err.Error()
	}
	for _, e := range events {
		why := aws.ToString(e.ResourceStatusReason)
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") && !echo(why) {
			return fmt.Sprintf("%s (%s): %s", aws.ToString(e.LogicalResourceId), aws.ToString(e.ResourceType), why)
		}
	}
	return "no event says why"
}

// echo tells whether a resource only failed because another had.
func echo(why string) bool {
	return strings.HasPrefix(why, "Resource creation cancelled") || strings.HasPrefix(why, "Resource update cancelled") ||
		strings.HasPrefix(why, "The following resource(s) failed")
}
