package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"autospotting/coordinator/ledger"
	"autospotting/deploy/cfn"
	"autospotting/deploy/estate"
	"autospotting/pkg/cli"
)

// removed is what `down` says of one region.
type removed struct {
	Region  string        `json:"region"`
	Account string        `json:"account"`
	Stack   string        `json:"stack"`
	Bucket  string        `json:"bucket,omitempty"`
	DryRun  bool          `json:"dry_run"`
	Traces  estate.Traces `json:"traces"`
	Removed bool          `json:"removed"`
}

func runDown(ctx context.Context, o *options, st cli.Streams) error {
	docs := []removed{}
	err := o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		doc, err := s.down(ctx)
		docs = append(docs, doc)
		return err
	})
	return errors.Join(err, o.finish(st, docs, func() {
		for _, d := range docs {
			if d.Removed {
				fmt.Fprintf(st.Out, "%s: nothing of autospotting is left\n", d.Region)
			}
		}
	}))
}

func (s *site) down(ctx context.Context) (doc removed, err error) {
	doc = removed{Region: s.region, Account: s.account, Stack: s.stack, DryRun: s.dryRun}
	main, err := s.main().Look(ctx)
	if err != nil {
		return doc, err
	}
	store, err := s.artifacts().Look(ctx)
	if err != nil {
		return doc, err
	}
	other, err := s.neighbour(ctx, main)
	if err != nil {
		return doc, err
	}
	if doc.Traces, err = s.traces(ctx, main, other); err != nil {
		return doc, err
	}
	doc.Bucket = store.Outputs["BucketName"]
	stays := s.refuse(other, main, doc.Bucket)
	if stays != nil && !main.Exists {
		return doc, stays
	}
	if stays != nil { // our stack that failed beside it goes all the same
		doc.Bucket, store = "", cfn.State{}
	}
	if !main.Exists && !store.Exists && doc.Traces.None() {
		s.tell("nothing of autospotting is here")
		doc.Removed = true
		return doc, nil
	}
	if err := errors.Join(s.quiet(ctx, main), s.orphans(main, doc.Traces)); err != nil {
		return doc, err
	}
	s.announce(main, doc)
	if s.dryRun {
		return doc, nil
	}
	if ok, err := s.ask("Remove all this?"); err != nil || !ok {
		return doc, errors.Join(err, orDeclined(err))
	}
	if err := s.remove(ctx, main, store, other, &doc); err != nil {
		return doc, err
	}
	doc.Removed = stays == nil
	return doc, stays
}

// traces are what is to be removed beside the stacks. Where there is another installation they are that one's.
func (s *site) traces(ctx context.Context, main cfn.State, other neighbour) (estate.Traces, error) {
	if other.there {
		return estate.Traces{}, nil
	}
	if _, err := s.records(ctx, main); err != nil { // which know the templates that were ours
		return estate.Traces{}, err
	}
	return s.estate.Look(ctx, s.once)
}

func orDeclined(err error) error {
	if err != nil {
		return nil
	}
	return cfn.ErrDeclined
}

// quiet refuses while instances are being replaced, unless it is forced.
func (s *site) quiet(ctx context.Context, main cfn.State) error {
	open, _, err := s.open(ctx, main)
	if err != nil || len(open) == 0 {
		return err
	}
	if s.force {
		s.tell("in flight, and left as it is: %s", strings.Join(open, "; "))
		return nil
	}
	return fmt.Errorf("the coordinator is at work: %s: wait until spotctl status shows nothing in flight (take the groups' tag away so that nothing new begins), or give --force", strings.Join(open, "; "))
}

// orphans refuses while instances of ours are in no group, unless it is forced: once we are gone nobody ends them.
func (s *site) orphans(main cfn.State, t estate.Traces) error {
	if len(t.Orphans) == 0 || s.force {
		return nil
	}
	wait := ""
	if main.Outputs["FunctionName"] != "" {
		wait = "wait a few minutes until the coordinator has ended them, "
	}
	return fmt.Errorf("instances of ours are in no group, and would bill for ever: %[1]s: %[2]send them yourself (aws ec2 terminate-instances --region %[3]s --instance-ids %[1]s), or give --force, which leaves them", strings.Join(t.Orphans, " "), wait, s.region)
}

// open lists what is in flight, and the groups whose MaxSize is leased.
func (s *site) open(ctx context.Context, main cfn.State) (open, leased []string, err error) {
	records, err := s.records(ctx, main)
	for _, r := range records {
		if why := estate.InFlight(r); why != "" {
			open = append(open, r.Group+": "+why)
		}
		if r.Books.Lease().Open() {
			leased = append(leased, r.Group)
		}
	}
	return open, leased, err
}

// records reads the ledger, and remembers for when it is gone which launch templates are or were ours.
func (s *site) records(ctx context.Context, main cfn.State) (records []ledger.Record, err error) {
	if !main.Exists || main.Outputs["TableName"] == "" {
		return nil, nil
	}
	names, err := s.ledger.Known(ctx)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	for _, name := range names {
		r, err := s.ledger.Get(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("read the record of group %s: %w", name, err)
		}
		r.Group = name
		records = append(records, r)
		s.once = append(s.once, r.Templates...)
	}
	slices.Sort(s.once)
	s.once = slices.Compact(s.once)
	return records, nil
}

func absent(err error) bool { return code(err) == "ResourceNotFoundException" }

// code is what AWS calls the error; empty where it is none of AWS's.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func (s *site) announce(main cfn.State, doc removed) {
	s.tell("to be removed:")
	if main.Exists {
		s.tell("  stack %s with all that it made: topics, queues, ledger, function, rules, log, alarms", s.stack)
	}
	if doc.Bucket != "" && !s.keep {
		s.tell("  stack %s-artifacts, bucket %s and every version of what is in it", s.stack, doc.Bucket)
	}
	for _, t := range []struct {
		what string
		of   []string
	}{{"our launch templates", doc.Traces.Templates}, {"our tags of instances, which stay", doc.Traces.Instances}, {"our status tag of groups, which stay", doc.Traces.Groups},
		{"not to be removed, and billing until you end them: instances that are in no group", doc.Traces.Orphans},
		{"left as they are, with our tags: instances of launch templates that are not known to be ours", doc.Traces.Unproven}} {
		if len(t.of) > 0 {
			s.tell("  %s: %s", t.what, strings.Join(t.of, ", "))
		}
	}
}

// end takes the stack away, quietly. Where that fails while the stack still stands, the function hears again: nobody else would
// answer for the groups.
func (s *site) end(ctx context.Context, main cfn.State) error {
	err := s.stop(ctx, main)
	if err == nil {
		err = s.main().Down(ctx)
	}
	if err != nil {
		err = errors.Join(err, s.resume(ctx, main))
	}
	return err
}

// stop lets the function take no more messages, looks once more whether it had begun something meanwhile, and hands back what is
// only lent.
func (s *site) stop(ctx context.Context, main cfn.State) error {
	if !main.Exists || main.Outputs["FunctionName"] == "" {
		return nil
	}
	if _, err := s.listen(ctx, main, false); err != nil {
		return err
	}
	if err := s.still(ctx, main); err != nil {
		return err
	}
	if err := s.quiet(ctx, main); err != nil {
		return err
	}
	traces, err := s.traces(ctx, main, neighbour{})
	if err != nil {
		return err
	}
	if err := s.orphans(main, traces); err != nil {
		return err
	}
	_, leased, err := s.open(ctx, main)
	if err != nil {
		return err
	}
	for _, name := range leased {
		r, err := s.ledger.Get(ctx, name)
		if err != nil {
			return err
		}
		said, err := s.estate.HandBack(ctx, name, r.Books.Lease())
		if err != nil {
			return err
		}
		if said != "" {
			s.tell("%s", said)
		}
	}
	return nil
}

// remove takes away first what works, then its traces, then what it was installed from.
func (s *site) remove(ctx context.Context, main, store cfn.State, other neighbour, doc *removed) (err error) {
	if err := s.end(ctx, main); err != nil {
		return err
	}
	if !other.there { // one may have come since
		if other, err = s.neighbour(ctx, cfn.State{}); err != nil {
			return err
		}
		if err := s.refuse(other, main, doc.Bucket); err != nil {
			return err
		}
	}
	traces, err := s.traces(ctx, cfn.State{}, other) // the function may have made some since
	if err != nil {
		return err
	}
	if len(traces.Orphans) > 0 { // said before their tags go, by which they are found
		s.tell("in no group, left running, and billing until you end them: %s", strings.Join(traces.Orphans, ", "))
	}
	if err := s.estate.Remove(ctx, traces); err != nil {
		return err
	}
	if s.keep {
		return nil
	}
	if doc.Bucket != "" {
		s.tell("emptying bucket %s", doc.Bucket)
		if err := s.bucketNamed(doc.Bucket).Empty(ctx); err != nil {
			return err
		}
	}
	if store.Exists {
		return s.artifacts().Down(ctx)
	}
	return nil
}
