package act

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
)

// noBalancers answers that there is none of that name.
type noBalancers struct{}

func (noBalancers) DescribeTargetHealth(context.Context, *elbv2.DescribeTargetHealthInput, ...func(*elbv2.Options)) (*elbv2.DescribeTargetHealthOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "TargetGroupNotFound", Message: "One or more target groups not found"}
}

func (noBalancers) DescribeTargetGroupAttributes(context.Context, *elbv2.DescribeTargetGroupAttributesInput, ...func(*elbv2.Options)) (*elbv2.DescribeTargetGroupAttributesOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "TargetGroupNotFound", Message: "One or more target groups not found"}
}

func (noBalancers) DescribeInstanceHealth(context.Context, *elb.DescribeInstanceHealthInput, ...func(*elb.Options)) (*elb.DescribeInstanceHealthOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "LoadBalancerNotFound", Message: "There is no ACTIVE Load Balancer named 'web'"}
}

// A group that still names a load balancer which was deleted is looked after all the same.
func TestALoadBalancerThatIsGoneStopsNothing(t *testing.T) {
	t.Parallel()
	a := New(Config{TargetGroups: noBalancers{}, Balancers: noBalancers{}})
	w := decide.World{Instances: []decide.Instance{{ID: "i-1", Member: true, Lifecycle: "InService", Healthy: true, State: "running"}}}
	g := astypes.AutoScalingGroup{TargetGroupARNs: []string{"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"}, LoadBalancerNames: []string{"web"}}
	if a.beside(context.Background(), &w, a.balancing(w, g)); len(w.Missing) > 0 || !w.Instances[0].Serving() {
		t.Errorf("%v; serving %v", w.Missing, w.Instances[0].Serving())
	}
}

// failing answers everything with a fault of the server, and counts.
type failing struct{ asked int }

func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	f.asked++
	return &http.Response{StatusCode: http.StatusInternalServerError, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(
		`<ErrorResponse><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>try again</Message></Error></ErrorResponse>`))}, nil
}

// What may lower desired twice is never sent twice by the SDK, whose other calls are.
func TestARetirementIsSentOnce(t *testing.T) {
	t.Parallel()
	wire := &failing{}
	client := autoscaling.New(autoscaling.Options{Region: "us-east-1", HTTPClient: &http.Client{Transport: wire}, RetryMaxAttempts: 2,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "x", SecretAccessKey: "x"}, nil
		})})
	a := &Actor{Config: Config{AutoScaling: client, Now: time.Now}}
	for _, c := range []struct {
		act   decide.Action
		times int
	}{
		{decide.Action{Kind: decide.Retire, Instance: "i-1", Decrement: true}, 1},
		{decide.Action{Kind: decide.AttachSome, Instances: []string{"i-1"}}, 2},
	} {
		wire.asked = 0
		if res := a.Apply(context.Background(), "web", c.act, time.Now().Add(time.Hour)); res.Failure != decide.Lost || wire.asked != c.times {
			t.Errorf("%s: %q after %d requests, want %d", c.act.Kind, res.Failure, wire.asked, c.times)
		}
	}
}

func TestAQuotaIsNoMatterOfPatience(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]decide.Owner{"MaxSpotInstanceCountExceeded": decide.OfQuota, "VcpuLimitExceeded": decide.OfQuota, "RequestLimitExceeded": decide.OfMoment, "Throttling": decide.OfMoment} {
		f, _ := classify(&smithy.GenericAPIError{Code: code, Message: "no"})
		if got := ownerOf(code, "no"); f != decide.Throttled || got != want {
			t.Errorf("%s: %q, of %s", code, f, got)
		}
	}
	if gone(errors.New("no answer")) {
		t.Error("what was not answered is not gone")
	}
}
