package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"autospotting/coordinator/act"
	"autospotting/coordinator/handle"
	"autospotting/deploy/cfn"
	"autospotting/deploy/letters"
	"autospotting/pkg/cli"
)

func runDeadLetters(ctx context.Context, o *options, st cli.Streams) error {
	if len(o.regions) > 1 {
		return fmt.Errorf("%w: dead-letters takes one region", cli.ErrUsage)
	}
	doc := struct {
		Messages []letters.Letter `json:"messages"`
	}{[]letters.Letter{}}
	err := o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		main, err := s.main().Look(ctx)
		if err != nil {
			return err
		}
		if !main.Exists {
			if main.Outputs, err = s.terraformed(ctx); err != nil {
				return err
			}
		}
		r := s.letterReader(main)
		for _, q := range deadLetters(main) {
			found, err := r.Read(ctx, q)
			doc.Messages = append(doc.Messages, found...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, o.finish(st, doc, func() {
		if len(doc.Messages) == 0 && err == nil {
			fmt.Fprintln(st.Err, "no dead letters")
		}
		for _, l := range doc.Messages {
			fmt.Fprintf(st.Out, "%s  %s, group %s, %s old\n  %s\n", l.ID, graphic(l.Kind), graphic(l.Group), time.Duration(l.Age)*time.Second, graphic(l.Action))
		}
	}))
}

// graphic keeps what a stranger wrote from steering the terminal.
func graphic(text string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsGraphic(c) {
			return '?'
		}
		return c
	}, text)
}

// terraformed gives the outputs that a stack would have, of an installation by Terraform with the name of the stack: what its function is told, and
// the names that the module gives to the dead-letter queues.
func (s *site) terraformed(ctx context.Context) (map[string]string, error) {
	out, err := s.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &s.stack})
	if err != nil && !absent(err) {
		return nil, fmt.Errorf("look for an installation by Terraform: %w", err)
	}
	if err != nil || out.Environment == nil || out.Environment.Variables["AUTOSPOTTING_WORK_URL"] == "" {
		return nil, fmt.Errorf("stack %[1]s is not installed in %[2]s, nor a function %[1]s of Terraform's: name it with --stack-name", s.stack, s.region)
	}
	v := out.Environment.Variables
	inbox, work := v["AUTOSPOTTING_INBOX_URL"], v["AUTOSPOTTING_WORK_URL"]
	return map[string]string{"InboxURL": inbox, "InboxDeadLettersURL": inbox + "-dead-letters", "WorkURL": work, "WorkDeadLettersURL": strings.TrimSuffix(work, ".fifo") + "-dead-letters.fifo",
		"ReportsTopicArn": v["AUTOSPOTTING_REPORTS_TOPIC"], "EventsTopicArn": v["AUTOSPOTTING_EVENTS_TOPIC"], tickTopic: v["AUTOSPOTTING_TICK_TOPIC"]}, nil
}

const tickTopic = "TickTopicArn" // a parameter of the stack

// deadLetters are the two queues of an installation.
func deadLetters(main cfn.State) []letters.Queue {
	out := main.Outputs
	return []letters.Queue{{Dead: out["InboxDeadLettersURL"], Source: out["InboxURL"]}, {Dead: out["WorkDeadLettersURL"], Source: out["WorkURL"], Work: true}}
}

func (s *site) letterReader(main cfn.State) letters.Reader {
	return letters.Reader{
		SQS: s.sqs, Redrive: s.redrive, Now: time.Now, Tell: s.tell,
		Topics:    handle.Topics{Reports: main.Outputs["ReportsTopicArn"], Events: main.Outputs["EventsTopicArn"], Ticks: cmp.Or(main.Parameters[tickTopic], main.Outputs[tickTopic])},
		Instances: instances{act.New(act.Config{EC2: s.ec2, AutoScaling: s.scaling, Region: s.region, Now: time.Now}), s.ec2},
	}
}

// instances are asked as the coordinator asks.
type instances struct {
	*act.Actor
	ec2 *ec2.Client
}

// Live names those that are pending or running. As a filter, not as ids: one unknown id would fail the whole call.
func (i instances) Live(ctx context.Context, ids []string) (map[string]bool, error) {
	live := map[string]bool{}
	pages := ec2.NewDescribeInstancesPaginator(i.ec2, &ec2.DescribeInstancesInput{Filters: []types.Filter{
		{Name: aws.String("instance-id"), Values: ids}, {Name: aws.String("instance-state-name"), Values: []string{"pending", "running"}}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Reservations {
			for _, one := range r.Instances {
				live[aws.ToString(one.InstanceId)] = true
			}
		}
	}
	return live, nil
}
