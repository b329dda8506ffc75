package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"autospotting/deploy/cfn"
)

// ours lists the stacks of the region that this command made, under whatever name.
func (s *site) ours(ctx context.Context) ([]types.Stack, error) {
	all, err := s.stacks(ctx)
	return slices.DeleteFunc(all, func(d types.Stack) bool {
		return !slices.ContainsFunc(d.Tags, func(t types.Tag) bool {
			v, ok := ourTags[aws.ToString(t.Key)]
			return ok && v == aws.ToString(t.Value)
		})
	}), err
}

// stacks lists those of the region, whosever they are.
func (s *site) stacks(ctx context.Context) (out []types.Stack, err error) {
	in := &cloudformation.DescribeStacksInput{}
	for {
		page, err := s.cloudformation.DescribeStacks(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list the stacks: %w", err)
		}
		out = append(out, page.Stacks...)
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

// neighbour is an installation in this region that is not of our stack. There is one ledger in a region: what the groups carry is of
// whoever has it.
type neighbour struct {
	there  bool
	stack  string // empty where no stack has the ledger, as with Terraform
	bucket string // that its stack is installed from
}

// neighbour looks whether somebody else than our stack has the ledger. Whoever installed it, and by what, need not have our tags.
func (s *site) neighbour(ctx context.Context, main cfn.State) (n neighbour, err error) {
	if main.Outputs["TableName"] != "" {
		return n, nil
	}
	all, err := s.stacks(ctx)
	if err != nil {
		return n, err
	}
	for _, d := range all {
		st := cfn.StateOf(d)
		if st.Outputs["TableName"] == s.ledger.Table && aws.ToString(d.StackName) != s.stack {
			n = neighbour{true, aws.ToString(d.StackName), st.Parameters["ArtifactBucket"]}
			s.tell("stack %s is an installation in this region too: templates, tags and status of the groups are its, and stay", n.stack)
			return n, nil
		}
	}
	if _, err = s.ledger.Known(ctx); absent(err) {
		return n, nil
	}
	if err != nil {
		return n, fmt.Errorf("look whether another installation is here: %w", err)
	}
	s.tell("table %s is here, and no stack that is installed has it: templates, tags and status of the groups are another installation's, and stay", s.ledger.Table)
	return neighbour{there: true}, nil
}

// needs tells whether the neighbour is, or may be, installed from our bucket.
func (n neighbour) needs(bucket string) bool {
	return n.there && bucket != "" && (n.stack == "" || n.bucket == bucket)
}

// refuse says why what we would remove is a neighbour's, or needed by it; nil where it is neither.
func (s *site) refuse(n neighbour, main cfn.State, bucket string) error {
	switch {
	case n.there && n.stack == "" && !main.Exists:
		return fmt.Errorf("another installation works in this region, by Terraform perhaps: table %[1]s is here, stack %[2]s is not: remove it the way it was installed (terraform destroy); if nothing but the table is left of it, aws dynamodb delete-table --region %[3]s --table-name %[1]s; then run this again", s.ledger.Table, s.stack, s.region)
	case n.needs(bucket) && !s.keep && n.stack != "":
		return fmt.Errorf("bucket %s stays: stack %s is installed from it: remove that first, or give --keep-artifacts", bucket, n.stack)
	case n.needs(bucket) && !s.keep:
		return fmt.Errorf("bucket %s stays: another installation may be installed from it: run this again when that is gone, or give --keep-artifacts", bucket)
	}
	return nil
}
