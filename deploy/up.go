package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"autospotting/deploy/artifact"
	"autospotting/deploy/cfn"
	"autospotting/deploy/estate"
	"autospotting/deploy/stack"
	"autospotting/pkg/cli"
)

// installed is what `up` says of one region.
type installed struct {
	Region  string            `json:"region"`
	Account string            `json:"account"`
	Stack   string            `json:"stack"`
	Status  string            `json:"status"`
	Version string            `json:"version"`
	DryRun  bool              `json:"dry_run"`
	Changes []cfn.Change      `json:"changes"`
	Outputs map[string]string `json:"outputs"`
}

func runUp(ctx context.Context, o *options, st cli.Streams) error {
	if err := o.known(); err != nil {
		return err
	}
	m, err := o.artefacts(ctx, func(f string, a ...any) { fmt.Fprintf(st.Err, f+"\n", a...) })
	if err != nil {
		return err
	}
	docs := []installed{}
	err = o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		doc, err := s.up(ctx, m)
		if err == nil {
			docs = append(docs, doc)
		}
		return err
	})
	return errors.Join(err, o.finish(st, docs, func() {
		for _, d := range docs {
			fmt.Fprintf(st.Out, "%s: %s, version %s\n", d.Region, d.Status, d.Version)
		}
	}))
}

// known refuses parameters that the template does not have, before anything is done.
func (o *options) known() error {
	known, err := stack.Parameters(stack.Autospotting)
	if err != nil {
		return err
	}
	bucket, err := stack.Parameters(stack.Artifacts)
	if err != nil {
		return err
	}
	for _, name := range bucket {
		if !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.parameters)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%w: --parameter %s: the stack has no such parameter; it has %s", cli.ErrUsage, name, strings.Join(known, ", "))
		}
	}
	return nil
}

func (s *site) up(ctx context.Context, m artifact.Manifest) (doc installed, err error) {
	doc = installed{Region: s.region, Account: s.account, Stack: s.stack, Version: m.Version, DryRun: s.dryRun, Changes: []cfn.Change{}}
	s.tell("account %s, region %s, as %s", s.account, s.region, s.caller)
	before, err := s.main().Look(ctx)
	if err != nil {
		return doc, err
	}
	brought, err := s.followed(ctx, before)
	if err != nil {
		return doc, err
	}
	kept, err := s.keeps(brought, before, m.Version)
	if err != nil {
		return doc, err
	}
	home, err := s.store(ctx, m, before)
	if err != nil {
		return doc, err
	}
	w, takeBack, err := s.send(ctx, home, stack.Autospotting, s.dryRun)
	if err != nil {
		return doc, err
	}
	defer func() { err = errors.Join(err, takeBack()) }()
	w.Tags = s.stackTags()
	if w.Known, err = stack.Parameters(stack.Autospotting); err != nil {
		return doc, err
	}
	if w.Parameters, err = s.parametersOf(ctx, m, cmp.Or(home, "made-at-the-first-up"), before); err != nil {
		return doc, err
	}
	if kept {
		brought.keep(w.Parameters)
		doc.Version = brought.Version
	}
	agree := s.agree(s.stack)
	after, err := s.main().Up(ctx, w, func(c []cfn.Change) (bool, error) {
		doc.Changes = append(doc.Changes, c...)
		return agree(c)
	})
	if errors.Is(err, cfn.ErrDeclined) && s.dryRun {
		after, err = before, nil
	}
	doc.Status, doc.Outputs = cmp.Or(after.Status, "NOT_INSTALLED"), after.Outputs
	if err != nil || s.dryRun {
		return doc, err
	}
	return doc, s.hear(ctx, after) // also where a removal was killed, of which the stack knows nothing
}

// parametersOf are those of the release, the roles of the groups, and what is said on the command line.
func (s *site) parametersOf(ctx context.Context, m artifact.Manifest, home string, before cfn.State) (map[string]string, error) {
	said := map[string]string{"ArtifactBucket": home}
	for _, from := range []map[string]string{before.Parameters, s.parameters} {
		for _, k := range []string{"Architecture", "Scope", "Tag"} {
			if v, ok := from[k]; ok {
				said[k] = v
			}
		}
	}
	zip, err := m.Zip(cmp.Or(said["Architecture"], "arm64"))
	if err != nil {
		return nil, err
	}
	said["FunctionKey"], said["SpotdSHA256"] = zip.Key, m.Checksums()
	said["ReleaseURL"] = s.downloads(s.address(home, "spotd/"+m.Version), before)
	roles, err := s.roles(ctx, said, before)
	if err != nil {
		return nil, err
	}
	said["InstanceRoleArns"] = roles
	if tags := s.resourceTags(before); tags != "" {
		said["ResourceTags"] = tags
	}
	known, err := stack.Parameters(stack.Autospotting)
	if err != nil {
		return nil, err
	}
	maps.Copy(said, s.among(known))
	s.hearDeficits(said)
	return said, nil
}

// downloads is where spotd is loaded from: nowhere, where its owner has switched it off.
func (s *site) downloads(url string, before cfn.State) string {
	was, known := before.Parameters["ReleaseURL"]
	_, asked := s.parameters["ReleaseURL"]
	if !known || was != "" || asked || before.Outputs["FunctionName"] == "" {
		return url
	}
	s.tell("spotd stays off; --parameter ReleaseURL=%s switches it on", url)
	return ""
}

// hearDeficits lets the alarm on missing capacity wait for ticks that are asked for, unless its period is asked for too.
func (s *site) hearDeficits(said map[string]string) {
	rate, asked := said["TickRate"]
	if _, too := said["DeficitPeriod"]; !asked || too {
		return
	}
	period, ok := stack.DeficitPeriod(rate)
	if !ok {
		s.tell("how far apart ticks of %s are is not known here: give --parameter DeficitPeriod=SECONDS, not less, or the alarm on missing capacity may stay silent", rate)
		return
	}
	said["DeficitPeriod"] = period
}

// address is where S3 has an object of a bucket of this region.
func (s *site) address(bucket, key string) string {
	return fmt.Sprintf("https://%s.s3.%s.%s/%s", bucket, s.region, suffix(s.region), key)
}

// suffix is the name under which AWS has its services in the region's partition (AWS::URLSuffix).
func suffix(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// roles are those of the instances in the groups that would be served, and those that the stack had: a group that is being left
// needs its own to the end.
func (s *site) roles(ctx context.Context, said map[string]string, before cfn.State) (string, error) {
	groups, err := s.estate.Groups(ctx, scopeOf(said))
	if err != nil {
		return "", err
	}
	all := estate.Roles(groups)
	for _, g := range groups {
		if g.Problem != "" {
			s.tell("group %s: %s: name the role of its instances with --parameter InstanceRoleArns=…", g.Name, g.Problem)
		}
	}
	for had := range strings.SplitSeq(before.Parameters["InstanceRoleArns"], ",") {
		if strings.HasPrefix(had, "arn:") && !slices.Contains(all, had) {
			all = append(all, had)
		}
	}
	if len(all) > 0 {
		s.tell("the function may give these roles to what it launches: %s", strings.Join(all, ", "))
	}
	slices.Sort(all)
	return strings.Join(all, ","), nil
}
