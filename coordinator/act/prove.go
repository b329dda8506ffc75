package act

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// namedFor is how long it is remembered which template has the name of ours. What we launch is in the record before it exists, so that this is
// asked only for what no record knows.
const namedFor = 5 * time.Minute

type namedTemplate struct {
	id string // empty where there is none
	at time.Time
}

// prove tells which of the instances with our marks are ours: those of a launch template that the record names, or that has the name of ours now.
// The others stay unproven.
func (a *Actor) prove(ctx context.Context, group string, byID map[string]decide.Instance, rec ledger.Record) {
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		i := byID[id]
		if !i.Unproven {
			continue
		}
		ours := rec.Names(i.Template)
		if !ours && i.Live() {
			named, asked := a.named(ctx, group)
			ours, i.Unasked = named == i.Template, !asked
		}
		i.Ours, i.Unproven = ours, !ours
		byID[id] = i
	}
}

// named finds the template that has the name of ours; empty where there is none, and not asked where it cannot be read. That stops nothing: who has a
// record needs no such proof.
func (a *Actor) named(ctx context.Context, group string) (id string, asked bool) {
	name := decide.TemplateName(group)
	if n, ok := a.cache.named.get(name); ok && a.Now().Sub(n.at) < namedFor {
		return n.id, true
	}
	out, err := a.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: &name, Versions: []string{latestVersion}})
	if f, _ := classify(err); err != nil && f != decide.Gone {
		return "", false
	}
	n := namedTemplate{at: a.Now()}
	if err == nil && len(out.LaunchTemplateVersions) > 0 {
		n.id = aws.ToString(out.LaunchTemplateVersions[0].LaunchTemplateId)
	}
	a.cache.named.put(name, n)
	return n.id, true
}
