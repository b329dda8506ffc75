// Package bucket keeps the artefacts in S3: every object under a key that names its version, written once.
package bucket

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"autospotting/deploy/artifact"
)

// API is what is called of S3.
type API interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	ListObjectVersions(context.Context, *s3.ListObjectVersionsInput, ...func(*s3.Options)) (*s3.ListObjectVersionsOutput, error)
	DeleteObjects(context.Context, *s3.DeleteObjectsInput, ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error)
}

var _ API = (*s3.Client)(nil)

// Bucket is one bucket of the account; what belongs to another is refused by S3 itself.
type Bucket struct {
	API     API
	Name    string
	Account string
	Tell    func(format string, args ...any)
}

// sumKey holds the SHA-256 of an object, hex, in its metadata.
const sumKey = "sha256"

// ErrNone says that the bucket is not there.
var ErrNone = errors.New("there is no bucket")

// Check tells whether the bucket is there and ours.
func (b Bucket) Check(ctx context.Context) error {
	_, err := b.API.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Account})
	switch code(err) {
	case "":
		return err
	case "NotFound", "NoSuchBucket":
		return fmt.Errorf("%w %s", ErrNone, b.Name)
	case "Forbidden", "AccessDenied":
		return fmt.Errorf("bucket %s belongs to another account than %s, or its policy shuts you out: choose another with --bucket", b.Name, b.Account)
	}
	return fmt.Errorf("look at bucket %s: %w", b.Name, err)
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Upload puts the version's files there; what is there already with the same content is left alone. The manifest comes last, so
// that a version which has one is whole.
func (b Bucket) Upload(ctx context.Context, dist string, m artifact.Manifest) error {
	for _, a := range m.Artifacts {
		if err := b.putFile(ctx, dist, a.Key, a.SHA256); err != nil {
			return err
		}
	}
	return b.PutManifest(ctx, dist, m)
}

// PutManifest puts there what the version consists of.
func (b Bucket) PutManifest(ctx context.Context, dist string, m artifact.Manifest) error {
	sum, err := artifact.Sum(filepath.Join(dist, filepath.FromSlash(m.Key())))
	if err != nil {
		return err
	}
	return b.putFile(ctx, dist, m.Key(), sum)
}

func (b Bucket) putFile(ctx context.Context, dist, key, sum string) error {
	return b.put(ctx, key, sum, func() (io.ReadSeekCloser, error) { return os.Open(filepath.Join(dist, filepath.FromSlash(key))) })
}

func (b Bucket) put(ctx context.Context, key, sum string, open func() (io.ReadSeekCloser, error)) error {
	there, err := b.API.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: &key, ExpectedBucketOwner: &b.Account})
	switch c := code(err); {
	case err == nil && there.Metadata[sumKey] == sum:
		b.Tell("%s is there", key)
		return nil
	case err != nil && c != "NotFound" && c != "NoSuchKey":
		return fmt.Errorf("look for s3://%s/%s: %w", b.Name, key, err)
	}
	f, err := open()
	if err != nil {
		return err
	}
	defer f.Close()
	raw, err := hex.DecodeString(sum)
	if err != nil {
		return fmt.Errorf("checksum of %s: %w", key, err)
	}
	b.Tell("uploading %s", key)
	_, err = b.API.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.Name, Key: &key, Body: f, ExpectedBucketOwner: &b.Account,
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(raw)), Metadata: map[string]string{sumKey: sum}})
	if err != nil {
		return fmt.Errorf("upload s3://%s/%s: %w", b.Name, key, err)
	}
	return nil
}

// maxBatches bounds the emptying: a thousand versions of objects each.
const maxBatches = 10000

// Empty removes every object with all its versions, so that the bucket itself can go. A bucket that is not there is empty.
func (b Bucket) Empty(ctx context.Context) error {
	for range maxBatches {
		page, err := b.API.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Account})
		if code(err) == "NoSuchBucket" {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list what is in bucket %s: %w", b.Name, err)
		}
		var gone []types.ObjectIdentifier
		for _, v := range page.Versions {
			gone = append(gone, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, v := range page.DeleteMarkers {
			gone = append(gone, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		if len(gone) == 0 {
			return nil
		}
		if err := b.remove(ctx, "empty bucket "+b.Name, gone); err != nil {
			return err
		}
	}
	return fmt.Errorf("bucket %s does not get empty", b.Name)
}

// remove deletes versions of objects; why is the beginning of its errors.
func (b Bucket) remove(ctx context.Context, why string, gone []types.ObjectIdentifier) error {
	out, err := b.API.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Account, Delete: &types.Delete{Objects: gone, Quiet: aws.Bool(true)}})
	if err != nil {
		return fmt.Errorf("%s: %w", why, err)
	}
	if len(out.Errors) > 0 {
		return fmt.Errorf("%s: %s: %s", why, aws.ToString(out.Errors[0].Key), aws.ToString(out.Errors[0].Message))
	}
	return nil
}
