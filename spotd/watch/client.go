package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go/middleware"
)

const (
	// mostBody bounds every body, also those of errors: what answers at that
	// address may be anything. The largest item is the list of maintenance events.
	mostBody = 64 * 1024
	// mostToken is far more than a token has, which is 56 characters.
	mostToken = 1024
	// mostHeaders bounds the header of an answer.
	mostHeaders = 64 * 1024
	// renewAfter is how many failures in a row make a new client. One may be an
	// accident of the network.
	renewAfter = 2
)

// itemTimeout bounds one metadata item, its retry and token renewal included. The
// service answers in about a millisecond; a look that hangs must not cost a
// notable part of the two minutes, nor must a request for keys.
const itemTimeout = time.Second

// Client asks the metadata service, by the session oriented protocol (IMDSv2)
// alone, over one kept-alive connection, never through a proxy and never where a
// redirect leads: the token stays at the metadata's address. It keeps nothing that
// did not work: after failures in a row it begins anew, with a new token over a
// new connection. For concurrent use; but who asks waits for the token that another asks for,
// so whoever must not wait has a Client of its own.
type Client struct {
	transport http.RoundTripper
	mode      imds.EndpointModeState

	mu       sync.Mutex
	inner    *imds.Client
	drop     func() // closes the inner one's idle connections
	failures int    // in a row
}

// NewClient returns a client. A nil transport is the network.
// AWS_EC2_METADATA_SERVICE_ENDPOINT moves it, else the mode chooses the address;
// AWS_EC2_METADATA_DISABLED does not stop it, being meant for credentials.
func NewClient(transport http.RoundTripper, mode imds.EndpointModeState) *Client {
	c := &Client{transport: transport, mode: mode}
	c.renew()
	return c
}

// ModeVariable is the SDKs' variable that chooses between the metadata's two
// addresses (AWS SDKs and Tools Reference Guide, "IMDS client").
const ModeVariable = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"

// EndpointMode reads it: IPv4 or IPv6, in any case; empty is IPv4.
func EndpointMode(getenv func(string) string) (mode imds.EndpointModeState, err error) {
	text := getenv(ModeVariable)
	if text != "" && mode.SetFromString(text) != nil {
		return mode, fmt.Errorf("%s: %q is no address family: want IPv4 or IPv6", ModeVariable, text)
	}
	return mode, nil
}

// GetMetadata implements Metadata.
func (c *Client) GetMetadata(ctx context.Context, in *imds.GetMetadataInput, options ...func(*imds.Options)) (*imds.GetMetadataOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, itemTimeout)
	defer cancel() // the SDK has read the body by then
	inner := c.current()
	out, err := inner.GetMetadata(ctx, in, options...)
	c.saw(inner, err)
	return out, err
}

// GetDynamicData implements Metadata.
func (c *Client) GetDynamicData(ctx context.Context, in *imds.GetDynamicDataInput, options ...func(*imds.Options)) (*imds.GetDynamicDataOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, itemTimeout)
	defer cancel() // the SDK has read the body by then
	inner := c.current()
	out, err := inner.GetDynamicData(ctx, in, options...)
	c.saw(inner, err)
	return out, err
}

func (c *Client) current() *imds.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inner
}

// saw counts failures. An item that is absent is an answer; every other one may
// be for what the inner client holds, be it with a status or without.
func (c *Client) saw(inner *imds.Client, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case inner != c.inner: // another request's failure replaced it
	case err == nil || isAbsent(err):
		c.failures = 0
	default:
		if c.failures++; c.failures >= renewAfter {
			c.renew()
		}
	}
}

func (c *Client) renew() {
	if c.drop != nil {
		c.drop()
	}
	transport, drop := c.transport, func() {}
	if transport == nil {
		own := newTransport()
		transport, drop = own, own.CloseIdleConnections
	}
	c.inner, c.drop, c.failures = newInner(transport, c.mode), drop, 0
}

func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: itemTimeout}).DialContext,
		MaxIdleConnsPerHost:    1,
		MaxConnsPerHost:        2,
		MaxResponseHeaderBytes: mostHeaders,
		DisableCompression:     true, // a bound on what is read is a bound on memory
	}
}

func newInner(transport http.RoundTripper, mode imds.EndpointModeState) *imds.Client {
	return imds.New(imds.Options{
		HTTPClient: &http.Client{
			Transport:     guard{transport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		ClientEnableState: imds.ClientEnabled,
		EndpointMode:      mode,
		EnableFallback:    aws.FalseTernary,
		// The answers' dates: AWS's clock.
		APIOptions: []func(*middleware.Stack) error{awsmiddleware.AddRecordResponseTiming},
		// Its default of up to a second between attempts would replace ours.
		DisableDefaultMaxBackoff: true,
		// The second attempt is for an expired token (401), which the client
		// renews; the next poll is the retry for everything else. No retry quota:
		// it would be used up by an outage and then refuse the renewal.
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 2
			o.RateLimiter = ratelimit.None
			o.Backoff = retry.BackoffDelayerFunc(func(_ int, err error) (time.Duration, error) {
				if statusOf(err) == http.StatusUnauthorized { // the next attempt has another token
					return 0, nil
				}
				return rand.N(50 * time.Millisecond), nil
			})
		}),
	})
}

// guard bounds what comes in, and lets no token through that cannot be one: the
// SDK's client would keep it for as long as the answer says, and fail with it.
type guard struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = bounded{io.LimitReader(answer.Body, mostBody), answer.Body}
	if r.Method == http.MethodPut && answer.StatusCode/100 == 2 {
		return checkToken(answer)
	}
	return answer, nil
}

func checkToken(answer *http.Response) (*http.Response, error) {
	defer answer.Body.Close()
	token, err := io.ReadAll(io.LimitReader(answer.Body, mostToken+1))
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	if len(token) == 0 || len(token) > mostToken || bytes.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return nil, fmt.Errorf("token: %.40q is none: want 1 to %d visible characters", token, mostToken)
	}
	answer.Body = io.NopCloser(bytes.NewReader(token))
	return answer, nil
}

// bounded reads the beginning of a body and closes all of it.
type bounded struct {
	io.Reader
	io.Closer
}

// isAbsent tells 404, the normal answer for an item that is not set, from not
// knowing. A token request that meets 404 is not such an answer: then the
// service does not know the protocol, and the SDK's error hides the status.
func isAbsent(err error) bool { return statusOf(err) == http.StatusNotFound }

// statusOf is the HTTP status of an answer that was an error; zero where there was no
// answer.
func statusOf(err error) int {
	var status interface{ HTTPStatusCode() int }
	if errors.As(err, &status) {
		return status.HTTPStatusCode()
	}
	return 0
}
