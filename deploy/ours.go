package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// ours lists the stacks of the region that this command made, under whatever name.
func (s *site) ours(ctx context.Context) (out []types.Stack, err error) {
	in := &cloudformation.DescribeStacksInput{}
	for {
		page, err := s.cloudformation.DescribeStacks(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list the stacks: %w", err)
		}
		for _, d := range page.Stacks {
			for _, t := range d.Tags {
				if v, ok := ourTags[aws.ToString(t.Key)]; ok && v == aws.ToString(t.Value) {
					out = append(out, d)
				}
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

// installedAs is the name of another stack that is an installation in this region; empty if there is none. There is one ledger in a
// region, so that this one, if it is there at all, was never made whole.
func (s *site) installedAs(ctx context.Context) (string, error) {
	all, err := s.ours(ctx)
	for _, d := range all {
		for _, o := range d.Outputs {
			if aws.ToString(o.OutputKey) == "TableName" && aws.ToString(d.StackName) != s.stack {
				return aws.ToString(d.StackName), nil
			}
		}
	}
	return "", err
}
