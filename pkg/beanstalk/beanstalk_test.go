package beanstalk

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
)

// said is an answer as the service's API reference shows them.
const said = `<DescribeEnvironmentsResponse xmlns="https://elasticbeanstalk.amazonaws.com/docs/2010-12-01/"><DescribeEnvironmentsResult><Environments>
<member><VersionLabel>v7</VersionLabel><Status>Updating</Status><AbortableOperationInProgress>true</AbortableOperationInProgress><EnvironmentId>e-icsgecu3wf</EnvironmentId>
<EnvironmentName>shop</EnvironmentName><EndpointURL>awseb-e-i-AWSEBLoa-1.us-east-1.elb.amazonaws.com</EndpointURL><Tier><Name>Worker</Name><Type>SQS/HTTP</Type><Version>2.3</Version></Tier></member>
<member><EnvironmentId>e-2</EnvironmentId><Status>Ready</Status></member></Environments></DescribeEnvironmentsResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeEnvironmentsResponse>`

func refusal(code string) string {
	return `<ErrorResponse xmlns="https://elasticbeanstalk.amazonaws.com/docs/2010-12-01/"><Error><Type>Sender</Type><Code>` + code + `</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`
}

type answer struct {
	status int
	body   string
}

// serve answers with these, one after the other, the last again and again, and hands on what was asked.
func serve(t *testing.T, answers ...answer) (*Client, *[]*http.Request, *[]url.Values) {
	t.Helper()
	var asked []*http.Request
	var forms []url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(raw))
		a := answers[min(len(asked), len(answers)-1)]
		asked, forms = append(asked, r), append(forms, form)
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(server.Close)
	return NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AK", "secret", "token"), Retryer: func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, time.Millisecond })
	}}), &asked, &forms
}

func TestAnEnvironmentIsAskedForAndRead(t *testing.T) {
	t.Parallel()
	c, asked, forms := serve(t, answer{200, said})
	out, err := c.DescribeEnvironments(t.Context(), &DescribeEnvironmentsInput{EnvironmentIds: []string{"e-icsgecu3wf", "e-2"}, EnvironmentNames: []string{"shop"}})
	if err != nil || len(out.Environments) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	want := EnvironmentDescription{EnvironmentId: "e-icsgecu3wf", EnvironmentName: "shop", Status: "Updating", AbortableOperationInProgress: true,
		EndpointURL: "awseb-e-i-AWSEBLoa-1.us-east-1.elb.amazonaws.com", Tier: EnvironmentTier{"Worker", "SQS/HTTP"}}
	if out.Environments[0] != want || out.Environments[1].AbortableOperationInProgress {
		t.Errorf("%+v", out.Environments)
	}
	form, r := (*forms)[0], (*asked)[0]
	for key, value := range map[string]string{"Action": "DescribeEnvironments", "Version": "2010-12-01", "EnvironmentIds.member.1": "e-icsgecu3wf", "EnvironmentIds.member.2": "e-2", "EnvironmentNames.member.1": "shop"} {
		if form.Get(key) != value {
			t.Errorf("%s is %q", key, form.Get(key))
		}
	}
	if auth := r.Header.Get("Authorization"); !strings.Contains(auth, "/us-east-1/elasticbeanstalk/aws4_request") || r.Header.Get("X-Amz-Security-Token") != "token" || r.Method != http.MethodPost {
		t.Errorf("%s, signed %s", r.Method, auth)
	}
}

func TestErrorsHaveTheServicesCodeAndAreTriedAgainWhereThatHelps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []answer
		code    string
		times   int
	}{
		"not allowed":            {[]answer{{403, refusal("AccessDenied")}}, "AccessDenied", 1},
		"throttled for good":     {[]answer{{400, refusal("Throttling")}}, "Throttling", 3},
		"down for a moment":      {[]answer{{503, "<html>"}, {200, said}}, "", 2},
		"down":                   {[]answer{{503, ""}}, "UnknownError", 3},
		"an answer of no sense":  {[]answer{{200, "{}"}}, "", 1},
		"another's answer":       {[]answer{{200, "<DescribeInstancesResponse/>"}}, "", 1},
		"throttled for a moment": {[]answer{{400, refusal("Throttling")}, {200, said}}, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, asked, _ := serve(t, c.answers...)
			_, err := client.DescribeEnvironments(t.Context(), &DescribeEnvironmentsInput{EnvironmentIds: []string{"e-1"}})
			var api smithy.APIError
			if errors.As(err, &api) && api.ErrorCode() != c.code || c.code != "" && api == nil || len(*asked) != c.times {
				t.Errorf("%v, asked %d times", err, len(*asked))
			}
			if good := c.answers[len(c.answers)-1].body == said; good != (err == nil) {
				t.Errorf("%v", err)
			}
			var op *smithy.OperationError
			if err != nil && (!errors.As(err, &op) || op.Operation() != "DescribeEnvironments") {
				t.Errorf("%v names no operation", err)
			}
		})
	}
}

func TestWhoDoesNotAnswerIsGivenUp(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	c := NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AK", "secret", "")})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.DescribeEnvironments(ctx, &DescribeEnvironmentsInput{}); err == nil || ctx.Err() == nil {
		t.Errorf("%v", err)
	}
}

func TestWhereTheServiceIs(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{"eu-west-1": "https://elasticbeanstalk.eu-west-1.amazonaws.com/", "cn-north-1": "https://elasticbeanstalk.cn-north-1.amazonaws.com.cn/",
		"us-gov-west-1": "https://elasticbeanstalk.us-gov-west-1.amazonaws.com/"} {
		if at, err := NewFromConfig(aws.Config{Region: region}).endpoint(t.Context()); err != nil || at != want {
			t.Errorf("%s: %s, %v", region, at, err)
		}
	}
	if at, err := NewFromConfig(aws.Config{}).endpoint(t.Context()); err == nil {
		t.Errorf("in no region it is at %s", at)
	}
}

func TestTheEnvironmentVariableComesFirst(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_ELASTIC_BEANSTALK", "http://127.0.0.1:1")
	if at, err := NewFromConfig(aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("http://127.0.0.1:2")}).endpoint(t.Context()); err != nil || at != "http://127.0.0.1:1" {
		t.Errorf("%s, %v", at, err)
	}
}

func TestWithoutCredentialsNobodyIsAsked(t *testing.T) {
	t.Parallel()
	c, asked, _ := serve(t, answer{200, said})
	c.cfg.Credentials = nil
	if _, err := c.DescribeEnvironments(t.Context(), &DescribeEnvironmentsInput{}); err == nil || len(*asked) > 0 {
		t.Errorf("%v, asked %d times", err, len(*asked))
	}
}
