package main

import (
	"context"
	"errors"
	"fmt"

	"autospotting/deploy/artifact"
	"autospotting/deploy/bucket"
	"autospotting/deploy/cfn"
	"autospotting/deploy/stack"
	"autospotting/pkg/cli"
)

// artefacts are the version that is asked for, built where it is not packaged yet.
func (o *options) artefacts(ctx context.Context, tell func(string, ...any)) (artifact.Manifest, error) {
	if o.version != "" {
		return artifact.Read(o.dist, o.version)
	}
	src, err := artifact.Checkout(ctx, o.source)
	if err != nil {
		return artifact.Manifest{}, err
	}
	m, err := artifact.Read(o.dist, src.Version)
	if err == nil && !dirty(src.Version) && len(m.Artifacts) == artifact.Count {
		return m, nil
	}
	if err != nil && !errors.Is(err, artifact.ErrMissing) {
		tell("%v", err)
	}
	return artifact.Build(ctx, src, o.dist, tell)
}

// dirty tells whether the version does not say what was built.
func dirty(version string) bool { return len(version) > 6 && version[len(version)-6:] == "-dirty" }

func runPackage(ctx context.Context, o *options, st cli.Streams) error {
	for _, kind := range o.args {
		if kind != artifact.Function && kind != artifact.Spotd {
			return fmt.Errorf("%w: nothing to package is called %q: write function or spotd", cli.ErrUsage, kind)
		}
	}
	src, err := artifact.Checkout(ctx, o.source)
	if err != nil {
		return err
	}
	if o.version != "" {
		src.Version = o.version
	}
	if src.Arch = o.arch; o.arch != "" && o.arch != "amd64" && o.arch != "arm64" {
		return fmt.Errorf("%w: --arch %q: write amd64 or arm64", cli.ErrUsage, o.arch)
	}
	m, err := artifact.Build(ctx, src, o.dist, func(f string, a ...any) { fmt.Fprintf(st.Err, f+"\n", a...) }, o.args...)
	if err != nil {
		return err
	}
	if o.format == "json" {
		return cli.Document(st.Out, m)
	}
	for _, a := range m.Artifacts {
		fmt.Fprintf(st.Out, "%s  %9d  %s\n", a.SHA256, a.Bytes, a.Key)
	}
	return nil
}

func runUpload(ctx context.Context, o *options, st cli.Streams) error {
	if err := o.known(); err != nil {
		return err
	}
	m, err := o.artefacts(ctx, func(f string, a ...any) { fmt.Fprintf(st.Err, f+"\n", a...) })
	if err != nil {
		return err
	}
	var docs []map[string]any
	err = o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		name, err := s.store(ctx, m, cfn.State{})
		if err == nil {
			docs = append(docs, map[string]any{"region": s.region, "bucket": name, "version": m.Version, "dry_run": s.dryRun})
		}
		return err
	})
	return errors.Join(err, o.finish(st, docs, func() {
		for _, d := range docs {
			switch {
			case !o.dryRun:
				fmt.Fprintf(st.Out, "%s: version %s is in bucket %s\n", d["region"], d["version"], d["bucket"])
			case d["bucket"] == "":
				fmt.Fprintf(st.Out, "%s: version %s would be put into a bucket that would be made\n", d["region"], d["version"])
			default:
				fmt.Fprintf(st.Out, "%s: version %s would be put into bucket %s\n", d["region"], d["version"], d["bucket"])
			}
		}
	}))
}

// finish prints the document, or the text in its place.
func (o *options) finish(st cli.Streams, doc any, text func()) error {
	if o.format == "json" {
		return cli.Document(st.Out, doc)
	}
	text()
	return nil
}

// store brings the version into the bucket, and makes the bucket where there is none.
func (s *site) store(ctx context.Context, m artifact.Manifest, before cfn.State) (name string, err error) {
	if name, err = s.home(ctx, before); err != nil || name == "" {
		return name, err
	}
	b := s.bucketNamed(name)
	if err := b.Check(ctx); err != nil || s.dryRun {
		return name, err
	}
	return name, b.Upload(ctx, s.dist, m)
}

// home is the name of the artefact bucket: the one that is asked for, one of the owner's that the stack has, or ours. It is empty
// where that would only be made, with --dry-run.
func (s *site) home(ctx context.Context, before cfn.State) (string, error) {
	if s.bucket != "" {
		return s.bucket, nil
	}
	if name, err := s.owners(ctx, before); err != nil || name != "" {
		return name, err
	}
	wanted, err := inline(stack.Artifacts)
	if err != nil {
		return "", err
	}
	if wanted.Known, err = stack.Parameters(stack.Artifacts); err != nil {
		return "", err
	}
	wanted.Tags, wanted.Parameters = s.stackTags(), s.among(wanted.Known) // an OrganizationId's accounts then install from here too
	st, err := s.artifacts().Up(ctx, wanted, s.agree(s.stack+"-artifacts"))
	if err != nil && !(s.dryRun && errors.Is(err, cfn.ErrDeclined)) {
		return "", err
	}
	return st.Outputs["BucketName"], nil
}

// owners is the bucket that the stack is installed from, where it is not ours and still there.
func (s *site) owners(ctx context.Context, before cfn.State) (string, error) {
	name := before.Parameters["ArtifactBucket"]
	if name == "" || before.Outputs["FunctionName"] == "" { // a stack that failed tells of no decision
		return "", nil
	}
	made, err := s.artifacts().Look(ctx)
	if err != nil || made.Outputs["BucketName"] == name {
		return "", err
	}
	if err := s.bucketNamed(name).Check(ctx); err != nil {
		if errors.Is(err, bucket.ErrNone) {
			return "", nil
		}
		return "", err
	}
	s.tell("bucket %s, which stack %s is installed from, is kept; --bucket names another", name, s.stack)
	return name, nil
}

// ourTags are on the stacks and all that they make.
var ourTags = map[string]string{"application": "autospotting"}

// agree shows the changes of a stack and asks for them.
func (s *site) agree(name string) func([]cfn.Change) (bool, error) {
	return func(changes []cfn.Change) (bool, error) {
		s.tell("stack %s, %d changes:", name, len(changes))
		for _, c := range changes {
			line := fmt.Sprintf("  %-7s %-36s %s", c.Action, c.Type, c.Name)
			if c.Replacement == "True" {
				line += " (replaced)"
			}
			s.tell("%s", line)
		}
		if s.dryRun {
			return false, nil
		}
		return s.ask("Make these changes?")
	}
}
