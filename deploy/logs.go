package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"autospotting/pkg/cli"
)

// line is one of the function's log.
type line struct {
	Region  string    `json:"region"`
	Time    time.Time `json:"time"`
	Message string    `json:"message"`
}

func runLogs(ctx context.Context, o *options, st cli.Streams) error {
	if o.follow && o.format == "json" {
		return fmt.Errorf("%w: --follow never ends, and --format json is one document: the lines of the log are JSON already", cli.ErrUsage)
	}
	docs, several := []line{}, len(o.regions) > 1
	err := o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		if o.follow && several {
			return fmt.Errorf("%w: --follow takes one region", cli.ErrUsage)
		}
		main, err := s.main().Look(ctx)
		if err != nil {
			return err
		}
		group := main.Outputs["LogGroupName"]
		if group == "" {
			return fmt.Errorf("stack %s is not installed", s.stack)
		}
		n := 0
		err = s.tail(ctx, group, func(l line) {
			n++
			if o.format == "json" {
				docs = append(docs, l)
				return
			}
			fmt.Fprintln(st.Out, s.prefix+l.Message)
		})
		if n == 0 && err == nil {
			s.tell("the function wrote nothing in the last %s", o.since)
		}
		return err
	})
	return errors.Join(err, o.finish(st, docs, func() {}))
}

// tail reads what is logged, oldest first, and goes on where it is asked to.
func (s *site) tail(ctx context.Context, group string, read func(line)) error {
	from, seen := time.Now().Add(-s.since).UnixMilli(), map[string]bool{}
	for {
		in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: &from}
		for {
			page, err := s.logs.FilterLogEvents(ctx, in)
			if err != nil {
				return fmt.Errorf("read the log %s: %w", group, err)
			}
			for _, e := range page.Events {
				if seen[aws.ToString(e.EventId)] {
					continue
				}
				seen[aws.ToString(e.EventId)] = true
				from = max(from, aws.ToInt64(e.Timestamp))
				read(line{s.region, time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), strings.TrimRight(aws.ToString(e.Message), "\n")})
			}
			if in.NextToken = page.NextToken; in.NextToken == nil {
				break
			}
		}
		if !s.follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.pause):
		}
	}
}
