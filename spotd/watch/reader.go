package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"autospotting/pkg/message"
)

// itemTimeout bounds one metadata item, its retry and token renewal included. The
// service answers in about a millisecond; a look that hangs must not cost a
// notable part of the two minutes.
const itemTimeout = time.Second

// NewClient returns a metadata client that speaks only the session oriented
// protocol (IMDSv2), over one kept-alive connection, never through a proxy.
// A nil transport is the network. AWS_EC2_METADATA_SERVICE_ENDPOINT moves it;
// AWS_EC2_METADATA_DISABLED does not stop it, being meant for credentials.
func NewClient(transport http.RoundTripper) *imds.Client {
	if transport == nil {
		transport = &http.Transport{
			DialContext:         (&net.Dialer{Timeout: itemTimeout}).DialContext,
			MaxIdleConnsPerHost: 1,
			MaxConnsPerHost:     2, // the watch, and the credentials beside it
		}
	}
	return imds.New(imds.Options{
		HTTPClient:        &http.Client{Transport: transport},
		ClientEnableState: imds.ClientEnabled,
		EnableFallback:    aws.FalseTernary,
		// Its default of up to a second between attempts would replace ours.
		DisableDefaultMaxBackoff: true,
		// The second attempt is for an expired token (401), which the client
		// renews; the next poll is the retry for everything else. No retry quota:
		// it would be used up by an outage and then refuse the renewal.
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 2
			o.RateLimiter = ratelimit.None
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) {
				return rand.N(50 * time.Millisecond), nil
			})
		}),
	})
}

// Metadata is what Reader calls of the metadata client.
type Metadata interface {
	GetMetadata(context.Context, *imds.GetMetadataInput, ...func(*imds.Options)) (*imds.GetMetadataOutput, error)
	GetDynamicData(context.Context, *imds.GetDynamicDataInput, ...func(*imds.Options)) (*imds.GetDynamicDataOutput, error)
}

var _ Metadata = (*imds.Client)(nil)

// Reader fetches identity and observations.
type Reader struct {
	Client Metadata
}

// Observe takes one look at what is due, the spot notice first and always. Where
// the service does not answer for it the other items are left Unknown, so that a
// hanging service delays the next look at the notice by one timeout, not by four;
// only an answer that is no answer (5xx, 403, no notice in the body) makes it ask
// the legacy item too. The error says why something is Unknown; the observation
// is valid all the same.
func (r Reader) Observe(ctx context.Context, due Items) (Observation, error) {
	var o Observation
	var err error
	if o.SpotAction, err = r.metadata(ctx, "spot/instance-action"); err != nil || strange(o.SpotAction) {
		return r.legacy(ctx, o, err)
	}
	for _, item := range []struct {
		due  Items
		path string
		into *Item
	}{
		{Targets, "events/recommendations/rebalance", &o.Rebalance},
		{Targets, "autoscaling/target-lifecycle-state", &o.TargetLifecycleState},
		{Events, "events/maintenance/scheduled", &o.Maintenance},
	} {
		if due&item.due == 0 {
			continue
		}
		if *item.into, err = r.metadata(ctx, item.path); err != nil {
			return o, err
		}
	}
	return o, nil
}

// legacy asks for spot/termination-time where the service answers, but not with
// what it should. What it says does not end the gap: err stays.
func (r Reader) legacy(ctx context.Context, o Observation, err error) (Observation, error) {
	var status interface{ HTTPStatusCode() int }
	if err == nil || errors.As(err, &status) {
		o.Legacy, _ = r.metadata(ctx, "spot/termination-time")
	}
	return o, err
}

// strange tells a body without any notice in it.
func strange(item Item) bool {
	return item.Presence == Present && !strings.Contains(item.Body, `"action"`)
}

// Identity reads once what does not change. A missing signature or life cycle
// (404) is not an error; a service that does not answer is.
func (r Reader) Identity(ctx context.Context, group string) (Identity, error) {
	document, err := r.dynamic(ctx, "instance-identity/document")
	if err != nil {
		return Identity{}, err
	}
	if document.Presence == Absent {
		return Identity{}, errors.New("metadata dynamic/instance-identity/document: absent")
	}
	signature, err := r.dynamic(ctx, "instance-identity/rsa2048")
	if err != nil {
		return Identity{}, err
	}
	lifecycle, err := r.metadata(ctx, "instance-life-cycle")
	if err != nil {
		return Identity{}, err
	}
	return parseIdentity(document.Body, signature.Body, lifecycle.Body, group)
}

// parseIdentity reads an identity document (EC2 User Guide, "Instance identity
// documents"). Only the instance id is indispensable.
func parseIdentity(document, signature, lifecycle, group string) (Identity, error) {
	var doc struct {
		AccountID, Region, AvailabilityZone, InstanceID, InstanceType string
		PendingTime                                                   string
	}
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		return Identity{}, fmt.Errorf("metadata dynamic/instance-identity/document: malformed: %w", err)
	}
	id := Identity{From: message.Source{
		Account: doc.AccountID, Region: doc.Region, Zone: doc.AvailabilityZone,
		Instance: doc.InstanceID, Type: doc.InstanceType, Lifecycle: message.Code(strings.TrimSpace(lifecycle)), Group: group,
	}}
	if pending, err := time.Parse(time.RFC3339, doc.PendingTime); err == nil {
		id.PendingTime = pending
	}
	if signature != "" && utf8.ValidString(document) && utf8.ValidString(signature) {
		id.Proof = message.Identity{Document: document, Signature: signature}
	}
	// Whether all of it can be reported is better asked now than at the notice.
	probe := message.New(message.Hello, id.From, time.Unix(0, 0), time.Time{})
	probe.Identity = id.Proof
	if _, err := probe.Encode(); err != nil {
		return Identity{}, fmt.Errorf("metadata dynamic/instance-identity/document: %w", err)
	}
	return id, nil
}

func (r Reader) metadata(ctx context.Context, path string) (Item, error) {
	ctx, cancel := context.WithTimeout(ctx, itemTimeout)
	defer cancel()
	out, err := r.Client.GetMetadata(ctx, &imds.GetMetadataInput{Path: path})
	if err != nil {
		return missing(path, err)
	}
	return read(path, out.Content)
}

func (r Reader) dynamic(ctx context.Context, path string) (Item, error) {
	ctx, cancel := context.WithTimeout(ctx, itemTimeout)
	defer cancel()
	out, err := r.Client.GetDynamicData(ctx, &imds.GetDynamicDataInput{Path: path})
	if err != nil {
		return missing("dynamic/"+path, err)
	}
	return read("dynamic/"+path, out.Content)
}

// missing tells 404, the normal answer for an item that is not set, from not
// knowing. A token request that meets 404 is not such an answer: then the
// service does not know the protocol.
func missing(path string, err error) (Item, error) {
	var status interface{ HTTPStatusCode() int }
	if errors.As(err, &status) && status.HTTPStatusCode() == http.StatusNotFound {
		return Item{Presence: Absent}, nil
	}
	return Item{}, fmt.Errorf("metadata %s: %w", path, err)
}

// read takes the body in; it is bounded because what answers at that address
// may be anything.
func read(path string, body io.ReadCloser) (Item, error) {
	defer body.Close()
	const most = 64 * 1024
	b, err := io.ReadAll(io.LimitReader(body, most))
	if err != nil {
		return Item{}, fmt.Errorf("metadata %s: %w", path, err)
	}
	return Seen(string(b)), nil
}
