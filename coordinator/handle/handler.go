package handle

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/metrics"
	"autospotting/pkg/message"
)

// Ledger is where the groups' records are kept.
type Ledger interface {
	Get(ctx context.Context, group string) (ledger.Record, error)
	Put(ctx context.Context, r ledger.Record) (ledger.Record, error)
	Delete(ctx context.Context, r ledger.Record) error
	// Calm gives the groups that have a record, and of each how it was when nothing was left to do for it.
	Calm(ctx context.Context) (map[string]ledger.Calm, error)
}

// Queues is where messages of our own go.
type Queues interface {
	// Later puts a body into the inbox, delivered after the delay (1 s to 15 min).
	Later(ctx context.Context, body []byte, delay time.Duration) error
	// Work asks for one group to be reconciled. Equal keys within five minutes are one request.
	Work(ctx context.Context, group, key string, body []byte) error
}

// Verifier tells whether a report comes from the instance that it names.
type Verifier interface {
	VerifyReport(message.Report) error
}

// Groups finds groups and instances; act.Actor does.
type Groups interface {
	Enabled(ctx context.Context) ([]string, error)
	GroupsOf(ctx context.Context, instances []string) (map[string]string, error)
	// Survey shows all groups that may have something to do, beside those that are kept.
	Survey(ctx context.Context, kept []string) ([]act.Surveyed, []error)
	// Tempting tells whether a group of which nothing else is to be done may have spot cheaper.
	Tempting(ctx context.Context, s act.Surveyed) bool
	// TakenSince tells of all instances that AWS takes by spot requests that changed since then.
	TakenSince(ctx context.Context, since time.Time) ([]decide.Hint, error)
	// Taken tells of which instances the spot request says that AWS takes them.
	Taken(ctx context.Context, instances []string) (map[string]bool, error)
}

// Actor observes one group and applies what was decided for it.
type Actor interface {
	Observe(ctx context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error)
	Apply(ctx context.Context, group string, a decide.Action, deadline time.Time) decide.Result
	// Refresh has the next Observe of the group read everything anew.
	Refresh(group string)
}

// Memory is what is kept of groups, so that notices are answered before anything is described; act.Actor has it.
type Memory interface {
	// Indexed names the groups of such of the instances as were noted.
	Indexed(ctx context.Context, instances []string) (map[string]string, error)
	// Recall is the group's world as it was last seen, with its record as it is; false where nothing may be launched by it alone.
	Recall(ctx context.Context, group string) (decide.World, bool, error)
}

var (
	_ Actor  = (*act.Actor)(nil)
	_ Groups = (*act.Actor)(nil)
	_ Memory = (*act.Actor)(nil)
)

// Handler handles messages. It keeps nothing between them.
type Handler struct {
	Actor    Actor
	Groups   Groups
	Ledger   Ledger
	Queues   Queues
	Memory   Memory // may be nil: then every notice is answered after a look
	Verifier Verifier
	Topics   Topics
	Now      func() time.Time
	Log      zerolog.Logger
	// Budget bounds one reconcile, 20 s if zero: below the function's time-out of 30 s, which is below the queues'
	// visibility of 40 s.
	Budget time.Duration
	// Together is how many launches of one plan are asked for at a time, one if zero.
	Together int
	// Side runs functions side by side and returns when all have; as goroutines, if nil.
	Side func(...func())
	// Decide stands for decide.Decide, if set.
	Decide func(decide.World) decide.Plan
	// Tell, if set, is told every note as it is made.
	Tell func(Note)
	// Metrics, if set, is where a line is written for every reconcile.
	Metrics *metrics.EMF
}

// Note is one thing that was heard, decided or done, for people.
type Note struct {
	At       time.Time      `json:"at"`
	Group    string         `json:"group,omitempty"`
	Instance string         `json:"instance,omitempty"`
	Kind     string         `json:"kind"` // heard, why, or the action's kind
	Text     string         `json:"text"`
	Failure  decide.Failure `json:"failure,omitempty"`
	Action   *decide.Action `json:"-"`
	Result   *decide.Result `json:"-"`
}

// Outcome is what handling one message came to.
type Outcome struct {
	ID    string    `json:"id,omitempty"`
	What  string    `json:"what,omitempty"`
	Notes []Note    `json:"notes,omitempty"`
	Look  time.Time `json:"look_again,omitzero"`

	run    metrics.Run
	halted bool      // something was not answered, or refused: looked at again ever more seldom
	until  time.Time // until when a notice waits, so that it is looked at again soon
	gather time.Time // when to answer by memory what was only noted now; zero where all was answered
}

func (h *Handler) note(o *Outcome, n Note) {
	n.At = h.Now()
	o.Notes = append(o.Notes, n)
	e := h.Log.Info()
	switch {
	case n.Failure != decide.Done:
		e = h.Log.Warn()
	case n.Kind == "ignored": // every instance of the account changes state
		e = h.Log.Debug()
	}
	e.Str("group", n.Group).Str("instance", n.Instance).Str("kind", n.Kind).Str("failure", string(n.Failure)).Msg(n.Text)
	if h.Tell != nil {
		h.Tell(n)
	}
}
