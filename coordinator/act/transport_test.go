package act

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"autospotting/coordinator/decide"
)

// answered is an answer with that status and code, as the SDK gives it.
func answered(status int, code string) error {
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: refusedBy(code, "try again")}
}

// wire answers every request with the same status and an error of the same code, in the format that the request is in; without a code
// with the page of a proxy.
type wire struct {
	status int
	code   string
}

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	header, body := http.Header{}, "<html>"+http.StatusText(w.status)+"</html>"
	switch {
	case w.code == "":
	case strings.HasPrefix(r.URL.Host, "ec2."):
		body = fmt.Sprintf("<Response><Errors><Error><Code>%s</Code><Message>said</Message></Error></Errors><RequestID>1</RequestID></Response>", w.code)
	case strings.HasPrefix(r.URL.Host, "api.pricing."), strings.HasPrefix(r.URL.Host, "ecs."):
		header.Set("X-Amzn-Errortype", w.code)
		body = `{"message":"said"}`
	default:
		body = fmt.Sprintf("<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>said</Message></Error></ErrorResponse>", w.code)
	}
	return &http.Response{StatusCode: w.status, Header: header, Request: r, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// overWire makes one call of each API through the SDK's own client, without its patience, and gives the errors.
func overWire(ctx context.Context, w wire) map[string]error {
	c := aws.Config{Region: "us-east-1", HTTPClient: &http.Client{Transport: w}, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "x", SecretAccessKey: "x"}, nil
		})}
	out := map[string]error{}
	_, out["EC2"] = ec2.NewFromConfig(c).DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
	_, out["Auto Scaling"] = autoscaling.NewFromConfig(c).AttachInstances(ctx, &autoscaling.AttachInstancesInput{AutoScalingGroupName: aws.String("web")})
	_, out["target groups"] = elbv2.NewFromConfig(c).DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: aws.String(targetGroup)})
	_, out["classic load balancers"] = elb.NewFromConfig(c).DescribeInstanceHealth(ctx, &elb.DescribeInstanceHealthInput{LoadBalancerName: aws.String("web")})
	_, out["ECS"] = ecs.NewFromConfig(c).UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{ContainerInstances: []string{"arn:1"}, Status: "DRAINING"})
	_, out["CloudFormation"] = cloudformation.NewFromConfig(c).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{})
	_, out["Pricing"] = pricing.NewFromConfig(c).GetProducts(ctx, &pricing.GetProductsInput{ServiceCode: aws.String("AmazonEC2")})
	return out
}

func TestWhatAServerSaysOfItselfIsNeverTakenForARefusal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		wire wire
		want decide.Failure
	}{
		{"an unknown fault", wire{500, "SomethingNew"}, decide.Lost},
		{"an unknown fault that calls itself a validation error", wire{500, "ValidationSomething"}, decide.Lost},
		{"one that is not there for now", wire{503, "SomethingNew"}, decide.Lost},
		{"a fault whose code sounds like something that is gone", wire{500, "EndpointNotFound"}, decide.Lost},
		{"a fault that AWS documents", wire{500, "InternalFailure"}, decide.Lost},
		{"no capacity to answer", wire{503, "ServiceUnavailable"}, decide.Lost},
		{"a page of a proxy", wire{502, ""}, decide.Lost},
		{"EC2's throttling, which comes as 503", wire{503, "RequestLimitExceeded"}, decide.Throttled},
		{"throttling by another of AWS's names for it", wire{503, "EC2ThrottledException"}, decide.Throttled},
		{"Auto Scaling's throttling", wire{400, "Throttling"}, decide.Throttled},
		{"too many requests, by the status", wire{429, "SomethingNew"}, decide.Throttled},
		{"what the caller did wrong", wire{400, "SomethingNew"}, decide.Invalid},
		{"up to the last status that is the caller's", wire{499, "SomethingNew"}, decide.Invalid},
		{"what is not there", wire{400, "SomethingNotFound"}, decide.Gone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for api, err := range overWire(t.Context(), c.wire) {
				if got, detail := classify(err); got != c.want {
					t.Errorf("%s: read as %q, want %q: %s", api, got, c.want, detail)
				}
				if c.want != decide.Invalid && Refused(err) {
					t.Errorf("%s: would be refused again, it is said", api)
				}
			}
		})
	}
}

func TestEveryCodeHasItsClass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		want  decide.Failure
		codes []string
	}{
		{"later", decide.Throttled, []string{"Throttling", "ThrottlingException", "RequestLimitExceeded", "ResourceContention", "ResourceInUse", "ScalingActivityInProgress",
			"MaxSpotInstanceCountExceeded", "VcpuLimitExceeded", "InstanceLimitExceeded", "MaxFleetCountExceeded", "ResourceCountExceeded"}},
		{"it may have worked", decide.Lost, []string{"InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable", "RequestTimeout"}},
		{"it is not there", decide.Gone, []string{"InvalidInstanceID.NotFound", "TargetGroupNotFound", "InvalidLaunchTemplateId.NotFoundException", "InvalidPlacementGroup.Unknown"}},
		{"the token is another request's", decide.Mismatch, []string{"IdempotentParameterMismatch"}},
		{"it would be refused again", decide.Invalid, []string{"ValidationError", "UnauthorizedOperation", "AccessDenied", "InvalidParameterValue", "InvalidInstanceID.Malformed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, code := range c.codes {
				if got, detail := classify(refusedBy(code, "said")); got != c.want || detail != code+": said" {
					t.Errorf("%s: %q (%s), want %q", code, got, detail, c.want)
				}
			}
		})
	}
	for code := range codes { // a row that is added needs its place above
		if f, _ := classify(refusedBy(code, "said")); f != codes[code] {
			t.Errorf("%s is %q, and read as %q", code, codes[code], f)
		}
	}
	if got, detail := classify(&smithy.GenericAPIError{Code: "Modelled", Message: "said", Fault: smithy.FaultServer}); got != decide.Lost || detail != "Modelled: said" {
		t.Errorf("a fault of the server, by its model: %q", got)
	}
	if got, _ := classify(&smithy.GenericAPIError{Code: "Modelled", Fault: smithy.FaultClient}); got != decide.Invalid {
		t.Errorf("a fault of the caller, by its model: %q", got)
	}
	if got, _ := classify(refusedBy("ValidationError", "AutoScalingGroup name not found - AutoScalingGroup web not found")); got != decide.Gone {
		t.Errorf("a group that is not there: %q", got)
	}
	if got, detail := classify(nil); got != decide.Done || detail != "" {
		t.Errorf("an answer: %q", got)
	}
}

func TestAStrangersMalformedIdIsARefusalAndAWeakNetworkIsNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"an id that is none", refusedBy("InvalidInstanceID.Malformed", "x"), true},
		{"the same, as Auto Scaling says it", refusedBy("ValidationError", "x"), true},
		{"a value", refusedBy("InvalidParameterValue", "x"), true},
		{"too many at once", refusedBy("FilterLimitExceeded", "x"), true},
		{"no permission", refusedBy("UnauthorizedOperation", "x"), false},
		{"throttled", refusedBy("RequestLimitExceeded", "x"), false},
		{"no answer", errLost, false},
		{"a fault of the server", answered(503, "ValidationError"), false},
		{"the caller's, whatever its status", answered(499, "ValidationError"), true},
	} {
		if got := Refused(c.err); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestAnAttachThatAServerFailedMayHaveWorked(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.failing("autoscaling.AttachInstances", answered(503, "SomethingNew"))
	if res := acc.actor().Apply(t.Context(), "web", decide.Action{Kind: decide.AttachSome, Instances: []string{"i-9"}}, noon.Add(time.Minute)); res.Failure != decide.Lost {
		t.Errorf("read as %q", res.Failure)
	}
}
