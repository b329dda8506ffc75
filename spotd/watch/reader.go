package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go/middleware"

	"autospotting/pkg/message"
)

// Metadata is what Reader calls of the metadata client.
type Metadata interface {
	GetMetadata(context.Context, *imds.GetMetadataInput, ...func(*imds.Options)) (*imds.GetMetadataOutput, error)
	GetDynamicData(context.Context, *imds.GetDynamicDataInput, ...func(*imds.Options)) (*imds.GetDynamicDataOutput, error)
}

var _ Metadata = (*Client)(nil)

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
		{Tags, "tags/instance", &o.Tags},
		{Asks, "tags/instance/" + message.DrainTag, &o.Ask},
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
	if err == nil || statusOf(err) != 0 {
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
	out, err := r.Client.GetMetadata(ctx, &imds.GetMetadataInput{Path: path})
	if err != nil {
		return missing(path, err)
	}
	return read(path, out.Content, out.ResultMetadata)
}

func (r Reader) dynamic(ctx context.Context, path string) (Item, error) {
	out, err := r.Client.GetDynamicData(ctx, &imds.GetDynamicDataInput{Path: path})
	if err != nil {
		return missing("dynamic/"+path, err)
	}
	return read("dynamic/"+path, out.Content, out.ResultMetadata)
}

// missing is an item that is absent, or unknown for a reason.
func missing(path string, err error) (Item, error) {
	if isAbsent(err) {
		return Item{Presence: Absent}, nil
	}
	return Item{}, fmt.Errorf("metadata %s: %w", path, err)
}

// read takes in the body, which the client has bounded.
func read(path string, body io.ReadCloser, about middleware.Metadata) (Item, error) {
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		return Item{}, fmt.Errorf("metadata %s: %w", path, err)
	}
	item := Seen(string(b))
	item.At, _ = awsmiddleware.GetServerTime(about)
	return item, nil
}
