// Package ledger holds what no instance and no API can tell about a group: launches intended, the open debt,
// the MaxSize lease, what spotd said, and failures. Record is a pure value; Store implementations keep it.
//
// An empty or lost record only ever means: observe, and lower nothing.
package ledger

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Record is everything remembered about one Auto Scaling group.
type Record struct {
	Group string `json:"group"`
	// Revision counts the writes; a write succeeds only on the revision that was read. 0 means never written.
	Revision int64 `json:"-"`

	Intents []Intent `json:"intents,omitempty"`
	Pairs   []Pair   `json:"pairs,omitempty"`
	// Desired0 is the group's desired capacity before the first of the open pairs was attached.
	Desired0 int `json:"desired0,omitempty"`
	// Doubt is by how much desired is read as another than the open pairs explain, and since when.
	Doubt Doubt  `json:"doubt,omitzero"`
	Lease *Lease `json:"lease,omitempty"`

	// Settling holds victims whose retirement was confirmed, as long as a read may be older than it: one that shows
	// them in service is.
	Settling map[string]time.Time `json:"settling,omitempty"`
	// Shielded holds instances that we protected from scale-in and must give back to the group's default.
	Shielded map[string]time.Time `json:"shielded,omitempty"`
	// Said holds what spotd on an instance reported, by instance id.
	Said map[string]Said `json:"said,omitempty"`
	// Notices holds the instances that AWS is about to take, by instance id.
	Notices map[string]Notice `json:"notices,omitempty"`
	// Unconfirmed holds when notices were believed on spotd's word alone, for an hour: they are limited.
	Unconfirmed []time.Time `json:"unconfirmed,omitempty"`
	// Strays holds instances of ours that nothing wants, by id, with the time they were first seen so.
	Strays map[string]time.Time `json:"strays,omitempty"`
	// Pools holds pools to be avoided, by "type/zone".
	Pools map[string]PoolMark `json:"pools,omitempty"`

	Failures    int       `json:"failures,omitempty"`
	Cause       string    `json:"cause,omitempty"` // of the last of them
	PausedUntil time.Time `json:"paused_until,omitzero"`
	// Excess says that desired may be more than its owner wants, by our hand.
	Excess Excess `json:"excess,omitzero"`
	// Proving holds replacements whose debt was paid, with that time: one that lasts ends a row of failures.
	Proving map[string]time.Time `json:"proving,omitempty"`
	// Fallback is the last time that on-demand was bought for want of spot.
	Fallback Fallback `json:"fallback,omitzero"`
	// Short is since when the group lacks members that it fails to launch.
	Short time.Time `json:"short,omitzero"`
	// Uneven is since when no replacement could be begun for the zones' being out of balance.
	Uneven time.Time `json:"uneven,omitzero"`
	Status Status    `json:"status,omitzero"`
	// Dropped says that our launch template was deleted, the last thing but the record itself.
	Dropped bool `json:"dropped,omitempty"`
}

// Purpose says why an instance is launched.
type Purpose string

// The purposes of a launch.
const (
	// Swap replaces a healthy on-demand instance by spot, in no hurry.
	Swap Purpose = "swap"
	// Replace stands in for an instance that AWS is taking.
	Replace Purpose = "replace"
	// Return replaces spot by on-demand, in no hurry: the owner keeps more of it, or is not served any more.
	Return Purpose = "return"
	// Fill stands in for an instance that the group itself fails to launch.
	Fill Purpose = "fill"
)

// Intent is a launch that was decided, written before the first call is made, kept until the instance is
// paired with its victim or gone.
type Intent struct {
	Purpose Purpose   `json:"purpose"`
	Victim  string    `json:"victim"`
	Zone    string    `json:"zone"`
	Launch  Launch    `json:"launch"`
	At      time.Time `json:"at"`

	// Instance is empty until the launch was answered or found by its nonce.
	Instance string `json:"instance,omitempty"`
	Type     string `json:"type,omitempty"`
	// LookOnly stops re-sending after the service said that the token belongs to another request.
	LookOnly bool `json:"look_only,omitempty"`
	// Abandoned is the reason why the instance is to go; empty while it is wanted.
	Abandoned string `json:"abandoned,omitempty"`
}

// Launch is the frozen request of one instance. A retry sends exactly this again, since prices move and a
// request rebuilt under the same client token is refused (IdempotentParameterMismatch).
type Launch struct {
	Nonce           string            `json:"nonce"` // also the client token, and a tag of the instance
	Template        string            `json:"template"`
	TemplateVersion string            `json:"template_version"`
	Spot            bool              `json:"spot"`
	Overrides       []Override        `json:"overrides"`
	Tags            map[string]string `json:"tags"`
	// SourceHash identifies what the owner's template said when this was decided.
	SourceHash string `json:"source_hash"`
}

// Override is one pool that the launch may use.
type Override struct {
	Type   string  `json:"type"`
	Zone   string  `json:"zone"`
	Subnet string  `json:"subnet"`
	MaxUSD float64 `json:"max_usd,omitempty"` // per hour; 0 for on-demand
}

// Phase is how far a pair has come.
type Phase string

// The phases of a pair, in order. A paid pair is removed.
const (
	Attaching Phase = "attaching" // written before the attach call
	Attached  Phase = "attached"  // desired was raised by one for it
	Paying    Phase = "paying"    // written before the retire call
	// Undoing ends a pair whose attach is given up: the replacement is taken out of the group, if it is in.
	Undoing Phase = "undoing"
)

// Pair is a replacement and its victim: while it is open the group's desired capacity is one higher by our hand.
type Pair struct {
	Intent Intent    `json:"intent"` // Intent.Instance is the replacement
	Victim string    `json:"victim"` // whom the payment retires; empty while none is chosen
	Phase  Phase     `json:"phase"`
	At     time.Time `json:"at"`    // when opened
	Since  time.Time `json:"since"` // when the phase began, or the call was last sent
	Why    string    `json:"why,omitempty"`
	// Sent is when the attach was first sent that may have taken effect.
	Sent time.Time `json:"sent,omitzero"`
	// Alone has its attach sent by itself, since a call for several is refused for the fault of one.
	Alone bool `json:"alone,omitempty"`
	// Asked is when it was last asked to undo an attach that is given up, zero where that was refused.
	Asked time.Time `json:"asked,omitzero"`
	// Missed is when the victim was first found gone while its pair was unpaid.
	Missed time.Time `json:"missed,omitzero"`
}

// Owed tells whether desired is known to be raised for this pair.
func (p Pair) Owed() bool { return p.Phase == Attached || p.Phase == Paying }

// Lease is a raised MaxSize.
type Lease struct {
	Owner  int `json:"owner"`  // what the owner had set
	Leased int `json:"leased"` // what we set
	// Tried is every value that was sent under this lease: a call that was not answered may have worked.
	Tried  []int `json:"tried,omitempty"`
	Raised bool  `json:"raised,omitempty"` // the raise was answered
	// Returned says that the owner's value was given back, and answered; kept only until no read can be older.
	Returned bool      `json:"returned,omitempty"`
	At       time.Time `json:"at"` // of the last call
	// Since is when MaxSize was first raised under this lease.
	Since time.Time `json:"since,omitzero"`
}

// Ours tells whether a MaxSize is one that we set.
func (l Lease) Ours(maxSize int) bool {
	return slices.Contains(l.Tried, maxSize)
}

// Doubt is a value that was read and is not believed before it is read again later.
type Doubt struct {
	// More is by how much the value is above the one that is due; negative where it is below. What we add ourselves meanwhile changes
	// both, and so not this.
	More  int       `json:"more"`
	Since time.Time `json:"since"`
	// Back says that the value is the one that is due again, after another was read.
	Back bool `json:"back,omitempty"`
	// Old says that the value may only be what was, before our last calls took effect.
	Old bool `json:"old,omitempty"`
}

// Excess is a debt that was given up. It holds as long as nobody has changed desired since.
type Excess struct {
	Desired int    `json:"desired"` // as it was left, without the debts that are still open
	Why     string `json:"why"`
}

// Said is what spotd on one instance reported; zero times mean not said.
type Said struct {
	Hello   time.Time `json:"hello,omitzero"`
	Started time.Time `json:"started,omitzero"`
	Ready   time.Time `json:"ready,omitzero"`
}

// Notice is an announced end of an instance.
type Notice struct {
	At       time.Time `json:"at"`
	Deadline time.Time `json:"deadline"`
	Action   string    `json:"action"` // terminate, stop or hibernate
	Source   string    `json:"source"` // who said so first
	// Tries counts the launches that brought nothing.
	Tries int `json:"tries,omitempty"`
	// Released says that the group was told to replace the instance itself.
	Released time.Time `json:"released,omitzero"`
}

// PoolMark is a pool that failed or was interrupted.
type PoolMark struct {
	Until    time.Time `json:"until"`
	Failures int       `json:"failures"`
	Why      string    `json:"why"`
}

// Fallback is a row of purchases of on-demand for want of spot.
type Fallback struct {
	At    time.Time `json:"at"`
	Times int       `json:"times"`
}

// Status is what the group's owner is told.
type Status struct {
	Code   string    `json:"code"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"`
	// Tagged is what was last written to the group's status tag.
	Tagged string `json:"tagged,omitempty"`
}

// Open tells whether anything is left to be finished for the group.
func (r Record) Open() bool {
	return len(r.Intents) > 0 || len(r.Pairs) > 0 || r.Lease != nil && !r.Lease.Returned ||
		len(r.Shielded) > 0 || len(r.Strays) > 0 || len(r.Notices) > 0
}

// Owed counts the pairs for which desired is raised.
func (r Record) Owed() int {
	n := 0
	for _, p := range r.Pairs {
		if p.Owed() {
			n++
		}
	}
	return n
}

// Clone returns a copy that shares nothing with r.
func (r Record) Clone() Record {
	r.Intents = slices.Clone(r.Intents)
	r.Pairs = slices.Clone(r.Pairs)
	r.Unconfirmed = slices.Clone(r.Unconfirmed)
	if r.Lease != nil {
		l := *r.Lease
		l.Tried = slices.Clone(l.Tried)
		r.Lease = &l
	}
	r.Settling, r.Shielded, r.Strays = maps.Clone(r.Settling), maps.Clone(r.Shielded), maps.Clone(r.Strays)
	r.Said, r.Notices, r.Pools, r.Proving = maps.Clone(r.Said), maps.Clone(r.Notices), maps.Clone(r.Pools), maps.Clone(r.Proving)
	return r
}

// Encode gives the stored form. It is deterministic: map keys are sorted.
func (r Record) Encode() ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode the record of group %q: %w", r.Group, err)
	}
	return b, nil
}

// Decode reads the stored form; revision is kept beside it by the store.
func Decode(b []byte, revision int64) (Record, error) {
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return Record{}, fmt.Errorf("decode a ledger record (revision %d): %w", revision, err)
	}
	r.Revision = revision
	return r, nil
}
