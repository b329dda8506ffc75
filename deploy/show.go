package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"autospotting/deploy/stack"
	"autospotting/pkg/cli"
)

// health is what `status` says of one region.
type health struct {
	Region     string            `json:"region"`
	Account    string            `json:"account"`
	Stack      string            `json:"stack"`
	Status     string            `json:"status"`
	Reason     string            `json:"reason,omitempty"`
	Version    string            `json:"version"`
	Channel    *followed         `json:"channel,omitempty"` // what the release channel made of it since
	InFlight   []string          `json:"in_flight"`
	Leased     []string          `json:"leased"`
	Parameters map[string]string `json:"parameters"`
}

func runStatus(ctx context.Context, o *options, st cli.Streams) error {
	docs := []health{}
	err := o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		main, err := s.main().Look(ctx)
		if err != nil {
			return err
		}
		h := health{Region: s.region, Account: s.account, Stack: s.stack, Status: cmp.Or(main.Status, "NOT_INSTALLED"), Reason: main.Reason,
			Version: versionIn(main.Parameters["FunctionKey"]), InFlight: []string{}, Leased: []string{}, Parameters: main.Parameters}
		if brought, err := s.followed(ctx, main); err != nil {
			return err
		} else if brought.Version != "" {
			h.Channel = &brought
		}
		open, leased, err := s.open(ctx, main)
		h.InFlight, h.Leased = append(h.InFlight, open...), append(h.Leased, leased...)
		docs = append(docs, h)
		return err
	})
	return errors.Join(err, o.finish(st, docs, func() {
		for _, h := range docs {
			fmt.Fprintf(st.Out, "%s: stack %s is %s, version %s\n", h.Region, h.Stack, h.Status, cmp.Or(h.Version, "none"))
			if c := h.Channel; c != nil {
				fmt.Fprintf(st.Out, "  by its release channel: version %s\n", c.Version)
				if c.Phase != "" {
					fmt.Fprintf(st.Out, "  an update to %s is under way: %s\n", c.To, c.Phase)
				}
			}
			for _, k := range slices.Sorted(maps.Keys(h.Parameters)) {
				if v := h.Parameters[k]; v != "" {
					fmt.Fprintf(st.Out, "  %s=%s\n", k, v)
				}
			}
			for _, f := range h.InFlight {
				fmt.Fprintf(st.Out, "  in flight: %s\n", f)
			}
			for _, l := range h.Leased {
				fmt.Fprintf(st.Out, "  MaxSize raised for a while: %s\n", l)
			}
		}
	}))
}

// versionIn reads the version from the function's key.
func versionIn(key string) string {
	parts := strings.Split(key, "/")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}

func runOutputs(ctx context.Context, o *options, st cli.Streams) error {
	docs := map[string]map[string]string{}
	err := o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		main, err := s.main().Look(ctx)
		if err == nil && !main.Exists {
			err = fmt.Errorf("stack %s is not installed", s.stack)
		}
		if err == nil {
			docs[s.region] = main.Outputs
		}
		return err
	})
	return errors.Join(err, o.finish(st, docs, func() {
		for _, region := range slices.Sorted(maps.Keys(docs)) {
			for _, k := range slices.Sorted(maps.Keys(docs[region])) {
				fmt.Fprintf(st.Out, "%s  %-20s %s\n", region, k, docs[region][k])
			}
		}
	}))
}

func runTemplate(_ context.Context, o *options, st cli.Streams) error {
	if len(o.args) != 1 {
		return fmt.Errorf("%w: name one template: %s", cli.ErrUsage, strings.Join(stack.Names(), " or "))
	}
	text, err := stack.Template(o.args[0])
	if err != nil {
		return fmt.Errorf("%w: %w", cli.ErrUsage, err)
	}
	_, err = st.Out.Write(text)
	return err
}

// valid is what `validate` says of one template in one region.
type valid struct {
	Region   string `json:"region"`
	Template string `json:"template"`
	Valid    bool   `json:"valid"`
}

func runValidate(ctx context.Context, o *options, st cli.Streams) error {
	docs := []valid{}
	err := o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		home, err := s.standing(ctx)
		if err != nil {
			return err
		}
		for _, name := range stack.Names() {
			err := s.validate(ctx, home, name)
			docs = append(docs, valid{s.region, name, err == nil})
			if err != nil {
				return fmt.Errorf("template %s: %w", name, err)
			}
		}
		return nil
	})
	return errors.Join(err, o.finish(st, docs, func() {
		for _, d := range docs {
			if d.Valid {
				fmt.Fprintf(st.Out, "%s: template %s is valid\n", d.Region, d.Template)
			}
		}
	}))
}

func runList(ctx context.Context, o *options, st cli.Streams) error {
	type one struct {
		Region string `json:"region"`
		Stack  string `json:"stack"`
		Status string `json:"status"`
		Since  string `json:"since"`
	}
	docs := []one{}
	err := o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		all, err := s.ours(ctx)
		for _, d := range all {
			docs = append(docs, one{s.region, aws.ToString(d.StackName), string(d.StackStatus), stamp(aws.ToTime(d.CreationTime))})
		}
		return err
	})
	return errors.Join(err, o.finish(st, docs, func() {
		if len(docs) == 0 && err == nil {
			fmt.Fprintf(st.Err, "nothing of autospotting is in %s\n", o.regions.String())
		}
		for _, d := range docs {
			fmt.Fprintf(st.Out, "%-16s %-32s %-20s since %s\n", d.Region, d.Stack, d.Status, d.Since)
		}
	}))
}
