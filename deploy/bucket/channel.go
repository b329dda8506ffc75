package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"autospotting/deploy/artifact"
	"autospotting/pkg/channel"
)

// ErrOther says that another content is there already, or came there meanwhile.
var ErrOther = errors.New("another content is there")

// PutOnce puts artefacts there, each once and for all: what a manifest has named must never become something else.
func (b Bucket) PutOnce(ctx context.Context, dist string, artifacts []artifact.Artifact) error {
	for _, a := range artifacts {
		there, err := b.API.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: &a.Key, ExpectedBucketOwner: &b.Account})
		if c := code(err); err != nil && c != "NotFound" && c != "NoSuchKey" {
			return fmt.Errorf("look for s3://%s/%s: %w", b.Name, a.Key, err)
		}
		if err == nil && there.Metadata[sumKey] != a.SHA256 {
			return fmt.Errorf("s3://%s/%s: %w: what was released is never changed; give the release another version", b.Name, a.Key, ErrOther)
		}
		if err := b.putFile(ctx, dist, a.Key, a.SHA256); err != nil {
			return err
		}
	}
	return nil
}

// Pointer is a channel's manifest as it is in the bucket; a zero one is not there yet.
type Pointer struct {
	Raw  []byte
	etag *string
}

// Pointer reads where a channel points.
func (b Bucket) Pointer(ctx context.Context, name string) (Pointer, error) {
	key := channel.Key(name)
	out, err := b.API.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Name, Key: &key, ExpectedBucketOwner: &b.Account})
	switch code(err) {
	case "":
	case "NoSuchKey", "NotFound":
		return Pointer{}, nil
	default:
		return Pointer{}, fmt.Errorf("read s3://%s/%s: %w", b.Name, key, err)
	}
	if err != nil {
		return Pointer{}, fmt.Errorf("read s3://%s/%s: %w", b.Name, key, err)
	}
	defer out.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(out.Body, channel.MaxManifest+1))
	if err != nil {
		return Pointer{}, fmt.Errorf("read s3://%s/%s: %w", b.Name, key, err)
	}
	return Pointer{raw, out.ETag}, nil
}

// cached is how long whoever stands between, such as CloudFront, may keep a manifest.
const cached = "max-age=60"

// Point moves the channel from where it was read to point. Somebody else's move meanwhile is not overwritten.
func (b Bucket) Point(ctx context.Context, name string, was Pointer, raw []byte) error {
	key := channel.Key(name)
	in := &s3.PutObjectInput{Bucket: &b.Name, Key: &key, Body: bytes.NewReader(raw), ExpectedBucketOwner: &b.Account,
		ContentType: aws.String("application/json"), CacheControl: aws.String(cached), IfMatch: was.etag}
	if was.etag == nil {
		in.IfNoneMatch = aws.String("*")
	}
	_, err := b.API.PutObject(ctx, in)
	switch code(err) {
	case "PreconditionFailed", "ConditionalRequestConflict":
		return fmt.Errorf("s3://%s/%s: %w: somebody else released meanwhile; run it again", b.Name, key, ErrOther)
	}
	if err != nil {
		return fmt.Errorf("write s3://%s/%s: %w", b.Name, key, err)
	}
	return nil
}
