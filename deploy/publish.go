package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"autospotting/deploy/artifact"
	"autospotting/deploy/bucket"
	"autospotting/deploy/cfn"
	"autospotting/deploy/signing"
	"autospotting/pkg/channel"
	"autospotting/pkg/cli"
)

// released is what `release` says of one region.
type released struct {
	Region    string           `json:"region"`
	Account   string           `json:"account"`
	Bucket    string           `json:"bucket"`
	DryRun    bool             `json:"dry_run"`
	Published bool             `json:"published"` // the channel was moved
	SignedBy  []string         `json:"signed_by"` // ids of keys
	Keys      []string         `json:"keys"`      // what trusts them
	Manifest  channel.Manifest `json:"manifest"`
}

func runRelease(ctx context.Context, o *options, st cli.Streams) error {
	if o.newKey != "" {
		return o.makeKey(st)
	}
	keys, err := signing.Read(os.Getenv(signing.Variable))
	if err != nil {
		return err
	}
	m, err := o.artefacts(ctx, func(f string, a ...any) { fmt.Fprintf(st.Err, f+"\n", a...) })
	if err != nil {
		return err
	}
	if dirty(m.Version) {
		return fmt.Errorf("version %s does not say what was built: commit first, or give --version of what is packaged already", m.Version)
	}
	docs := []released{}
	err = o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		doc, err := s.release(ctx, m, keys)
		if err == nil {
			docs = append(docs, doc)
		}
		return err
	})
	return errors.Join(err, o.finish(st, docs, func() {
		for _, d := range docs {
			d.print(st)
		}
	}))
}

func (d released) print(st cli.Streams) {
	switch {
	case d.DryRun && d.Bucket == "":
		fmt.Fprintf(st.Out, "%s: channel %s would be version %s, %d artefacts in a bucket that would be made\n", d.Region, d.Manifest.Channel, d.Manifest.Version, len(d.Manifest.Artifacts))
	case d.DryRun:
		fmt.Fprintf(st.Out, "%s: channel %s would be version %s, %d artefacts in bucket %s\n", d.Region, d.Manifest.Channel, d.Manifest.Version, len(d.Manifest.Artifacts), d.Bucket)
	case !d.Published:
		fmt.Fprintf(st.Out, "%s: channel %s is version %s already, until %s\n", d.Region, d.Manifest.Channel, d.Manifest.Version, stamp(d.Manifest.Expires))
	default:
		fmt.Fprintf(st.Out, "%s: channel %s is version %s, serial %d, until %s\n", d.Region, d.Manifest.Channel, d.Manifest.Version, d.Manifest.Serial, stamp(d.Manifest.Expires))
	}
	if len(d.Keys) == 0 {
		fmt.Fprintf(st.Out, "%s: UNSIGNED, since $%s is not set: nothing that updates itself takes it\n", d.Region, signing.Variable)
		return
	}
	if d.Bucket == "" {
		return
	}
	fmt.Fprintf(st.Out, "%s: follow it with UpdateChannel=s3://%s/%s UpdateKeys=%s\n", d.Region, d.Bucket, channel.Key(d.Manifest.Channel), strings.Join(d.Keys, ","))
}

func (o *options) makeKey(st cli.Streams) error {
	k, err := signing.New(o.newKey)
	if err != nil {
		return err
	}
	doc := map[string]string{"file": o.newKey, "key": channel.FormatKey(k), "id": channel.KeyID(k)}
	return o.finish(st, doc, func() {
		fmt.Fprintf(st.Out, "%s holds the private key %s: keep it secret, and a copy of it somewhere safe\npublic key, for UpdateKeys: %s\n", o.newKey, doc["id"], doc["key"])
	})
}

// release puts the artefacts there first, and moves the channel last: until then nobody sees anything of it.
func (s *site) release(ctx context.Context, m artifact.Manifest, keys []ed25519.PrivateKey) (doc released, err error) {
	doc = released{Region: s.region, Account: s.account, DryRun: s.dryRun, SignedBy: []string{}, Keys: []string{}}
	for _, k := range keys {
		public := k.Public().(ed25519.PublicKey)
		doc.SignedBy, doc.Keys = append(doc.SignedBy, channel.KeyID(public)), append(doc.Keys, channel.FormatKey(public))
	}
	files, err := s.everything(m)
	if err != nil {
		return doc, err
	}
	if doc.Bucket, err = s.home(ctx, cfn.State{}); err != nil {
		return doc, err
	}
	b := s.bucketNamed(doc.Bucket)
	was, err := s.pointer(ctx, b)
	if err != nil {
		return doc, err
	}
	before, err := s.before(was, doc.SignedBy)
	if err != nil {
		return doc, err
	}
	if doc.Manifest, err = s.manifest(m.Version, files, before.manifest, time.Now()); err != nil {
		return doc, err
	}
	if before.stands(doc.Manifest, doc.SignedBy, time.Now()) {
		doc.Manifest = before.manifest
		return doc, nil
	}
	if s.dryRun {
		return doc, nil
	}
	raw, err := channel.Seal(doc.Manifest, keys...)
	if err != nil {
		return doc, err
	}
	if err := s.publish(ctx, b, m, files); err != nil {
		return doc, err
	}
	if err := b.Point(ctx, s.channel, was, raw); err != nil {
		return doc, err
	}
	doc.Published = true
	return doc, nil
}

// pointer is where the channel points to; nowhere in a bucket that would only be made.
func (s *site) pointer(ctx context.Context, b bucket.Bucket) (was bucket.Pointer, err error) {
	if b.Name == "" {
		return was, nil
	}
	if err := b.Check(ctx); err != nil {
		return was, err
	}
	return b.Pointer(ctx, s.channel)
}

// publish puts into the bucket what the pointer will name. The pointer itself comes after it.
func (s *site) publish(ctx context.Context, b bucket.Bucket, m artifact.Manifest, files []artifact.Artifact) error {
	if err := b.PutOnce(ctx, s.dist, files); err != nil {
		return err
	}
	return b.PutManifest(ctx, s.dist, m)
}

// everything is what the version consists of, and what lies in its directory of packages.
func (s *site) everything(m artifact.Manifest) ([]artifact.Artifact, error) {
	more, others, err := artifact.Packages(s.dist, m.Version)
	if err != nil {
		return nil, err
	}
	for _, name := range others {
		if slices.ContainsFunc(m.Artifacts, func(a artifact.Artifact) bool { return path.Base(a.Key) == name }) {
			continue // spotd's binary, which is packaged and released by itself
		}
		s.tell("left out, since its name tells no kind: %s/%s", artifact.PackagesKey(m.Version), name)
	}
	if len(more) == 0 {
		s.tell("without packages: there are none in %s/%s", s.dist, artifact.PackagesKey(m.Version))
	}
	return append(slices.Clone(m.Artifacts), more...), nil
}

// manifest says what is released, now. A serial is the time in milliseconds, and above the one before: so it grows also where the
// bucket is a new one.
func (s *site) manifest(version string, files []artifact.Artifact, before channel.Manifest, now time.Time) (channel.Manifest, error) {
	serial := max(now.UnixMilli(), before.Serial+1)
	now = now.UTC().Truncate(time.Second)
	m := channel.Manifest{Schema: channel.Schema, Channel: s.channel, Version: version, Serial: serial, Created: now, Expires: now.Add(s.valid),
		Minimum: s.minimum, Rollback: s.rollback, Notes: s.notes}
	for _, f := range files {
		m.Artifacts = append(m.Artifacts, channel.Artifact{Name: f.Key, Kind: f.Kind, OS: f.OS, Arch: f.Arch, Size: f.Bytes, SHA256: f.SHA256})
	}
	if order, comparable := channel.Compare(version, before.Version); comparable && order < 0 && !s.rollback {
		return m, fmt.Errorf("channel %s is version %s, which is newer than %s: give --rollback if that is meant", s.channel, before.Version, version)
	}
	return m, m.Check()
}

// previous is what the channel said before.
type previous struct {
	manifest channel.Manifest
	signers  []string
}

// before reads what the channel says now. What cannot be read is replaced, and said.
func (s *site) before(was bucket.Pointer, signers []string) (p previous, err error) {
	if was.Raw == nil {
		return p, nil
	}
	if p.manifest, p.signers, err = channel.Unverified(was.Raw); err != nil {
		s.tell("what channel %s says now cannot be read (%v): it is replaced", s.channel, err)
		return previous{}, nil
	}
	known := func(id string) bool { return slices.Contains(signers, id) }
	if len(p.signers) > 0 && !slices.ContainsFunc(p.signers, known) {
		s.tell("channel %s was signed with %s until now, and whoever trusts only that will refuse this: while keys change, sign with both (docs/releases.md)", s.channel, strings.Join(p.signers, ", "))
	}
	return p, nil
}

// stands tells whether the channel says all this already, for more than half of its time yet.
func (p previous) stands(m channel.Manifest, signers []string, now time.Time) bool {
	if p.manifest.Expires.Sub(now) < m.Expires.Sub(m.Created)/2 || !slices.Equal(p.signers, signers) {
		return false
	}
	m.Serial, m.Created, m.Expires = p.manifest.Serial, p.manifest.Created, p.manifest.Expires
	return reflect.DeepEqual(m, p.manifest)
}
