package update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Address is where a channel is: its manifest is Base/channel/NAME.json.
type Address struct {
	Base string // https, or s3://BUCKET or s3://BUCKET/PREFIX; without a slash at its end
	Name string // of the channel
}

var addressForm = regexp.MustCompile(`^((?:https|s3)://[^/?#]+(?:/[^?#]+)?|http://(?:127\.0\.0\.1|localhost)(?::[0-9]+)?(?:/[^?#]+)?)/channel/([A-Za-z0-9][A-Za-z0-9._~+-]*)\.json$`)

// ParseAddress reads the address of a channel's manifest.
func ParseAddress(text string) (Address, error) {
	m := addressForm.FindStringSubmatch(text)
	if m == nil {
		return Address{}, fmt.Errorf("%q is no channel: want https://HOST/…/channel/NAME.json or s3://BUCKET/…/channel/NAME.json", text)
	}
	return Address{m[1], m[2]}, nil
}

// HTTP reads the files of a channel. What S3 does not give to everybody is asked for again in the name of the instance's role.
type HTTP struct {
	Address Address
	Region  string // of an s3:// address
	S3      string // S3's own address in the place of AWS's; empty is AWS's
	Client  *http.Client
	Keys    aws.CredentialsProvider
}

// Get implements Source.
func (h HTTP) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	at, region := h.resolve()
	at += "/" + (&url.URL{Path: name}).EscapedPath()
	body, err := h.ask(ctx, at, "")
	var status errStatus
	if region == "" || h.Keys == nil || !errors.As(err, &status) || status.code/100 != 4 {
		return body, err
	}
	return h.ask(ctx, at, region)
}

// s3Host is the name of a bucket's host, and its region.
var s3Host = regexp.MustCompile(`^https://(?:[^/]+\.)?s3[.-]([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?:/|$)`)

// resolve gives the address for HTTP, and the region if it is S3's.
func (h HTTP) resolve() (at, region string) {
	bucket, isS3 := strings.CutPrefix(h.Address.Base, "s3://")
	switch m := s3Host.FindStringSubmatch(h.Address.Base); {
	case isS3 && h.S3 != "":
		return strings.TrimRight(h.S3, "/") + "/" + bucket, h.Region
	case isS3:
		host := "s3." + h.Region + ".amazonaws.com"
		if strings.HasPrefix(h.Region, "cn-") {
			host += ".cn"
		}
		return "https://" + host + "/" + bucket, h.Region
	case m != nil:
		return h.Address.Base, m[1]
	}
	return h.Address.Base, ""
}

// ask signs the request if a region is given.
func (h HTTP) ask(ctx context.Context, at, region string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	if region != "" {
		keys, err := h.Keys.Retrieve(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		const unsigned = "UNSIGNED-PAYLOAD"
		r.Header.Set("X-Amz-Content-Sha256", unsigned)
		plainPath := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true } // as S3 wants it
		if err := v4.NewSigner().SignHTTP(ctx, keys, r, unsigned, "s3", region, time.Now(), plainPath); err != nil {
			return nil, err
		}
	}
	answer, err := h.Client.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, errStatus{at, answer.StatusCode}
	}
	return answer.Body, nil
}
