// Package endpoints wires the calls of AWS by hand: the topic, lifecycle hooks, and the keys
// that they are signed with.
package endpoints

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/config"
	"autospotting/spotd/hook"
)

// Topic publishes reports to SNS. It holds the one operation and not the client,
// so that no reflection can reach the others and the linker drops them.
type Topic struct {
	arn     string
	publish func(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// NewTopic wires the SNS client by hand: the SDK's config package would bring
// every credential source there is, 1.9 MB of them. Retrying is the outbox's
// work, so the client does none.
func NewTopic(c config.Config, keys aws.CredentialsProvider, transport http.RoundTripper) Topic {
	options := sns.Options{
		Region:       c.Region(),
		Credentials:  keys,
		HTTPClient:   &http.Client{Transport: transport},
		Retryer:      aws.NopRetryer{},
		BaseEndpoint: FromEnv("AWS_ENDPOINT_URL_SNS"),
	}
	options.EndpointOptions.UseFIPSEndpoint, options.EndpointOptions.UseDualStackEndpoint = endpointKind()
	return Topic{c.Topic, sns.New(options).Publish}
}

// HookCalls wires the two operations on lifecycle hooks, in the instance's own
// region.
func HookCalls(region string, keys aws.CredentialsProvider, transport http.RoundTripper) hook.Calls {
	options := autoscaling.Options{
		Region:       region,
		Credentials:  keys,
		HTTPClient:   &http.Client{Transport: transport},
		Retryer:      aws.NopRetryer{},
		BaseEndpoint: FromEnv("AWS_ENDPOINT_URL_AUTO_SCALING"),
	}
	options.EndpointOptions.UseFIPSEndpoint, options.EndpointOptions.UseDualStackEndpoint = endpointKind()
	client := autoscaling.New(options)
	return hook.Calls{Heartbeat: client.RecordLifecycleActionHeartbeat, Complete: client.CompleteLifecycleAction}
}

// NewTransport is for AWS's endpoints: a proxy as the environment says, and
// short time-outs, since two minutes hold many attempts. SNS and Auto Scaling speak
// HTTP/1.1, so the buffers of HTTP/2 are saved.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSHandshakeTimeout: 3 * time.Second,
		IdleConnTimeout:     15 * time.Second,
		MaxIdleConnsPerHost: 1,
	}
}

// FromEnv is what the SDK's own variables of this name say.
func FromEnv(variable string) *string {
	if url := cmp.Or(os.Getenv(variable), os.Getenv("AWS_ENDPOINT_URL")); url != "" {
		return &url
	}
	return nil
}

func endpointKind() (aws.FIPSEndpointState, aws.DualStackEndpointState) {
	fips, dual := aws.FIPSEndpointStateUnset, aws.DualStackEndpointStateUnset
	if strings.EqualFold(os.Getenv("AWS_USE_FIPS_ENDPOINT"), "true") {
		fips = aws.FIPSEndpointStateEnabled
	}
	if strings.EqualFold(os.Getenv("AWS_USE_DUALSTACK_ENDPOINT"), "true") {
		dual = aws.DualStackEndpointStateEnabled
	}
	return fips, dual
}

// NewCredentials finds the credentials' source and remembers what it gave until
// that expires. Being without is told once, with what follows from it.
func NewCredentials(metadata ec2rolecreds.GetMetadataAPIClient, log zerolog.Logger) *aws.CredentialsCache {
	return aws.NewCredentialsCache(&tellingOnce{source: credentialSource(metadata), log: log})
}

// Renewing forgets keys that AWS refuses: they may have come from a stranger in the
// metadata's place, with years to live.
type Renewing struct {
	Transport http.RoundTripper
	Keys      *aws.CredentialsCache
}

// RoundTrip implements http.RoundTripper.
func (r Renewing) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := r.Transport.RoundTrip(request)
	if err == nil && answer.StatusCode == http.StatusForbidden {
		r.Keys.Invalidate()
	}
	return answer, err
}

// credentialSource is the environment if it has a key, else the container's
// endpoint if there is one, else the instance's role. The variables are the SDK's.
func credentialSource(metadata ec2rolecreds.GetMetadataAPIClient) aws.CredentialsProvider {
	key, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	if key != "" && secret != "" {
		return credentials.NewStaticCredentialsProvider(key, secret, os.Getenv("AWS_SESSION_TOKEN"))
	}
	url := os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if path := os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); path != "" {
		url = "http://169.254.170.2" + path
	}
	if url == "" {
		return ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = metadata })
	}
	return endpointcreds.New(url, func(o *endpointcreds.Options) {
		o.AuthorizationToken = os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
		if file := os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
			o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				token, err := os.ReadFile(file)
				return strings.TrimSpace(string(token)), err
			})
		}
	})
}

// errNoCredentials is logged where it arises, so the outbox need not.
type errNoCredentials struct{ error }

// Told implements outbox.Told.
func (errNoCredentials) Told() bool { return true }

// Unwrap returns the source's own error.
func (e errNoCredentials) Unwrap() error { return e.error }

type tellingOnce struct {
	source aws.CredentialsProvider
	log    zerolog.Logger
	once   sync.Once
}

// Retrieve implements aws.CredentialsProvider.
func (t *tellingOnce) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := t.source.Retrieve(ctx)
	if err == nil {
		return got, nil
	}
	if !errors.Is(err, context.Canceled) {
		t.once.Do(func() {
			t.log.Error().Err(err).Msg("no credentials, so nothing can be reported: give the instance a profile. Handlers and metrics go on, and EventBridge tells the coordinator of a notice")
		})
	}
	return aws.Credentials{}, errNoCredentials{err}
}

// Publish sends the report's JSON as the whole message.
func (t Topic) Publish(ctx context.Context, r message.Report) error {
	_, err := t.Send(ctx, r)
	return err
}

// Send is Publish, for who wants to know more of the answer.
func (t Topic) Send(ctx context.Context, r message.Report) (*sns.PublishOutput, error) {
	body, err := r.Encode()
	if err != nil {
		return nil, err
	}
	return t.publish(ctx, &sns.PublishInput{TopicArn: &t.arn, Message: aws.String(string(body))})
}
