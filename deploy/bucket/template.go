package bucket

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// templates is where the stacks' templates are.
const templates = "template/"

// PutTemplate puts a template there, under a key that names its content, and returns the key.
func (b Bucket) PutTemplate(ctx context.Context, name string, text []byte) (key string, err error) {
	sum := sha256.Sum256(text)
	hexSum := hex.EncodeToString(sum[:])
	key = templates + name + "-" + hexSum + ".yaml"
	return key, b.put(ctx, key, hexSum, func() (io.ReadSeekCloser, error) { return unclosed{bytes.NewReader(text)}, nil })
}

type unclosed struct{ *bytes.Reader }

func (unclosed) Close() error { return nil }

// Lent is an object that is there for a moment only.
type Lent struct {
	Key     string
	version *string // nil in a bucket without versions
}

// LendTemplate puts a template there under a key that nobody else uses.
func (b Bucket) LendTemplate(ctx context.Context, name string, text []byte) (Lent, error) {
	l := Lent{Key: templates + "lent/" + name + "-" + strings.ToLower(rand.Text()) + ".yaml"}
	out, err := b.API.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.Name, Key: &l.Key, Body: bytes.NewReader(text), ExpectedBucketOwner: &b.Account})
	if err != nil {
		return l, fmt.Errorf("lend s3://%s/%s: %w", b.Name, l.Key, err)
	}
	l.version = out.VersionId
	return l, nil
}

// TakeBack removes what was lent with its only version.
func (b Bucket) TakeBack(ctx context.Context, l Lent) error {
	return b.remove(ctx, fmt.Sprintf("take back s3://%s/%s", b.Name, l.Key), []types.ObjectIdentifier{{Key: &l.Key, VersionId: l.version}})
}
