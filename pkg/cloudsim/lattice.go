package cloudsim

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/vpclattice"
	lattypes "github.com/aws/aws-sdk-go-v2/service/vpclattice/types"
)

const svcLattice = "VPC Lattice"

// Lattice is a session's client for VPC Lattice's target groups: those of GroupSpec.TargetGroups whose ARN is of vpc-lattice. A group shows them as
// traffic sources alone.
type Lattice struct{ s *Session }

// Lattice is the session's client for VPC Lattice.
func (s *Session) Lattice() *Lattice { return &Lattice{s} }

func isLattice(arn string) bool { return strings.Contains(arn, ":vpc-lattice:") }

// ListTargets lists the targets of a target group, with the states of a load balancer's in capitals (VPC Lattice API reference, TargetSummary), in
// pages of at most 100.
func (l *Lattice) ListTargets(ctx context.Context, in *vpclattice.ListTargetsInput, _ ...func(*vpclattice.Options)) (*vpclattice.ListTargetsOutput, error) {
	return call(ctx, l.s, request{svcLattice, "ListTargets", false}, in, func(in *vpclattice.ListTargetsInput) (*vpclattice.ListTargetsOutput, error) {
		c, arn := l.s.cloud, aws.ToString(in.TargetGroupIdentifier)
		known := false
		var all []lattypes.TargetSummary
		for _, g := range c.groups {
			if g.deleted || !isLattice(arn) || !slices.Contains(g.targetGroups, arn) {
				continue
			}
			known = true
			for _, m := range g.members {
				if state, _, registered := c.targetHealth(arn, m); registered {
					all = append(all, lattypes.TargetSummary{Id: aws.String(m.i.id), Port: aws.Int32(80), Status: lattypes.TargetStatus(strings.ToUpper(string(state)))})
				}
			}
		}
		if !known {
			return nil, apiError("ResourceNotFoundException", "Target group %s not found", arn)
		}
		out := &vpclattice.ListTargetsOutput{}
		var err error
		out.Items, out.NextToken, err = paginate(all, in.MaxResults, 100, in.NextToken)
		return out, err
	})
}

// loadBalanced are the target groups that are not VPC Lattice's.
func (g *group) loadBalanced() []string {
	return slices.DeleteFunc(slices.Clone(g.targetGroups), isLattice)
}
