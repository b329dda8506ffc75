package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"autospotting/deploy/preflight"
	"autospotting/pkg/cli"
)

// errUnfit is the end of an examination that found problems.
var errUnfit = errors.New("there are problems to be solved first")

func runDoctor(ctx context.Context, o *options, st cli.Streams) error {
	if err := o.known(); err != nil {
		return err
	}
	all := []preflight.Finding{}
	err := o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		e, err := s.examination(ctx)
		if err == nil {
			all = append(all, e.Run(ctx)...)
		}
		return errors.Join(err, ctx.Err())
	})
	unfit := slices.ContainsFunc(all, func(f preflight.Finding) bool { return f.Level == preflight.Problem })
	err = errors.Join(err, o.finish(st, all, func() {
		for _, f := range all {
			fmt.Fprintf(st.Out, "%-14s %-8s %-22s %s\n", f.Region, f.Level, f.Check, f.Text)
			if f.Remedy != "" {
				fmt.Fprintf(st.Out, "%-47s %s\n", "", f.Remedy)
			}
		}
	}))
	if err == nil && unfit {
		err = errUnfit
	}
	return err
}

// examination is of this region, with the stack as it is and what is asked for.
func (s *site) examination(ctx context.Context) (*preflight.Examination, error) {
	main, err := s.main().Look(ctx)
	if err != nil {
		return nil, err
	}
	said := map[string]string{}
	maps.Copy(said, main.Parameters)
	maps.Copy(said, s.parameters)
	return &preflight.Examination{
		Region: s.region, Account: s.account, Caller: s.caller, Stack: s.stack, Function: main.Outputs["FunctionName"], Exists: main.Exists,
		Parameters: said, Scope: scopeOf(said), Groups: s.estate.Groups, Explain: explain,
		CloudFormation: s.cloudformation, EC2: s.ec2, IAM: s.iam, KMS: s.kms, Lambda: s.lambda, Quotas: s.quotas,
	}, nil
}
