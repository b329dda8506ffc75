package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/rs/zerolog"

	"autospotting/coordinator/handle"
	"autospotting/coordinator/wire"
)

// sqsAPI is what the commands need of SQS.
type sqsAPI interface {
	handle.SQSAPI
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
}

// realClients uses the SDK's standard configuration. Retries are few and short: a message that fails is looked at
// again, and the SDK's own patience (25 s) would outlast a run's budget.
func (s *options) realClients(ctx context.Context) (wire.Clients, sqsAPI, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(s.region), awsconfig.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, 2*time.Second })
	}))
	if err != nil {
		return wire.Clients{}, nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return wire.Clients{}, nil, fmt.Errorf("%w: no region: give --region or $AWS_REGION", errUsage)
	}
	s.region = cfg.Region
	queues, compute := sqs.NewFromConfig(cfg), ec2.NewFromConfig(cfg)
	return wire.Clients{
		EC2: compute, Inspector: compute, AutoScaling: autoscaling.NewFromConfig(cfg), DynamoDB: dynamodb.NewFromConfig(cfg), SQS: queues,
		TargetGroups: elbv2.NewFromConfig(cfg), Balancers: elb.NewFromConfig(cfg), Stacks: cloudformation.NewFromConfig(cfg),
		Pricing: pricing.NewFromConfig(cfg, func(o *pricing.Options) { o.Region = pricingRegion(cfg.Region) }),
	}, queues, nil
}

// pricingRegion is the nearest of the few regions that have the Pricing API.
func pricingRegion(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "cn-northwest-1"
	case strings.HasPrefix(region, "eu-"):
		return "eu-central-1"
	case strings.HasPrefix(region, "ap-"):
		return "ap-south-1"
	}
	return "us-east-1"
}

func (s *options) realHandler(ctx context.Context) (*handle.Handler, sqsAPI, error) {
	log, err := s.logger()
	if err != nil {
		return nil, nil, err
	}
	c, queues, err := s.realClients(ctx)
	if err != nil {
		return nil, nil, err
	}
	h, err := s.handler(c, time.Now, log)
	return h, queues, err
}

func runLambda(ctx context.Context, args []string, st streams) error {
	if os.Getenv("AUTOSPOTTING_ROLE") == roleUpdater {
		return runUpdater(ctx, st)
	}
	h, _, _, err := servingHandler(ctx, "lambda", args, st)
	if err != nil {
		return err
	}
	lambda.StartWithOptions(h.Invoke, lambda.WithContext(ctx))
	return nil
}

// servingHandler reads the command line of what serves an installation, and puts its handler together.
func servingHandler(ctx context.Context, name string, args []string, st streams) (*handle.Handler, sqsAPI, options, error) {
	var m metricsFlag
	s, err := readSettings(name, args, st, m.flags)
	if err != nil {
		return nil, nil, s, err
	}
	if err := s.installed(); err != nil {
		return nil, nil, s, err
	}
	if s.emf, err = m.writer(st.out); err != nil {
		return nil, nil, s, err
	}
	h, queues, err := s.realHandler(ctx)
	return h, queues, s, err
}

// readSettings parses a command's flags; more adds the command's own.
func readSettings(name string, args []string, st streams, more func(*flag.FlagSet)) (options, error) {
	var s options
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	if err := s.flags(fs, os.Getenv); err != nil {
		return s, err
	}
	if more != nil {
		more(fs)
	}
	return s, parse(fs, args, st)
}

// installed tells whether everything is named that messages come and go through. Without the topics nobody could tell
// what EventBridge says from what anybody in the account says.
func (s options) installed() error {
	for _, f := range []struct{ flag, value string }{
		{"inbox-url", s.inboxURL}, {"work-url", s.workURL}, {"reports-topic", s.reportsTopic}, {"events-topic", s.eventsTopic},
	} {
		if f.value == "" {
			return fmt.Errorf("%w: --%s is needed", errUsage, f.flag)
		}
	}
	if !strings.HasSuffix(s.workURL, ".fifo") {
		return fmt.Errorf("%w: --work-url %q: want a FIFO queue, whose name ends in .fifo", errUsage, s.workURL)
	}
	return nil
}

// workers is how many groups a process reconciles at once; the work queue keeps one group to one of them.
const workers = 4

func runServe(ctx context.Context, args []string, st streams) error {
	h, queues, s, err := servingHandler(ctx, "serve", args, st)
	if err != nil {
		return err
	}
	h.Log.Info().Str("inbox", s.inboxURL).Str("work", s.workURL).Msg("serving")
	serve(ctx, h, queues, s)
	h.Log.Info().Msg("stopped")
	return nil
}

// serve polls both queues until the context ends; what is being handled then is finished.
func serve(ctx context.Context, h *handle.Handler, q sqsAPI, s options) {
	var wg sync.WaitGroup
	start := func(p poller) { wg.Go(func() { p.run(ctx) }) }
	start(poller{q, s.inboxURL, "inbox", 10, h, h.Log})
	for range workers {
		start(poller{q, s.workURL, "work.fifo", 1, h, h.Log})
	}
	wg.Wait()
}

// poller does what Lambda's event source mapping does, for one queue.
type poller struct {
	api   sqsAPI
	url   string
	name  string
	batch int32
	h     *handle.Handler
	log   zerolog.Logger
}

// finish bounds the handling of a batch that was received before the end.
const finish = 25 * time.Second

func (p poller) run(ctx context.Context) {
	pause := time.Second
	for ctx.Err() == nil {
		out, err := p.api.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &p.url, MaxNumberOfMessages: p.batch, WaitTimeSeconds: 20})
		if err != nil {
			if ctx.Err() == nil {
				p.log.Error().Err(err).Str("queue", p.name).Msg("cannot receive: trying again")
				wait(ctx, pause)
				pause = min(2*pause, time.Minute)
			}
			continue
		}
		pause = time.Second
		if len(out.Messages) > 0 {
			p.handle(ctx, out)
		}
	}
}

// handle finishes what was received though the context ends meanwhile: a batch left half-way would wait for its visibility.
func (p poller) handle(ctx context.Context, out *sqs.ReceiveMessageOutput) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finish)
	defer cancel()
	e := events.SQSEvent{}
	for _, m := range out.Messages {
		e.Records = append(e.Records, events.SQSMessage{MessageId: aws.ToString(m.MessageId), Body: aws.ToString(m.Body), EventSourceARN: p.name})
	}
	res, err := p.h.SQS(ctx, e)
	failed := map[string]bool{}
	for _, f := range res.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	for _, m := range out.Messages {
		if err != nil || failed[aws.ToString(m.MessageId)] {
			continue
		}
		if _, err := p.api.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &p.url, ReceiptHandle: m.ReceiptHandle}); err != nil && !errors.Is(err, context.Canceled) {
			p.log.Warn().Err(err).Str("queue", p.name).Msg("handled but not deleted: it comes again, which is harmless")
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
