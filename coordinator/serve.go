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
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/rs/zerolog"

	"autospotting/coordinator/config"
	"autospotting/coordinator/handle"
	"autospotting/pkg/cli"
)

// sqsAPI is what the commands need of SQS.
type sqsAPI interface {
	handle.SQSAPI
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
}

// serving is the command line of what serves an installation.
type serving struct {
	config.Options
	metrics metricsFlag
}

func newServing() *serving { return &serving{Options: config.Options{Version: cli.Version(version)}} }

func (s *serving) flags(fs *flag.FlagSet) error {
	s.metrics.flags(fs)
	return s.Flags(fs, os.Getenv)
}

// handler puts what serves an installation together.
func (s *serving) handler(ctx context.Context, st cli.Streams) (*handle.Handler, sqsAPI, error) {
	if err := s.installed(); err != nil {
		return nil, nil, err
	}
	var err error
	if s.Metrics, err = s.metrics.writer(st.Out); err != nil {
		return nil, nil, err
	}
	return realHandler(ctx, &s.Options)
}

// realHandler is the coordinator on AWS.
func realHandler(ctx context.Context, o *config.Options) (*handle.Handler, sqsAPI, error) {
	log, err := o.Logger()
	if err != nil {
		return nil, nil, err
	}
	c, queues, err := o.Clients(ctx)
	if err != nil {
		return nil, nil, err
	}
	h, err := o.Handler(c, time.Now, log)
	return h, queues, err
}

func lambdaCommand() cli.Command {
	s := newServing()
	return cli.Command{Name: "lambda", Help: "serve the Lambda runtime (the default where AWS_LAMBDA_RUNTIME_API is set)", Flags: s.flags,
		Run: func(ctx context.Context, _ []string, st cli.Streams) error { return s.lambda(ctx, st) }}
}

// runLambda serves the Lambda runtime, which gives no command line.
func runLambda(ctx context.Context, args []string, st cli.Streams) error {
	return cli.Dispatch(ctx, program, []cli.Command{lambdaCommand()}, append([]string{"lambda"}, args...), st)
}

func (s *serving) lambda(ctx context.Context, st cli.Streams) error {
	if os.Getenv("AUTOSPOTTING_ROLE") == roleUpdater {
		return runUpdater(ctx)
	}
	h, _, err := s.handler(ctx, st)
	if err != nil {
		return err
	}
	lambda.StartWithOptions(h.Invoke, lambda.WithContext(ctx))
	return nil
}

// installed tells whether everything is named that messages come and go through. Without the topics nobody could tell
// what EventBridge says from what anybody in the account says.
func (s *serving) installed() error {
	for _, f := range []struct{ flag, value string }{
		{"inbox-url", s.InboxURL}, {"work-url", s.WorkURL}, {"reports-topic", s.ReportsTopic}, {"events-topic", s.EventsTopic},
	} {
		if f.value == "" {
			return fmt.Errorf("%w: --%s is needed", cli.ErrUsage, f.flag)
		}
	}
	if !strings.HasSuffix(s.WorkURL, ".fifo") {
		return fmt.Errorf("%w: --work-url %q: want a FIFO queue, whose name ends in .fifo", cli.ErrUsage, s.WorkURL)
	}
	return nil
}

// workers is how many groups a process reconciles at once; the work queue keeps one group to one of them.
const workers = 4

func serveCommand() cli.Command {
	s := newServing()
	return cli.Command{Name: "serve", Help: "poll the inbox, the changes and the work queue, until SIGTERM", Flags: s.flags,
		Run: func(ctx context.Context, _ []string, st cli.Streams) error { return s.serve(ctx, st) }}
}

func (s *serving) serve(ctx context.Context, st cli.Streams) error {
	h, queues, err := s.handler(ctx, st)
	if err != nil {
		return err
	}
	h.Log.Info().Str("inbox", s.InboxURL).Str("work", s.WorkURL).Msg("serving")
	poll(ctx, h, queues, s.Options)
	h.Log.Info().Msg("stopped")
	return nil
}

// poll asks the queues until the context ends; what is being handled then is finished.
func poll(ctx context.Context, h *handle.Handler, q sqsAPI, s config.Options) {
	var wg sync.WaitGroup
	start := func(p poller) { wg.Go(func() { p.run(ctx) }) }
	start(poller{q, s.InboxURL, "inbox", 10, h, h.Log})
	if s.ChangesURL != "" {
		start(poller{q, s.ChangesURL, "changes", 10, h, h.Log})
	}
	for range workers {
		start(poller{q, s.WorkURL, "work.fifo", 1, h, h.Log})
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
