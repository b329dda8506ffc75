// Package preflight tells whether an account and a region are ready for an installation, and whether one that is there may do what
// the groups in its scope need. It only looks. What cannot be asked, and what cannot be known, is said so.
package preflight

import (
	"context"
	"fmt"

	"autospotting/coordinator/settings"
	"autospotting/deploy/estate"
)

// Finding is one line of the doctor's.
type Finding struct {
	Region string `json:"region"`
	Check  string `json:"check"`
	Level  string `json:"level"` // ok, warning, problem
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

// The levels. Only a problem stands in the way of an installation or of a group.
const (
	OK      = "ok"
	Warning = "warning"
	Problem = "problem"
)

// Examination looks at one region.
type Examination struct {
	Region, Account, Caller string
	// Stack is the installation's name. Exists says that it is there, and then Function is the name of its function.
	Stack, Function string
	Exists          bool
	// Parameters are those of the stack, with what is asked for.
	Parameters map[string]string
	Scope      settings.Scope
	// Groups lists the groups in the scope.
	Groups func(context.Context, settings.Scope) ([]estate.Group, error)
	// Explain makes one line of an error.
	Explain func(error) string

	CloudFormation CloudFormation
	EC2            EC2
	IAM            IAM
	KMS            KMS
	Lambda         Lambda
	Quotas         Quotas

	found []Finding
}

// Run looks at everything and returns what it found.
func (e *Examination) Run(ctx context.Context) []Finding {
	e.say(OK, "credentials", fmt.Sprintf("account %s, as %s", e.Account, e.Caller), "")
	for _, check := range []func(context.Context){e.optedIn, e.installer, e.serviceRoles, e.spotQuota, e.concurrency, e.predecessors, e.estate} {
		check(ctx)
	}
	return e.found
}

// estate looks at the groups, and at what their instances need: a role, keys, and a way to speak.
func (e *Examination) estate(ctx context.Context) {
	groups, err := e.Groups(ctx, e.Scope)
	if err != nil {
		e.unasked("groups", err)
		return
	}
	if len(groups) == 0 {
		e.say(Warning, "groups", "no Auto Scaling group "+e.Scope.String(), "tag the groups that are to be served, now or later")
		return
	}
	e.groups(ctx, groups)
	e.keys(ctx, groups)
	e.ways(ctx, groups)
}

func (e *Examination) say(level, check, text, remedy string) {
	e.found = append(e.found, Finding{e.Region, check, level, text, remedy})
}

// unasked notes that a question was not answered. That is a warning: whoever looks may well lack rights that the stack needs not.
func (e *Examination) unasked(check string, err error) {
	e.say(Warning, check, "cannot be asked: "+e.Explain(err), "")
}
