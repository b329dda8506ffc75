package update

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"autospotting/pkg/channel"
	"autospotting/pkg/lazyregexp"
)

// Source is where a channel's files are: s3://BUCKET/… or https://….
type Source struct {
	Channel string // its name
	base    string // of a web address
	bucket  string
	prefix  string // within the bucket, with a slash at its end, or empty
}

var address = lazyregexp.New(`^(s3|https?)://([A-Za-z0-9.:-]+)/(.*?/)?channel/([A-Za-z0-9.+_~-]+)\.json$`)

// ParseSource reads the address of a channel's manifest, such as s3://BUCKET/channel/stable.json. What the manifest names lies
// above channel/.
func ParseSource(text string) (Source, error) {
	m := address.FindStringSubmatch(text)
	if m == nil {
		return Source{}, fmt.Errorf("channel %q: want the address of its manifest, s3://BUCKET/channel/NAME.json or https://HOST/channel/NAME.json", text)
	}
	if m[1] == "s3" {
		return Source{Channel: m[4], bucket: m[2], prefix: m[3]}, nil
	}
	if m[1] == "http" && !strings.HasPrefix(m[2], "127.0.0.1:") {
		return Source{}, fmt.Errorf("channel %q: want https", text)
	}
	return Source{Channel: m[4], base: m[1] + "://" + m[2] + "/" + m[3]}, nil
}

// get opens a file of the channel.
func (u *Updater) get(ctx context.Context, name string) (io.ReadCloser, error) {
	if u.Source.bucket != "" {
		return u.object(ctx, u.Source.bucket, u.Source.prefix+name)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Source.base+name, nil)
	if err != nil {
		return nil, err
	}
	res, err := u.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("get %s: %s", req.URL, res.Status)
	}
	return res.Body, nil
}

func (u *Updater) object(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	out, err := u.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("get s3://%s/%s: %w", bucket, key, err)
	}
	return out.Body, nil
}

// ErrRefused says that what the channel holds is not acted on; the error wraps also the reason.
var ErrRefused = errors.New("refused")

// manifest reads what the channel says, and refuses it unless all of it holds.
func (u *Updater) manifest(ctx context.Context, known channel.Known) (channel.Manifest, error) {
	known.Channel, known.Base = u.Source.Channel, u.Base
	body, err := u.get(ctx, channel.Key(u.Source.Channel))
	if err != nil {
		return channel.Manifest{}, fmt.Errorf("read the channel: %w", err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, channel.MaxManifest+1))
	if err != nil {
		return channel.Manifest{}, fmt.Errorf("read the channel: %w", err)
	}
	m, err := channel.Verify(raw, u.Keys, u.Now(), known)
	if err != nil {
		return m, fmt.Errorf("channel %s: %w: %w", u.Source.Channel, ErrRefused, err)
	}
	return m, nil
}

// fetch brings an artefact here, whole, or refuses it.
func (u *Updater) fetch(ctx context.Context, a channel.Artifact) ([]byte, error) {
	body, err := u.get(ctx, a.Name)
	if err != nil {
		return nil, fmt.Errorf("read the channel: %w", err)
	}
	defer body.Close()
	return whole(a, body)
}

func whole(a channel.Artifact, from io.Reader) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, a.Size))
	if err := a.Copy(b, from); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return b.Bytes(), nil
}
