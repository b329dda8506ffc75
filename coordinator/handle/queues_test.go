package handle

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// sender remembers what was sent.
type sender struct {
	sent []*sqs.SendMessageInput
	err  error
}

func (s *sender) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	s.sent = append(s.sent, in)
	return &sqs.SendMessageOutput{}, s.err
}

func TestAReCheckGoesIntoTheInboxAndIsHeldBackForWholeSeconds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		delay time.Duration
		want  int32
	}{{time.Second, 1}, {1500 * time.Millisecond, 2}, {2 * time.Second, 2}, {15 * time.Minute, 900}} {
		s := &sender{}
		if err := (SQS{API: s, InboxURL: "https://inbox", WorkURL: "https://work"}).Later(context.Background(), []byte("{}"), c.delay); err != nil {
			t.Fatal(err)
		}
		in := s.sent[0]
		if aws.ToString(in.QueueUrl) != "https://inbox" || aws.ToString(in.MessageBody) != "{}" || in.DelaySeconds != c.want || in.MessageGroupId != nil || in.MessageDeduplicationId != nil {
			t.Errorf("after %s sent is %+v, want %d s", c.delay, in, c.want)
		}
	}
}

func TestARequestGoesIntoTheWorkQueueInItsGroupsLane(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, group, lane string }{
		{"a plain name", "web", "web"},
		{"the first and the last of what a lane may have", "a!b~", "a!b~"},
		{"a space, and what comes after the last", "a b\x7f", "a_b_"},
		{"letters that are not ASCII", "wéb", "w__b"},
		{"the longest lane", strings.Repeat("x", 128), strings.Repeat("x", 128)},
		{"a longer name", strings.Repeat("x", 255), strings.Repeat("x", 128)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &sender{}
			if err := (SQS{API: s, InboxURL: "https://inbox", WorkURL: "https://work.fifo"}).Work(context.Background(), c.group, "key", []byte("{}")); err != nil {
				t.Fatal(err)
			}
			in := s.sent[0]
			if aws.ToString(in.QueueUrl) != "https://work.fifo" || aws.ToString(in.MessageBody) != "{}" || aws.ToString(in.MessageDeduplicationId) != "key" || in.DelaySeconds != 0 {
				t.Errorf("sent is %+v", in)
			}
			if got := aws.ToString(in.MessageGroupId); got != c.lane {
				t.Errorf("its lane is %q, want %q", got, c.lane)
			}
		})
	}
}

func TestWhatAQueueDoesNotTakeIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	failure := errors.New("time-out")
	q := SQS{API: &sender{err: failure}, InboxURL: "https://inbox", WorkURL: "https://work.fifo"}
	if err := q.Later(context.Background(), nil, time.Second); !errors.Is(err, failure) || !strings.Contains(err.Error(), "inbox https://inbox") {
		t.Errorf("the inbox: %v", err)
	}
	if err := q.Work(context.Background(), "web", "key", nil); !errors.Is(err, failure) || !strings.Contains(err.Error(), "work queue https://work.fifo") {
		t.Errorf("the work queue: %v", err)
	}
}
