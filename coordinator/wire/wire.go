// Package wire puts the coordinator's parts together, the same for Lambda, for a process, and for the simulated cloud.
package wire

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"autospotting/coordinator/act"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/coordinator/metrics"
	"autospotting/coordinator/settings"
	"autospotting/userdata"
)

// Clients are the AWS services that the coordinator uses, real or simulated.
type Clients struct {
	EC2         act.EC2
	AutoScaling act.AutoScaling
	// Inspector, TargetGroups, Balancers, Stacks and Containers may be nil: then nobody is asked.
	Inspector    act.Inspector
	TargetGroups act.TargetGroups
	Balancers    act.Balancers
	Lattice      act.Lattice // may be nil
	Stacks       act.Stacks
	Containers   act.Containers
	Environments act.Environments // may be nil
	Pricing      act.Pricing
	Quotas       act.Quotas // may be nil
	Rules        act.Rules  // may be nil
	DynamoDB     dynamo.API
	SQS          handle.SQSAPI
}

// Config is the installation: where its parts are, and the defaults of its groups.
type Config struct {
	Region            string
	InboxURL, WorkURL string
	Table             string
	Topics            handle.Topics
	Scope             settings.Scope
	Defaults          settings.Settings
	Spotd             userdata.Settings
	Profile           string            // the ARN of the instance profile for groups that have none
	Tags              map[string]string // see act.Config
	Verifier          handle.Verifier
	Now               func() time.Time
	Log               zerolog.Logger
	Tell              func(handle.Note)
	Patience          time.Duration   // see act.Config
	Together          int             // launches asked for at a time, see handle.Handler
	Metrics           *metrics.EMF    // nil for none
	Side              func(...func()) // see handle.Handler; goroutines if nil
}

// Handler returns what handles the messages of both queues.
func Handler(c Config, with Clients) *handle.Handler {
	if c.Side == nil {
		c.Side = together
	}
	store := dynamo.Store{API: with.DynamoDB, Table: c.Table}
	actor := act.New(act.Config{
		Shelf: store, Index: store, Patience: c.Patience, Side: c.Side,
		EC2: with.EC2, AutoScaling: with.AutoScaling, Inspector: with.Inspector, TargetGroups: with.TargetGroups, Balancers: with.Balancers, Lattice: with.Lattice, Stacks: with.Stacks, Containers: with.Containers, Environments: with.Environments, Pricing: with.Pricing, Quotas: with.Quotas, Rules: with.Rules, EventsTopic: c.Topics.Events, Region: c.Region, Scope: c.Scope,
		Defaults: c.Defaults, Spotd: c.Spotd, Profile: c.Profile, Tags: c.Tags, Now: c.Now,
	})
	return &handle.Handler{
		Actor: actor, Groups: actor, Memory: actor, Verifier: c.Verifier, Now: c.Now, Log: c.Log, Tell: c.Tell, Metrics: c.Metrics, Topics: c.Topics, Together: c.Together, Side: c.Side,
		Ledger: store,
		Queues: handle.SQS{API: with.SQS, InboxURL: c.InboxURL, WorkURL: c.WorkURL},
	}
}

// together runs functions as goroutines, and returns when all have.
func together(fns ...func()) {
	var wait sync.WaitGroup
	for _, fn := range fns {
		wait.Go(fn)
	}
	wait.Wait()
}
