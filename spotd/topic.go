package main

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"autospotting/pkg/message"
)

// topic publishes reports to SNS. It holds the one operation and not the client,
// so that no reflection can reach the others and the linker drops them.
type topic struct {
	arn     string
	publish func(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// newTopic wires the SNS client by hand: the SDK's config package would bring
// every credential source there is and double the binary. The endpoint
// variables are the SDK's own names. Retrying is the outbox's work, so the
// client does none.
func newTopic(c config, metadata ec2rolecreds.GetMetadataAPIClient, transport http.RoundTripper) topic {
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
			TLSHandshakeTimeout: 3 * time.Second,
			IdleConnTimeout:     90 * time.Second,
			ForceAttemptHTTP2:   true,
		}
	}
	options := sns.Options{
		Region:      c.region(),
		Credentials: aws.NewCredentialsCache(credentialSource(metadata)),
		HTTPClient:  &http.Client{Transport: transport},
		Retryer:     aws.NopRetryer{},
	}
	if url := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_SNS"), os.Getenv("AWS_ENDPOINT_URL")); url != "" {
		options.BaseEndpoint = &url
	}
	return topic{c.Topic, sns.New(options).Publish}
}

// credentialSource is the environment if it has a key, else the instance's role.
func credentialSource(metadata ec2rolecreds.GetMetadataAPIClient) aws.CredentialsProvider {
	key, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	if key != "" && secret != "" {
		return credentials.NewStaticCredentialsProvider(key, secret, os.Getenv("AWS_SESSION_TOKEN"))
	}
	return ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = metadata })
}

// Publish sends the report's JSON as the whole message.
func (t topic) Publish(ctx context.Context, r message.Report) error {
	body, err := r.Encode()
	if err != nil {
		return err
	}
	_, err = t.publish(ctx, &sns.PublishInput{TopicArn: &t.arn, Message: aws.String(string(body))})
	return err
}
