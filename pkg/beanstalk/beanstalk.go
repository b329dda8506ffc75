// Package beanstalk asks Elastic Beanstalk for its environments. It speaks the one operation of the service's query protocol that the coordinator
// needs, with the SDK's signing, endpoints and retries: the SDK's own client would add 71 kB to the function's zip, most of it the shapes of
// operations that are never called.
package beanstalk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/smithy-go"
)

// The names of the service: in signatures and hosts, in errors, and the version of its API.
const (
	signingName = "elasticbeanstalk"
	serviceID   = "Elastic Beanstalk"
	apiVersion  = "2010-12-01"
	operation   = "DescribeEnvironments"
)

// mostAnswer is the most that is read of an answer, bytes: an environment is described in about 2 kB.
const mostAnswer = 1 << 20

// DescribeEnvironmentsInput names environments, by their ids or their names. Those that are unknown, or that the caller may not see, are left out of
// the answer without an error.
type DescribeEnvironmentsInput struct {
	EnvironmentIds, EnvironmentNames []string
}

// DescribeEnvironmentsOutput is the answer.
type DescribeEnvironmentsOutput struct {
	Environments []EnvironmentDescription
}

// EnvironmentDescription is what is read of one environment (Elastic Beanstalk API reference, EnvironmentDescription). Its JSON is the AWS CLI's.
type EnvironmentDescription struct {
	EnvironmentId   string `xml:"EnvironmentId"`
	EnvironmentName string `xml:"EnvironmentName"`
	// Status is Aborting, Launching, Updating, LinkingFrom, LinkingTo, Ready, Terminating or Terminated.
	Status string `xml:"Status"`
	// AbortableOperationInProgress: there is an update or a deployment that could be aborted.
	AbortableOperationInProgress bool `xml:"AbortableOperationInProgress"`
	// EndpointURL is the load balancer's name; where there is none, the address of the one instance.
	EndpointURL string          `xml:"EndpointURL"`
	Tier        EnvironmentTier `xml:"Tier"`
}

// EnvironmentTier is the tier of an environment: its Name is WebServer or Worker.
type EnvironmentTier struct {
	Name string `xml:"Name"`
	Type string `xml:"Type"`
}

// Client asks one region.
type Client struct{ cfg aws.Config }

// NewFromConfig makes a client.
func NewFromConfig(cfg aws.Config) *Client { return &Client{cfg} }

// DescribeEnvironments describes environments. Its errors are the SDK's: a smithy.OperationError around the service's error, with its code, or around
// what came between.
func (c *Client) DescribeEnvironments(ctx context.Context, in *DescribeEnvironmentsInput) (*DescribeEnvironmentsOutput, error) {
	retryer := aws.Retryer(retry.NewStandard())
	if c.cfg.Retryer != nil {
		retryer = c.cfg.Retryer()
	}
	for attempt := 1; ; attempt++ {
		out, err := c.ask(ctx, in)
		if err == nil {
			return out, nil
		}
		failed := &smithy.OperationError{ServiceID: serviceID, OperationName: operation, Err: err}
		if attempt >= retryer.MaxAttempts() || ctx.Err() != nil || !retryer.IsErrorRetryable(err) {
			return nil, failed
		}
		wait, _ := retryer.RetryDelay(attempt, err)
		select {
		case <-ctx.Done():
			return nil, failed
		case <-time.After(wait):
		}
	}
}

// ask makes one attempt.
func (c *Client) ask(ctx context.Context, in *DescribeEnvironmentsInput) (*DescribeEnvironmentsOutput, error) {
	at, err := c.endpoint(ctx)
	if err != nil {
		return nil, err
	}
	form := url.Values{"Action": {operation}, "Version": {apiVersion}}
	for n, id := range in.EnvironmentIds {
		form.Set(fmt.Sprintf("EnvironmentIds.member.%d", n+1), id)
	}
	for n, name := range in.EnvironmentNames {
		form.Set(fmt.Sprintf("EnvironmentNames.member.%d", n+1), name)
	}
	body := []byte(form.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := c.sign(ctx, req, body); err != nil {
		return nil, err
	}
	var client aws.HTTPClient = http.DefaultClient
	if c.cfg.HTTPClient != nil {
		client = c.cfg.HTTPClient
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, &smithy.GenericAPIError{Code: "RequestTimeout", Message: err.Error()} // retried, as the SDK retries what did not come through
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err != nil {
		return nil, &smithy.GenericAPIError{Code: "RequestTimeout", Message: err.Error()}
	}
	return parse(res.StatusCode, raw)
}

func (c *Client) sign(ctx context.Context, req *http.Request, body []byte) error {
	if c.cfg.Credentials == nil {
		return fmt.Errorf("no credentials to ask %s with", serviceID)
	}
	who, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("retrieve credentials: %w", err)
	}
	sum := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(ctx, who, req, hex.EncodeToString(sum[:]), signingName, c.cfg.Region, time.Now())
}

// endpoint is where the service is: as the environment says, as for every service of the SDK, else beside Elastic Load Balancing, whose hosts are
// named alike in every partition.
func (c *Client) endpoint(ctx context.Context) (string, error) {
	if at := os.Getenv("AWS_ENDPOINT_URL_ELASTIC_BEANSTALK"); at != "" {
		return at, nil
	}
	if at := aws.ToString(c.cfg.BaseEndpoint); at != "" {
		return at, nil
	}
	if c.cfg.Region == "" {
		return "", fmt.Errorf("no region to ask %s in", serviceID)
	}
	at, err := elb.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, elb.EndpointParameters{Region: &c.cfg.Region})
	if err != nil {
		return "", fmt.Errorf("find %s in region %q: %w", serviceID, c.cfg.Region, err)
	}
	at.URI.Host = strings.Replace(at.URI.Host, "elasticloadbalancing", signingName, 1)
	return at.URI.String() + "/", nil
}

// failure is a service error, with the status of its answer as the SDK's have it.
type failure struct {
	smithy.GenericAPIError
	status int
}

// HTTPStatusCode is the answer's status.
func (f *failure) HTTPStatusCode() int { return f.status }

func parse(status int, raw []byte) (*DescribeEnvironmentsOutput, error) {
	if status != http.StatusOK {
		var said struct {
			Code    string `xml:"Error>Code"`
			Message string `xml:"Error>Message"`
		}
		if xml.Unmarshal(raw, &said) != nil || said.Code == "" {
			said.Code, said.Message = "UnknownError", http.StatusText(status)
		}
		return nil, &failure{smithy.GenericAPIError{Code: said.Code, Message: said.Message}, status}
	}
	var said struct {
		XMLName      xml.Name                 `xml:"DescribeEnvironmentsResponse"`
		Environments []EnvironmentDescription `xml:"DescribeEnvironmentsResult>Environments>member"`
	}
	if err := xml.Unmarshal(raw, &said); err != nil {
		return nil, fmt.Errorf("the answer cannot be read: %w", err)
	}
	return &DescribeEnvironmentsOutput{Environments: said.Environments}, nil
}
