// Package letters reads the dead-letter queues of an installation and puts back what is still true. Reading loses and hides nothing: what
// was received is given back, also after an error and after ^C.
package letters

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"autospotting/coordinator/handle"
)

// SQS is what is called of Amazon SQS.
type SQS interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
}

var _ SQS = (*sqs.Client)(nil)

// Instances answers what a message means now.
type Instances interface {
	// GroupsOf finds the group of each instance as the coordinator does; one that is nobody's is missing.
	GroupsOf(ctx context.Context, ids []string) (map[string]string, error)
	// Live names those of the instances that are pending or running.
	Live(ctx context.Context, ids []string) (map[string]bool, error)
}

// Queue is a dead-letter queue, and the queue that its messages go back into.
type Queue struct {
	Dead, Source string // URLs
	Work         bool   // it holds requests of the work queue, a FIFO queue
}

// Reader reads dead letters.
type Reader struct {
	SQS       SQS
	Instances Instances
	Topics    handle.Topics
	Now       func() time.Time
	Tell      func(format string, args ...any) // for people
	// Redrive sends what is still true back to its queue; without it nothing is changed.
	Redrive bool
}

// Letter is one message. Its names are a contract (docs/troubleshooting.md).
type Letter struct {
	ID   string `json:"id"`   // SQS's id of the message
	Kind string `json:"kind"` // the kind of a report, the detail-type of an AWS event, tick, recheck, request, unrelated or unreadable
	// Group is the Auto Scaling group, as the coordinator would look it up; Unknown where that cannot be told.
	Group string `json:"group"`
	Age   int64  `json:"age_s"` // seconds since it was first sent
	// Action is redrive, redriven, or begins with "stale: " or "unreadable: " and says why it stays where it is.
	Action string `json:"action"`
}

// Unknown stands for the group that a message belongs to where nothing tells it.
const Unknown = "unknown"

// The actions that are one word.
const (
	Redrive  = "redrive"
	Redriven = "redriven"
)

const (
	// hold is how long a message is hidden while it is looked at; what a killed reader had in hand is back after it.
	hold = time.Minute
	// lastWords bounds what is still done after ^C: to delete what was sent, and to give back the rest.
	lastWords = 30 * time.Second
	// most bounds one reading, far above what a person reads and far below what SQS lets be in flight (20,000 of a FIFO queue).
	most = 5000
	// tries bounds the deleting of a message that is sent already.
	tries = 3
)

// Read lists what the queue holds, each message once, and redrives if it is asked to. The letters that were read are returned beside an error.
func (r Reader) Read(ctx context.Context, q Queue) (all []Letter, err error) {
	p := &pass{Reader: r, queue: q, held: map[string]string{}, known: map[string]*letter{}}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		err = errors.Join(err, p.giveBack(last))
		for _, l := range p.letters {
			all = append(all, l.Letter)
		}
	}()
	for empty := 0; empty < 2 && len(p.order) < most; { // a second look, since one answer may leave out what is there
		fresh, err := p.receive(ctx)
		if err != nil {
			return nil, err
		}
		if len(fresh) == 0 {
			empty++
			continue
		}
		empty = 0
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := p.work(ctx, fresh); err != nil {
			return nil, err
		}
	}
	return nil, p.rest(ctx)
}

// pass is one reading of one queue.
type pass struct {
	Reader
	queue   Queue
	held    map[string]string // receipt handles of what is hidden, by message id
	order   []string          // the ids in the order in which they came
	letters []*letter         // each thing once
	known   map[string]*letter
}

// receive takes what it has not seen before. A look that was begun is brought to its end also after ^C: of one that is cut off nobody knows
// which messages it has hidden.
func (p *pass) receive(ctx context.Context) (fresh []types.Message, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	out, err := p.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &p.queue.Dead, MaxNumberOfMessages: 10, VisibilityTimeout: int32(hold / time.Second), WaitTimeSeconds: 1,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}})
	if err != nil {
		return nil, fmt.Errorf("read the dead letters %s: %w", p.queue.Dead, err)
	}
	for _, m := range out.Messages {
		id := aws.ToString(m.MessageId)
		if _, again := p.held[id]; !again {
			p.order = append(p.order, id)
			fresh = append(fresh, m)
		}
		p.held[id] = aws.ToString(m.ReceiptHandle) // only the last receipt counts
	}
	return fresh, nil
}

// work judges messages and redrives those that are still true, in their order. The first that cannot be sent ends it, since a FIFO queue
// must not overtake itself.
func (p *pass) work(ctx context.Context, fresh []types.Message) error {
	batch := make([]*letter, 0, len(fresh))
	for _, m := range fresh {
		batch = append(batch, p.decode(m))
	}
	if err := p.judge(ctx, batch); err != nil {
		return err
	}
	for _, l := range batch {
		first, twice := p.known[l.key]
		if !twice {
			first = l
			p.known[l.key] = l
			p.letters = append(p.letters, l)
		}
		if !p.Redrive || first.Action != Redrive && first.Action != Redriven {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if first.Action != Redriven {
			if err := p.send(ctx, l); err != nil {
				return fmt.Errorf("message %s stays a dead letter: %w", l.ID, err)
			}
			first.Action = Redriven
		}
		if err := p.forget(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// send puts the message into its queue. In a FIFO queue it keeps its message group and gets a deduplication id of its own: its first one may
// still be remembered, which would swallow it, and the same message sent twice within five minutes is one (SQS API reference, SendMessage).
func (p *pass) send(ctx context.Context, l *letter) error {
	in := &sqs.SendMessageInput{QueueUrl: &p.queue.Source, MessageBody: aws.String(string(l.body))}
	if p.queue.Work {
		in.MessageGroupId, in.MessageDeduplicationId = &l.lane, aws.String("redrive-"+l.ID)
	}
	if _, err := p.SQS.SendMessage(ctx, in); err != nil {
		return fmt.Errorf("send to %s: %w", p.queue.Source, err)
	}
	return nil
}

// forget deletes what was sent, also after ^C: between the two it is in both queues.
func (p *pass) forget(ctx context.Context, l *letter) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	receipt := p.held[l.ID]
	for range tries {
		if _, err = p.SQS.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &p.queue.Dead, ReceiptHandle: &receipt}); err == nil {
			delete(p.held, l.ID)
			return nil
		}
	}
	delete(p.held, l.ID) // given back at once, somebody would send it again
	again := "run this again: the coordinator takes what it hears twice for one"
	if p.queue.Work {
		again = "run this again within five minutes, in which the queue takes a repetition for one"
	}
	return fmt.Errorf("message %s was sent to %s and could not be deleted from the dead letters, where it is hidden for %s and shows again then: %s, or delete it by hand: %w", l.ID, p.queue.Source, hold, again, err)
}

// giveBack makes visible again what is still hidden.
func (p *pass) giveBack(ctx context.Context) error {
	var errs []error
	for _, id := range p.order {
		receipt, hidden := p.held[id]
		if !hidden {
			continue
		}
		_, err := p.SQS.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &p.queue.Dead, ReceiptHandle: &receipt, VisibilityTimeout: 0})
		var visible *types.MessageNotInflight
		if err != nil && !errors.As(err, &visible) {
			errs = append(errs, fmt.Errorf("message %s stays hidden for up to %s: %w", id, hold, err))
		}
	}
	return errors.Join(errs...)
}

// rest says what the queue holds beside what was shown.
func (p *pass) rest(ctx context.Context) error {
	visible, flying := types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	out, err := p.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &p.queue.Dead, AttributeNames: []types.QueueAttributeName{visible, flying}})
	if err != nil {
		return fmt.Errorf("count the dead letters %s: %w", p.queue.Dead, err)
	}
	if n := number(out.Attributes[string(visible)]); n > 0 {
		why := fmt.Sprintf("no more than %d are read at a time, and some may just have come", most)
		if p.queue.Work {
			why = "a FIFO queue shows ten of a group at a time, and these wait behind what is shown"
		}
		p.Tell("about %d messages more are in %s: %s", n, p.queue.Dead, why)
	}
	if n := number(out.Attributes[string(flying)]) - int64(len(p.held)); n > 0 {
		p.Tell("about %d messages of %s are hidden: somebody else looks at them, or did within %s", n, p.queue.Dead, hold)
	}
	return nil
}
