// Package message is the wire contract between spotd and the coordinator: what
// an instance says about itself, as one JSON object per message.
//
// The contract is versioned and tolerant in one direction only: fields that are
// not known are ignored, so a newer sender of the same version is understood,
// while a version or a kind that is not known is a named error that the
// receiver logs, counts and acknowledges.
//
// The package imports nothing but the standard library, does no I/O and reads
// no clock.
package message

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Version is the version of the contract that this package writes, and the only
// one it reads.
const Version = 1

// MaxSize is the largest encoded report in bytes: what one SNS Publish carries
// (256 KiB; Amazon SNS API reference, Publish).
const MaxSize = 256 * 1024

// Kind says what a report tells.
type Kind string

// The kinds of a report.
const (
	// Hello: the daemon is up. Sent once, at once. Where the boot waited for the instance to become a member of its group, Action
	// is ActionMember or ActionNoMember.
	Hello Kind = "hello"
	// Started: the application's own probe passed; or, where there is no probe, the boot is over, and Action is ActionBoot.
	Started Kind = "started"
	// Ready: the application is up and its grace period is over.
	Ready Kind = "ready"
	// Terminating: AWS is about to terminate, stop or hibernate the instance;
	// Action says which and Deadline when.
	Terminating Kind = "terminating"
	// Rebalance: AWS sees an elevated risk of interruption. No deadline.
	Rebalance Kind = "rebalance"
	// Maintenance: a scheduled event of the host. Action is AWS's event code,
	// for instance system-reboot, and Deadline its NotBefore where known.
	Maintenance Kind = "maintenance"
	// CanDrain: the instance has a drain handler, and its metadata would show the tag by which it is asked to run it (DrainTag). Said
	// again and again: the coordinator may be younger than the instance.
	CanDrain Kind = "can-drain"
	// Drained: the drain handlers have run, since they were asked to. Deadline is that of the ask, which tells asks apart. Action is
	// ActionFailed where one of them failed.
	Drained Kind = "drained"
)

// DrainTag is the key of the tag by which the coordinator asks spotd on an instance to drain it. Its value is until when, in RFC 3339,
// UTC, in whole seconds. The key has no slash: instance metadata shows no such keys (EC2 User Guide, "View tags for your EC2 instances
// using instance metadata").
const DrainTag = "autospotting-drain"

// Kinds returns every kind, in the order of an instance's life.
func Kinds() []Kind {
	return []Kind{Hello, Started, Ready, CanDrain, Drained, Rebalance, Maintenance, Terminating}
}

// The actions of a Terminating report, as the instance metadata item
// spot/instance-action names them (EC2 User Guide, "Spot Instance interruption
// notices").
const (
	ActionTerminate = "terminate"
	ActionStop      = "stop"
	ActionHibernate = "hibernate"
)

// What a Hello, a Started or a Drained says beside its kind.
const (
	// ActionMember: the boot waited until the instance metadata item autoscaling/target-lifecycle-state was there.
	ActionMember = "member"
	// ActionNoMember: it waited for that, and went on without.
	ActionNoMember = "no-member"
	// ActionBoot: the boot is over, which says nothing of the application.
	ActionBoot = "boot"
	// ActionFailed: a drain handler failed, so that work may still run.
	ActionFailed = "failed"
)

// DetailAgain is the Detail of what was said before: the message may have been lost on its way, after the topic had taken it.
const DetailAgain = "said once more"

// Report is one thing that an instance says about itself. It is plain
// comparable data, and every field is bounded: anybody in the account may
// publish one, and what a stranger writes must not grow on its way.
type Report struct {
	// Version of the contract, see [Version].
	Version int `json:"version"`
	// ID is the same whenever the same thing is said again, see [ID].
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// At is when the sender learnt it, UTC.
	At time.Time `json:"at"`
	// Deadline is when what is told happens, UTC; zero where there is none.
	Deadline time.Time `json:"deadline,omitzero"`
	// Action is what happens at the deadline, in AWS's words, or what a Hello, a
	// Started or a Drained says beside its kind: up to [MaxCode]
	// letters, digits, dots, hyphens and underscores, see [Code].
	Action string `json:"action,omitempty"`
	From   Source `json:"from"`
	// Identity proves From; empty where the sender could not read it.
	Identity Identity `json:"identity,omitzero"`
	// Detail is text for people, for instance why a deadline is a guess: up to
	// [MaxDetail] printable characters. A longer one is cut, never refused.
	Detail string `json:"detail,omitempty"`
}

// Source is the instance that speaks. Only what the identity document repeats
// (account, region, zone, instance, type) can be proven by the signature; the
// rest is the sender's word.
type Source struct {
	Account   string `json:"account,omitempty"`
	Region    string `json:"region,omitempty"`
	Zone      string `json:"zone,omitempty"`
	Instance  string `json:"instance"`
	Type      string `json:"type,omitempty"`
	Lifecycle string `json:"lifecycle,omitempty"` // spot or on-demand
	Group     string `json:"group,omitempty"`     // the Auto Scaling group it was launched for
}

// Identity is the instance identity document and its signature.
type Identity struct {
	// Document holds the exact bytes that the metadata service served, up to
	// [MaxIdentity]: the signature covers white space too.
	Document string `json:"document,omitempty"`
	// Signature is the body of dynamic/instance-identity/rsa2048: base64 of a
	// PKCS#7, without armour, up to [MaxIdentity] bytes.
	Signature string `json:"signature,omitempty"`
}

// New returns a report of this version with its ID. Times are turned into UTC
// wall time; a zero deadline means none. Set the other fields afterwards: none
// of them is part of the ID.
func New(kind Kind, from Source, at, deadline time.Time) Report {
	return Report{
		Version:  Version,
		ID:       ID(from.Instance, kind, deadline),
		Kind:     kind,
		At:       plain(at),
		Deadline: plain(deadline),
		From:     from,
	}
}

// ID returns the identity of a report: 32 hexadecimal digits, a hash of the
// instance, the kind and the deadline. Who hears the same ID twice has heard
// the same thing twice.
func ID(instance string, kind Kind, deadline time.Time) string {
	when := ""
	if !deadline.IsZero() {
		when = deadline.UTC().Format(time.RFC3339Nano)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{instance, string(kind), when}, "\n")))
	return hex.EncodeToString(sum[:16])
}

// plain drops the monotonic reading and the zone, so that a report compares
// equal to its own decoded copy.
func plain(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.Round(0).UTC()
}
