package storm

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/coordinator/wire"
	"autospotting/pkg/message"
)

// The mistakes are made between the coordinator's parts, where its interfaces are, so that the product itself holds none of them.

// seeing makes every decision on a world that is not as it is.
func seeing(wrong func(*decide.World)) func(*stage.Config) {
	return deciding(func(w decide.World) decide.Plan {
		wrong(&w)
		return decide.Decide(w)
	})
}

// unmindful is a mistake of a coordinator that answers no notice by memory, which would hide it.
func unmindful(alter func(*stage.Config)) func(*stage.Config) {
	return func(cfg *stage.Config) {
		alter(cfg)
		before := cfg.Alter
		cfg.Alter = func(h *handle.Handler) {
			if before != nil {
				before(h)
			}
			h.Memory = nil
		}
	}
}

// planning changes every plan.
func planning(wrong func(w decide.World, p *decide.Plan)) func(*stage.Config) {
	return deciding(func(w decide.World) decide.Plan {
		p := decide.Decide(w)
		wrong(w, &p)
		p.Changed = true
		return p
	})
}

func deciding(fn func(decide.World) decide.Plan) func(*stage.Config) {
	return func(c *stage.Config) { c.Alter = func(h *handle.Handler) { h.Decide = fn } }
}

// acting changes every action before it is applied; false leaves it out and says that it was done.
func acting(wrong func(a *decide.Action, deadline *time.Time) bool) func(*stage.Config) {
	return func(c *stage.Config) {
		c.Alter = func(h *handle.Handler) { h.Actor = actor{h.Actor, wrong} }
	}
}

type actor struct {
	handle.Actor
	wrong func(*decide.Action, *time.Time) bool
}

func (a actor) Apply(ctx context.Context, group string, act decide.Action, deadline time.Time) decide.Result {
	if !a.wrong(&act, &deadline) {
		return decide.Result{}
	}
	return a.Actor.Apply(ctx, group, act, deadline)
}

// writing changes how the ledger is written.
func writing(put func(ctx context.Context, l handle.Ledger, r ledger.Record) (ledger.Record, error)) func(*stage.Config) {
	return func(c *stage.Config) { c.Alter = func(h *handle.Handler) { h.Ledger = book{h.Ledger, put} } }
}

type book struct {
	handle.Ledger
	put func(context.Context, handle.Ledger, ledger.Record) (ledger.Record, error)
}

func (b book) Put(ctx context.Context, r ledger.Record) (ledger.Record, error) {
	return b.put(ctx, b.Ledger, r)
}

// believing takes every report for true.
func believing(c *stage.Config) { c.Alter = func(h *handle.Handler) { h.Verifier = gullible{} } }

type gullible struct{}

func (gullible) VerifyReport(message.Report) error { return nil }

// unconditional writes the ledger whoever wrote it meanwhile.
func unconditional(c *stage.Config) {
	c.Clients = func(with wire.Clients) wire.Clients {
		with.DynamoDB = blind{with.DynamoDB}
		return with
	}
}

type blind struct{ dynamo.API }

func (b blind) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	in.ConditionExpression, in.ExpressionAttributeValues = nil, nil
	return b.API.PutItem(ctx, in, o...)
}

// tokenless launches without a client token.
func tokenless(c *stage.Config) {
	c.Clients = func(with wire.Clients) wire.Clients {
		with.EC2 = forgetful{with.EC2}
		return with
	}
}

type forgetful struct{ act.EC2 }

func (f forgetful) CreateFleet(ctx context.Context, in *ec2.CreateFleetInput, o ...func(*ec2.Options)) (*ec2.CreateFleetOutput, error) {
	in.ClientToken = nil
	return f.EC2.CreateFleet(ctx, in, o...)
}
