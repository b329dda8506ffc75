// Package decide turns what is known about one group into what to do next. It is pure: a World in, a Plan out;
// no I/O, no clock, no SDK, no logging. The exact rules are those of the protocol (docs/protocol.md).
//
// Decide is called in rounds: observe, decide, write the record, apply the actions, learn from the answers,
// and observe again. A plan therefore holds only steps that are right on the world it was given, and no step
// relies on the success of an earlier one of the same plan.
package decide

import (
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

// World is all that a decision may depend on.
type World struct {
	Now       time.Time
	Settings  settings.Settings
	Group     Group
	Instances []Instance // the group's members and every instance that carries our group tag
	Record    ledger.Record
	Heard     []Hint
	// Glance says that nothing but the group's description and its members was read, since nothing has to be done (see Idle).
	Glance   bool
	Template Template
	Catalog  market.Catalog
	Unpriced string // why there is no Catalog now; empty if there is
	// Scarce is when a launch of any group was last refused for want of request tokens, as far as this process knows.
	Scarce time.Time
	// Shared is what other groups of the account were refused lately, by the keys of the record's Pools.
	Shared map[string]ledger.PoolMark
	// Activities are the group's scaling activities since the oldest open pair, newest first; read only while
	// a pair is open or the group is short of members. Unread tells that they were wanted and could not be read.
	Activities []Activity
	Unread     bool
	// Cached are the reads that were not made for this look, since they were made within the last minute, by what they tell. Nothing gradual is done on
	// one of them (see Plan.Fresh).
	Cached []string
	// hold leaves out what is gradual, since something is Cached, and something else cannot wait for it to be read anew.
	hold bool
	// Missing are the reads that were wanted and failed. What they would have told is unknown, not empty.
	Missing []Missing
}

// HintKind is what a message was about.
type HintKind string

// The kinds of hints. A hint says where to look and what was heard; facts come from the APIs.
const (
	HeardHello       HintKind = "hello"
	HeardStarted     HintKind = "started"
	HeardReady       HintKind = "ready"
	HeardCanDrain    HintKind = "can-drain"
	HeardDrained     HintKind = "drained"
	HeardTerminating HintKind = "terminating"
	HeardRebalance   HintKind = "rebalance"
	HeardChange      HintKind = "change" // an instance or the group changed: look
)

// FromSpotd is the source of what a report said.
const FromSpotd = "spotd"

// SaidBoot is what spotd says with started, in Hint.Action, where its boot is over (message.ActionBoot), which says nothing of the application.
const SaidBoot = "boot"

// SaidFailed is what spotd says with drained, in Hint.Action, where a drain handler failed (message.ActionFailed).
const SaidFailed = "failed"

// Hint is one message about the group, already decoded and checked for who said it.
type Hint struct {
	Kind     HintKind  `json:"kind"`
	Instance string    `json:"instance,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	Action   string    `json:"action,omitempty"`
	// Trusted is set for a verified signature, and for what came from EventBridge.
	Trusted bool   `json:"trusted,omitempty"`
	Source  string `json:"source,omitempty"`
}

// Template is what a replacement would be launched from.
type Template struct {
	// Hash identifies source template, resolved version, image and user data.
	Hash string
	// Type is the instance type that the owner's template names; empty where it names none.
	Type string
	// ID and Version are our own template made from it; empty until it exists.
	ID, Version string
	// Burstable is the version for burstable types, which says what they alone take; empty where it is the same.
	Burstable string
	// Need is what the image and the block devices ask of an instance type; its victim fields are filled here.
	Need market.Need
	// Needs are what the owner's user data needs of the group, or does to what others share.
	Needs []UserNeed
	// Windows says that it is for Windows, whose first boot takes long.
	Windows bool
	// Mute says that no spotd tells how the boot of what is launched goes.
	Mute bool
	// Hasty is the reason why what the user data needs cannot wait for membership; empty if it can.
	Hasty string
	// HookStops is where the boot would stop before its work is done, since it cannot complete a launching hook that did not run; HookFails is where it
	// would have done all, and count as failed. Empty where neither is so.
	HookStops, HookFails string
	// Clocked is where the owner's user data has something run by the clock; empty if nowhere.
	Clocked string
	// Cluster is the ECS cluster whose hosts the instances are, by their user data; empty where they are none, or it cannot be told which.
	Cluster string
	// NeedsUnread says what of the user data could not be read, so that it may have more needs; empty where all was.
	NeedsUnread string
	// Unreadable is the reason why there is no template; empty if there is one. Step is what the owner can do about it.
	Unreadable string
	Step       string
	// CopyOf is when this was read, where it could not be read now; zero where it was.
	CopyOf time.Time
	// Notes say how what is launched differs from what the owner's template says, and why spotd is not on board.
	Notes []string
}
