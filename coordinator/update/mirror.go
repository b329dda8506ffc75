package update

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"autospotting/pkg/channel"
)

// mirror brings what a release installs into the installation's own bucket, under the keys that spotctl up would use: the function
// and instances take it from there, whoever is in between, and spotctl up finds it. What is in the wrong is refused before
// anything is changed.
func (u *Updater) mirror(ctx context.Context, m channel.Manifest) error {
	zip, err := m.Find(channel.Function, "linux", u.Arch)
	if err == nil && zip.Name != u.zipKey(m.Version) {
		err = fmt.Errorf("%s is not where the function of version %s belongs", zip.Name, m.Version)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	for _, a := range m.Artifacts {
		if a.Kind != channel.Function && a.Kind != channel.Spotd {
			continue
		}
		if !strings.HasPrefix(a.Name, a.Kind+"/"+m.Version+"/") {
			return fmt.Errorf("%w: %s is not where a %s of version %s belongs", ErrRefused, a.Name, a.Kind, m.Version)
		}
		body, err := u.fetch(ctx, a)
		if err != nil {
			return err
		}
		if u.Source.bucket == u.Bucket && u.Source.prefix == "" {
			continue // it was read from there
		}
		if err := u.keep(ctx, a, body); err != nil {
			return err
		}
	}
	return nil
}

// keep writes an artefact once. What is there already has to be the same.
func (u *Updater) keep(ctx context.Context, a channel.Artifact, body []byte) error {
	sum, err := hex.DecodeString(a.SHA256)
	if err != nil {
		return err
	}
	_, err = u.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: &u.Bucket, Key: &a.Name, Body: bytes.NewReader(body), IfNoneMatch: aws.String("*"),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum)), Metadata: map[string]string{"sha256": a.SHA256}})
	var api smithy.APIError
	if err == nil {
		u.Log.Info().Str("key", a.Name).Msg("kept in the own bucket")
		return nil
	}
	if !errors.As(err, &api) || api.ErrorCode() != "PreconditionFailed" {
		return fmt.Errorf("write s3://%s/%s: %w", u.Bucket, a.Name, err)
	}
	there, err := u.object(ctx, u.Bucket, a.Name)
	if err != nil {
		return err
	}
	defer there.Close()
	if _, err := whole(a, there); err != nil {
		return fmt.Errorf("what is in the own bucket already, s3://%s/%s, is another: %w", u.Bucket, a.Name, err)
	}
	return nil
}
