package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"autospotting/pkg/awsmodel"
)

// modelled are the services, by the name that they are signed with, as the table of AWS's models calls them.
var modelled = map[string][]string{
	"ec2": {"ec2"}, "autoscaling": {"autoscaling"}, "sns": {"sns"}, "sqs": {"sqs"}, "dynamodb": {"dynamodb"},
	"elasticloadbalancing": {"elasticloadbalancing", "elasticloadbalancingv2"}, "cloudformation": {"cloudformation"}, "pricing": {"pricing"}, "events": {"eventbridge"}, "ecs": {"ecs"},
	"elasticbeanstalk": {"elasticbeanstalk"},
}

// limited refuses what AWS's models refuse: the emulator takes texts of any length, and any number of them. It is the same table as
// that of the simulated cloud. strict refuses as well what has no row.
func limited(strict bool, next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		for _, service := range modelled[k.service] {
			if !awsmodel.Known(service, k.action) {
				continue
			}
			err := awsmodel.CheckForm(service, k.action, k.form)
			if k.doc != nil {
				err = awsmodel.CheckJSON(service, k.action, k.doc)
			}
			var fault *awsmodel.Fault
			if errors.As(err, &fault) {
				return refused(k, fault.Code, fault.Message), nil
			}
			return next(ctx, k)
		}
		if strict {
			return refused(k, "WithoutARow", k.service+" "+k.action+" has no row in pkg/awsmodel: run its generate.py"), nil
		}
		return next(ctx, k)
	}
}

// refused is an error of whichever protocol was asked in.
func refused(k *call, code, text string) answer {
	if k.doc == nil {
		return refuse(k.service, code, text)
	}
	body, err := json.Marshal(map[string]string{"__type": "com.amazonaws." + k.service + "#" + code, "message": text})
	if err != nil {
		panic(err) // strings always encode
	}
	return answer{http.StatusBadRequest, http.Header{"Content-Type": {"application/x-amz-json-1.0"}, "X-Amzn-Query-Error": {code + ";Sender"}}, body}
}

// What AWS's models refuse the emulator itself takes, or fails over: rows of this kind are needed.
func TestTheProxyRefusesWhatAWSsModelsRefuse(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	const long = "i-0123456789abcdef01"
	for _, c := range []struct {
		name, code string
		call       func(context.Context) error
	}{
		{"an overlong id", "ValidationError", func(ctx context.Context) error {
			_, err := a.scaling.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{"i-0123456789abcdef0", long}})
			return err
		}},
		{"an id that is none", "InvalidInstanceID.Malformed", func(ctx context.Context) error {
			_, err := a.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{long}})
			return err
		}},
		{"a message that is too long", "InvalidParameterValue", func(ctx context.Context) error {
			_, err := a.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &a.inbox, MessageBody: aws.String(strings.Repeat("x", 256*1024+1))})
			return err
		}},
	} {
		err := c.call(t.Context())
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != c.code {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
}
