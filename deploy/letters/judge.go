package letters

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
)

// letter is a message, and what became of it.
type letter struct {
	Letter
	key  string // the same for what says the same
	lane string // its message group in a FIFO queue
	body []byte // as it would go back
	// request is what it asks of one group: a request of the work queue, or a re-check; nil for what is only told.
	request *handle.Request
	hints   []decide.Hint
	named   string // the group that it names itself
	// What the whole of it is, whatever its instances are; empty for what they decide.
	verdict string
	sent    time.Time
}

// noticeLasts is from an interruption notice to its end (EC2 user guide, "Spot Instance interruption notices").
const noticeLasts = 2 * time.Minute

// retained is the longest that a message can have been on its way: fourteen days as a dead letter, and before that four in its queue.
const retained = 18 * 24 * time.Hour

// decode reads the message as the coordinator would.
func (p *pass) decode(m types.Message) *letter {
	l := &letter{Letter: Letter{ID: aws.ToString(m.MessageId), Group: Unknown}, body: []byte(aws.ToString(m.Body)), lane: m.Attributes["MessageGroupId"]}
	l.key, l.sent = "body "+string(l.body), p.Now()
	if ms := number(m.Attributes["SentTimestamp"]); ms > 0 {
		l.sent = time.UnixMilli(ms)
	}
	if p.queue.Work {
		l.decodeRequest()
	} else {
		l.decodeEvent(p.Topics)
	}
	l.Age = int64(max(p.Now().Sub(l.first()), 0) / time.Second)
	return l
}

// first is when it was first sent. SQS's own time begins anew where a FIFO queue gave the message up (SQS developer guide, "Dead-letter
// queues"), and EventBridge had tried for a while, so what was heard may be older.
func (l *letter) first() time.Time {
	at := l.sent
	for _, h := range l.hints {
		if h.At.Before(at) && h.At.After(l.sent.Add(-retained)) {
			at = h.At
		}
	}
	return at
}

func (l *letter) unreadable(err error) {
	l.Kind, l.verdict = "unreadable", "unreadable: "+err.Error()
}

func (l *letter) decodeRequest() {
	var r handle.Request
	err := json.Unmarshal(l.body, &r)
	if err == nil && r.Group == "" {
		err = errors.New("it names no group")
	}
	if err != nil {
		l.unreadable(err)
		return
	}
	l.Kind, l.named, l.request, l.hints = "request", r.Group, &r, r.Hints
	l.lane = cmp.Or(l.lane, r.Group)
}

// decodeEvent reads a message of the inbox. What EventBridge and the Scheduler could not deliver stands bare in the dead letters, into which
// only they, the topics and whoever may send there by his own rights can write; the inbox takes it in the envelope of its topic.
func (l *letter) decodeEvent(topics handle.Topics) {
	e, err := handle.Decode(l.body, topics)
	if err != nil {
		wrapped, _ := json.Marshal(map[string]string{"Type": "Notification", "TopicArn": topics.Events, "Message": string(l.body)})
		if bare, again := handle.Decode(wrapped, topics); again == nil && (bare.Kind == handle.AWSEvent || bare.Kind == handle.Tick) {
			e, err, l.body = bare, nil, wrapped
		}
	}
	if err != nil {
		l.unreadable(err)
		return
	}
	l.Kind, l.named, l.hints = e.What, e.Group, e.Hints
	if e.ID != "" {
		l.key = string(e.Kind) + " " + e.ID
	}
	switch e.Kind {
	case handle.Tick:
		l.Kind, l.verdict = "tick", "stale: a tick, and the next one looks at every group"
	case handle.Unrelated:
		if e.ID == "" && e.What != "maintenance" {
			l.Kind = "unrelated"
		}
		l.verdict = "stale: of no interest to the coordinator, which would do nothing"
	case handle.Recheck:
		l.request = &handle.Request{Group: e.Group, Hints: e.Hints, Try: e.Try, Until: e.Until}
		l.key = "body " + string(l.body) // two may be due in the same second
	}
}

// judge says of each what is to be done with it. AWS is asked once for all.
func (p *pass) judge(ctx context.Context, batch []*letter) error {
	var ids []string
	for _, l := range batch {
		for _, h := range l.hints {
			if h.Instance != "" && !slices.Contains(ids, h.Instance) {
				ids = append(ids, h.Instance)
			}
		}
	}
	groups, live := map[string]string{}, map[string]bool{}
	if len(ids) > 0 {
		var err error
		if groups, err = p.Instances.GroupsOf(ctx, ids); err != nil {
			return fmt.Errorf("find the groups of the instances in %d dead letters: %w", len(batch), err)
		}
		if live, err = p.Instances.Live(ctx, ids); err != nil {
			return fmt.Errorf("look which instances in %d dead letters still run: %w", len(batch), err)
		}
	}
	for _, l := range batch {
		l.settle(groups, live, p.Now())
	}
	return nil
}

// settle gives the letter its group and its action.
func (l *letter) settle(groups map[string]string, live map[string]bool, now time.Time) {
	if l.Group = l.named; l.Group == "" {
		for _, h := range l.hints {
			l.Group = cmp.Or(l.Group, groups[h.Instance])
		}
	}
	nobodys := l.Group == ""
	l.Group = cmp.Or(l.Group, Unknown)
	if l.verdict != "" {
		l.Action = l.verdict
		return
	}
	if len(l.hints) == 0 {
		l.Action = "stale: it only asks for a look at the group, which the next tick gives"
		return
	}
	var fresh []decide.Hint
	why := ""
	for _, h := range l.hints {
		w := stale(h, live[h.Instance], now)
		if w == "" {
			fresh = append(fresh, h)
		}
		why = cmp.Or(why, w)
	}
	switch {
	case len(fresh) == 0:
		l.Action = "stale: " + why
	case nobodys:
		l.Action = fmt.Sprintf("stale: instance %s is in no group and not ours, and nothing would be done", l.hints[0].Instance)
	default:
		l.Action = Redrive
		l.only(fresh)
	}
}

// only leaves what is stale out of a request that says something else as well: told again, it would be a false notice.
func (l *letter) only(fresh []decide.Hint) {
	if l.request == nil || len(fresh) == len(l.hints) {
		return
	}
	r := *l.request
	r.Hints = fresh
	body, err := json.Marshal(r)
	if l.Kind == "recheck" {
		var due struct {
			Recheck struct {
				Due time.Time `json:"due"`
			} `json:"recheck"`
		}
		if err = json.Unmarshal(l.body, &due); err == nil {
			body, err = handle.EncodeRecheck(due.Recheck.Due, r)
		}
	}
	if err != nil {
		l.unreadable(err)
		l.Action = l.verdict
		return
	}
	l.body = body
}

// stale says why what was heard is not true any more; empty where it is.
func stale(h decide.Hint, live bool, now time.Time) string {
	switch h.Kind {
	case decide.HeardTerminating:
		end := h.Deadline
		if end.IsZero() {
			end = h.At.Add(noticeLasts)
		}
		if !end.After(now) {
			return fmt.Sprintf("the notice of instance %s ended %s ago", h.Instance, now.Sub(end).Round(time.Second))
		}
		if !live {
			return fmt.Sprintf("instance %s, which the notice is of, does not run any more", h.Instance)
		}
	case decide.HeardHello, decide.HeardStarted, decide.HeardReady, decide.HeardRebalance:
		if !live {
			return fmt.Sprintf("instance %s, which the %s is of, does not run any more", h.Instance, h.Kind)
		}
	}
	return "" // a change only asks for a look
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
