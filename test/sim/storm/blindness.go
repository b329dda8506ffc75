package storm

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/coordinator/wire"
)

// The mistakes about reads that fail.

// observing changes what was observed, and may make it an error.
func observing(wrong func(*decide.World) error) func(*stage.Config) {
	return func(c *stage.Config) {
		c.Alter = func(h *handle.Handler) { h.Actor = observed{h.Actor, wrong} }
	}
}

type observed struct {
	handle.Actor
	wrong func(*decide.World) error
}

func (o observed) Observe(ctx context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error) {
	w, err := o.Actor.Observe(ctx, group, rec, heard)
	if err == nil {
		err = o.wrong(&w)
	}
	return w, err
}

func stopped(w *decide.World) error {
	if len(w.Missing) > 0 {
		return errors.New(w.Missing[0].Why)
	}
	return nil
}

// emptied takes what could not be read for read, and for nothing.
func emptied(w *decide.World) {
	w.Missing, w.Unread = nil, false
	w.Instances = slices.Clone(w.Instances)
	for n := range w.Instances {
		i := &w.Instances[n]
		if i.Unchecked = false; i.Balancer == decide.BalancerUnknown {
			i.Balancer = ""
		}
	}
}

// shelfless finds no copy in the ledger's table.
func shelfless(c *stage.Config) {
	c.Clients = func(with wire.Clients) wire.Clients {
		with.DynamoDB = uncopied{with.DynamoDB}
		return with
	}
}

type uncopied struct{ dynamo.API }

func (u uncopied) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if key, ok := in.Key["asg"].(*types.AttributeValueMemberS); ok && strings.HasPrefix(key.Value, "copy:") {
		return &dynamodb.GetItemOutput{}, nil
	}
	return u.API.GetItem(ctx, in, o...)
}

// dawdling holds back every look after a failure, the longer the more of them there were.
func dawdling(c *stage.Config) {
	c.Alter = func(h *handle.Handler) { h.Queues = slow{h.Queues} }
}

type slow struct{ handle.Queues }

func (s slow) Later(ctx context.Context, body []byte, delay time.Duration) error {
	var m struct{ Recheck struct{ Try int } }
	if json.Unmarshal(body, &m) == nil && m.Recheck.Try > 0 {
		delay = max(delay, min(5*time.Second<<min(m.Recheck.Try-1, 6), 5*time.Minute))
	}
	return s.Queues.Later(ctx, body, delay)
}
