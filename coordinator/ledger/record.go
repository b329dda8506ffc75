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

	"autospotting/coordinator/decide/books"
)

// Record is everything remembered about one Auto Scaling group.
type Record struct {
	Group string `json:"group"`
	// Revision counts the writes; a write succeeds only on the revision that was read. 0 means never written.
	Revision int64 `json:"-"`

	Intents []Intent `json:"intents,omitempty"`
	// Books keeps what we owe the group: debts, the base, the doubt about desired, and the MaxSize lease.
	Books books.Books `json:"-"`

	// Retired holds victims whose retirement was confirmed, as long as a read may be older than it: one that shows
	// them in service is.
	Retired map[string]time.Time `json:"settling,omitempty"`
	// Shielded holds instances that we protected from scale-in and must give back to the group's default.
	Shielded map[string]time.Time `json:"shielded,omitempty"`
	// Said holds what spotd on an instance reported, by instance id.
	Said map[string]Said `json:"said,omitempty"`
	// Notices holds the instances that AWS is about to take, by instance id.
	Notices map[string]Notice `json:"notices,omitempty"`
	// Unconfirmed holds when notices were believed on spotd's word alone, for an hour: they are limited.
	Unconfirmed []time.Time `json:"unconfirmed,omitempty"`
	// Orphans holds instances of ours that nothing wants, by id, with the time they were first seen so.
	Orphans map[string]time.Time `json:"strays,omitempty"`
	// Pools holds what is to be avoided: pools by "type/zone", where either may be *, and " on-demand" behind them if it is about that.
	Pools map[string]PoolMark `json:"pools,omitempty"`
	// Suspicions are the sets of types of which one at least makes whole launch requests fail; it is not known which.
	Suspicions []Suspicion `json:"suspicions,omitempty"`
	// Splits counts the requests in a row that failed so and were split.
	Splits int `json:"splits,omitempty"`

	Failures    int       `json:"failures,omitempty"`
	Cause       string    `json:"cause,omitempty"` // of the last of them
	PausedUntil time.Time `json:"paused_until,omitzero"`
	// Excess says that desired may be more than its owner wants, by our hand.
	Excess Excess `json:"excess,omitzero"`
	// Proving holds replacements since their attach, with that time: one that lasts ends a row of failures.
	Proving map[string]time.Time `json:"proving,omitempty"`
	// Watched holds replacements from the moment that they are to be members until their application is up, whatever becomes of their debt.
	Watched map[string]Watch `json:"watched,omitempty"`
	// Drains holds the instances that drain by our hand, or were passed over since their work did not end.
	Drains map[string]Drain `json:"drains,omitempty"`
	// CanDrain holds the instances, ours or not, whose spotd said that it has a drain handler and can be asked, with the time when it did.
	CanDrain map[string]time.Time `json:"can_drain,omitempty"`
	// Drainable says that one of the group's instances did so once: the group is drained so also while nobody is known to.
	Drainable bool `json:"drainable,omitempty"`
	// Clusters are the ECS clusters that the group's instances register with, the last one last.
	Clusters []string `json:"clusters,omitempty"`
	// Sick holds when replacements failed after they were in service, and Moved when spot was moved to cheaper spot, both for an hour. They are
	// limited.
	Sick []time.Time `json:"sick,omitempty"`
	// Ailing counts the replacements that failed so since one lasted: until one does, no more are begun than may fail.
	Ailing int         `json:"ailing,omitempty"`
	Moved  []time.Time `json:"moved,omitempty"`
	// Fallback is the last time that on-demand was bought for want of spot.
	Fallback Fallback `json:"fallback,omitzero"`
	// Scarce is when AWS last refused a launch for want of request tokens; zero once one was made.
	Scarce time.Time `json:"scarce,omitzero"`
	// Short is since when the group lacks members that it fails to launch.
	Short time.Time `json:"short,omitzero"`
	// Uneven is since when no replacement could be begun for the zones' being out of balance.
	Uneven time.Time `json:"uneven,omitzero"`
	// Blind is since when something could not be read without which nothing gradual is begun.
	Blind  time.Time `json:"blind,omitzero"`
	Status Status    `json:"status,omitzero"`
	// Templates are the ids of the launch templates that are ours, or once were, oldest first. One is written before anything is launched from it.
	Templates []string `json:"templates,omitempty"`
	// Uses is what the owner's own members were last seen to use of their types.
	Uses Uses `json:"uses,omitzero"`
	// Calm is the group as it was when nothing was left to do for it; zero while something is.
	Calm Calm `json:"calm,omitzero"`
	// Dropped says that our launch template was deleted, the last thing but the record itself.
	Dropped bool `json:"dropped,omitempty"`
}

// Uses is what instances use of what their types offer, also where no template says so: the most that any one of them does.
type Uses struct {
	Of         string `json:"of,omitempty"` // hash of what the owner's template said then
	Interfaces int    `json:"interfaces,omitempty"`
	IPv4       int    `json:"ipv4,omitempty"` // of one interface
	IPv6       int    `json:"ipv6,omitempty"` // of one interface
	Volumes    int    `json:"volumes,omitempty"`
	// Prefixes says that an interface has a prefix of addresses, which Nitro instances alone can have.
	Prefixes bool `json:"prefixes,omitempty"`
}

// And is what any of both uses.
func (u Uses) And(o Uses) Uses {
	u.Interfaces, u.IPv4, u.IPv6, u.Volumes = max(u.Interfaces, o.Interfaces), max(u.IPv4, o.IPv4), max(u.IPv6, o.IPv6), max(u.Volumes, o.Volumes)
	u.Prefixes = u.Prefixes || o.Prefixes
	return u
}

// Purpose says why an instance is launched.
type Purpose = books.Purpose

// The purposes of a launch.
const (
	Swap    = books.Swap
	Replace = books.Replace
	Return  = books.Return
	Fill    = books.Fill
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
	// Urgent says that it was launched for a notice or a deficit, whatever it is for by now.
	Urgent bool `json:"urgent,omitempty"`
	// Ready is since when it is ready and waits for its turn, since the zones do not fit it.
	Ready time.Time `json:"ready,omitzero"`
	// Abandoned is the reason why the instance is to go; empty while it is wanted.
	Abandoned string `json:"abandoned,omitempty"`
}

// Replacement is the launched instance, without the request that it came from.
func (i Intent) Replacement() books.Replacement {
	return books.Replacement{Instance: i.Instance, Type: i.Type, Zone: i.Zone, Nonce: i.Launch.Nonce, SourceHash: i.Launch.SourceHash,
		Spot: i.Launch.Spot, Purpose: i.Purpose, Victim: i.Victim, At: i.At}
}

// Abandoned is the intent of a replacement that was not attached and has to go.
func Abandoned(r books.Replacement, why string) Intent {
	return Intent{Purpose: r.Purpose, Victim: r.Victim, Zone: r.Zone, At: r.At, Instance: r.Instance, Type: r.Type, Abandoned: why,
		Launch: Launch{Nonce: r.Nonce, Spot: r.Spot, SourceHash: r.SourceHash}}
}

// Launch is the frozen request of one instance. A retry sends exactly this again, since prices move and a
// request rebuilt under the same client token is refused (IdempotentParameterMismatch).
type Launch struct {
	Nonce           string     `json:"nonce"` // also the client token, and a tag of the instance
	Template        string     `json:"template"`
	TemplateVersion string     `json:"template_version"`
	Spot            bool       `json:"spot"`
	Overrides       []Override `json:"overrides"`
	// Count is how many instances are asked for at once, where several intents share the nonce; the first of them alone has the overrides.
	Count int               `json:"count,omitempty"`
	Tags  map[string]string `json:"tags"`
	// SourceHash identifies what the owner's template said when this was decided.
	SourceHash string `json:"source_hash"`
}

// Override is one pool that the launch may use.
type Override struct {
	Type   string  `json:"type"`
	Zone   string  `json:"zone"`
	Subnet string  `json:"subnet"`
	MaxUSD float64 `json:"max_usd,omitempty"` // per hour; 0 for on-demand
	// Version of the launch template, where it is another than the launch's: this type alone takes what it says.
	Version string `json:"version,omitempty"`
}

// Excess is a debt that was given up. It holds as long as nobody has changed desired since.
type Excess struct {
	Desired int    `json:"desired"` // as it was left, without the debts that are still open
	Why     string `json:"why"`
}

// Notice is an announced end of an instance.
type Notice struct {
	At       time.Time `json:"at"`
	Deadline time.Time `json:"deadline"`
	Action   string    `json:"action"` // terminate, stop or hibernate
	Source   string    `json:"source"` // who said so first
	// Tries counts the launches that brought nothing.
	Tries int `json:"tries,omitempty"`
	// Hasty says that a replacement was asked for before anything was described, and no look has taken it up since.
	Hasty bool `json:"hasty,omitempty"`
	// Released says that the group was told to replace the instance itself.
	Released time.Time `json:"released,omitzero"`
}

// PoolMark is a pool, type, zone or quota that failed, or a pool that was interrupted.
type PoolMark struct {
	Until    time.Time `json:"until"`
	Failures int       `json:"failures"`
	Why      string    `json:"why"`
	// Source is the hash of the owner's template that it was about; empty where any template would have failed.
	Source string `json:"source,omitempty"`
}

// Suspicion is a set of types one of which, or more, makes whole requests fail.
type Suspicion struct {
	Types  []string  `json:"types"`
	Error  string    `json:"error"`  // as AWS gave it
	Source string    `json:"source"` // hash of the owner's template that it is about
	Until  time.Time `json:"until"`  // not to be narrowed down before
	Times  int       `json:"times"`
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
	// Waiting is what is waited for.
	Waiting Waiting `json:"waiting,omitzero"`
}

// Waiting is something that is waited for while nothing else is done for the group.
type Waiting struct {
	For   string    `json:"for"`
	Since time.Time `json:"since"`
	// Told is what the owner was told of it, since it lasts.
	Told   string    `json:"told,omitempty"`
	ToldAt time.Time `json:"told_at,omitzero"`
}

// Open tells whether anything is left to be finished for the group.
func (r Record) Open() bool {
	return len(r.Intents) > 0 || r.Books.Any() || r.Books.Lease().Open() ||
		len(r.Shielded) > 0 || len(r.Orphans) > 0 || len(r.Notices) > 0 || len(r.Watched) > 0 || r.Draining() > 0
}

// Draining counts the instances that drain by our hand, or may.
func (r Record) Draining() int {
	n := 0
	for _, d := range r.Drains {
		if d.Draining() {
			n++
		}
	}
	return n
}

// Names tells whether the record says that a launch template is, or was, ours. Versions before this one wrote it with each launch only.
func (r Record) Names(template string) bool {
	return slices.Contains(r.Templates, template) || slices.ContainsFunc(r.Intents, func(it Intent) bool { return it.Launch.Template == template })
}

// Clone returns a copy that shares nothing with r.
func (r Record) Clone() Record {
	r.Intents = slices.Clone(r.Intents)
	r.Books = r.Books.Clone()
	r.Templates = slices.Clone(r.Templates)
	r.Unconfirmed, r.Sick, r.Moved = slices.Clone(r.Unconfirmed), slices.Clone(r.Sick), slices.Clone(r.Moved)
	r.Retired, r.Shielded, r.Orphans = maps.Clone(r.Retired), maps.Clone(r.Shielded), maps.Clone(r.Orphans)
	r.Said, r.Notices, r.Pools, r.Proving = maps.Clone(r.Said), maps.Clone(r.Notices), maps.Clone(r.Pools), maps.Clone(r.Proving)
	r.Suspicions, r.Watched = slices.Clone(r.Suspicions), maps.Clone(r.Watched)
	r.Drains, r.Clusters, r.CanDrain = maps.Clone(r.Drains), slices.Clone(r.Clusters), maps.Clone(r.CanDrain)
	return r
}

// stored is the form in which a record is kept: the books' own beside the rest.
type stored struct {
	rest
	books.Stored
}

// rest is a record without its methods.
type rest Record

// Encode gives the stored form. It is deterministic: map keys are sorted.
func (r Record) Encode() ([]byte, error) {
	b, err := json.Marshal(stored{rest(r), r.Books.Store()})
	if err != nil {
		return nil, fmt.Errorf("encode the record of group %q: %w", r.Group, err)
	}
	return b, nil
}

// Decode reads the stored form; revision is kept beside it by the store.
func Decode(b []byte, revision int64) (Record, error) {
	var s stored
	if err := json.Unmarshal(b, &s); err != nil {
		return Record{}, fmt.Errorf("decode a ledger record (revision %d): %w", revision, err)
	}
	return s.record(revision)
}

func (s stored) record(revision int64) (Record, error) {
	r := Record(s.rest)
	kept, err := books.Load(s.Stored)
	if err != nil {
		return Record{}, fmt.Errorf("decode the ledger record of group %q (revision %d): %w", r.Group, revision, err)
	}
	r.Books, r.Revision = kept, revision
	return r, nil
}
