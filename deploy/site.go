package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"autospotting/coordinator/ledger/dynamo"
	"autospotting/deploy/bucket"
	"autospotting/deploy/cfn"
	"autospotting/deploy/estate"
	"autospotting/pkg/cli"
)

// site is one region of the account that the credentials are of.
type site struct {
	*options
	st              cli.Streams
	region          string
	account, caller string
	prefix          string // of every line, where there are several regions

	cloudformation *cloudformation.Client
	s3             *s3.Client
	logs           *cloudwatchlogs.Client
	lambda         *lambda.Client
	quotas         *servicequotas.Client
	ec2            *ec2.Client
	iam            *iam.Client
	kms            *kms.Client
	sqs            *sqs.Client
	scaling        *autoscaling.Client
	ledger         dynamo.Store
	estate         estate.Estate
	once           []string // launch templates that are or were ours, as far as the ledger was read
	// wait lets time pass in which AWS does what nobody can look at.
	wait func(context.Context, time.Duration) error
}

// everywhere does it in one region after the other, and goes on with the next where one fails.
func (o *options) everywhere(ctx context.Context, st cli.Streams, do func(context.Context, *site) error) error {
	if err := o.configured(ctx); err != nil {
		return err
	}
	var errs []error
	for _, region := range o.regions {
		s, err := o.site(ctx, st, region)
		if err == nil {
			err = do(ctx, s)
		}
		if err != nil && len(o.regions) > 1 {
			err = fmt.Errorf("%s: %w", region, err)
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// configured takes the region from the configuration where nobody named one.
func (o *options) configured(ctx context.Context) error {
	if len(o.regions) > 0 {
		return nil
	}
	cfg, err := o.configuration(ctx)
	if err != nil {
		return err
	}
	if cfg.Region == "" {
		return fmt.Errorf("%w: no region: give --region, $AWS_REGION, or a profile that has one", cli.ErrUsage)
	}
	return o.regions.Set(cfg.Region)
}

func (o *options) configuration(ctx context.Context, with ...func(*awsconfig.LoadOptions) error) (aws.Config, error) {
	// What the SDK would say beside its errors is no line for people.
	with = append(with, awsconfig.WithLogger(logging.Nop{}))
	if o.profile != "" {
		with = append(with, awsconfig.WithSharedConfigProfile(o.profile))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, with...)
	if err != nil {
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	return cfg, nil
}

func (o *options) site(ctx context.Context, st cli.Streams, region string) (*site, error) {
	cfg, err := o.configuration(ctx, awsconfig.WithRegion(region))
	if err != nil {
		return nil, err
	}
	if o.endpoint != "" {
		cfg.BaseEndpoint = &o.endpoint
	}
	s := &site{options: o, st: st, region: region}
	if len(o.regions) > 1 {
		s.prefix = region + ": "
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("the credentials are not accepted: %w", err)
	}
	s.account, s.caller = aws.ToString(who.Account), aws.ToString(who.Arn)
	s.connect(cfg)
	return s, nil
}

func (s *site) connect(cfg aws.Config) {
	s.cloudformation, s.logs, s.lambda = cloudformation.NewFromConfig(cfg), cloudwatchlogs.NewFromConfig(cfg), lambda.NewFromConfig(cfg)
	s.quotas, s.ec2, s.iam, s.kms = servicequotas.NewFromConfig(cfg), ec2.NewFromConfig(cfg), iam.NewFromConfig(cfg), kms.NewFromConfig(cfg)
	// An emulator has no names for buckets.
	s.s3 = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = cfg.BaseEndpoint != nil })
	s.ledger = dynamo.Store{API: dynamodb.NewFromConfig(cfg), Table: dynamo.DefaultTable}
	s.sqs, s.scaling = sqs.NewFromConfig(cfg), autoscaling.NewFromConfig(cfg)
	s.estate = estate.Estate{EC2: s.ec2, AutoScaling: s.scaling, IAM: s.iam}
	if s.wait = cfn.Pause; cfg.BaseEndpoint != nil { // an emulator is done at once
		s.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
}

// tell is progress, for people.
func (s *site) tell(format string, args ...any) {
	fmt.Fprintf(s.st.Err, s.prefix+format+"\n", args...)
}

func (s *site) stackNamed(name string) cfn.Stack {
	return cfn.Stack{API: s.cloudformation, Name: name, Tell: s.tell, Pause: s.pause}
}

func (s *site) main() cfn.Stack      { return s.stackNamed(s.stack) }
func (s *site) artifacts() cfn.Stack { return s.stackNamed(s.stack + "-artifacts") }

func (s *site) bucketNamed(name string) bucket.Bucket {
	return bucket.Bucket{API: s.s3, Name: name, Account: s.account, Tell: s.tell}
}

// ask wants a yes.
func (s *site) ask(question string) (bool, error) {
	if s.yes {
		return true, nil
	}
	fmt.Fprintf(s.st.Err, "%s%s [yes/no] ", s.prefix, question)
	answer, err := s.st.In.ReadString('\n')
	if err != nil && answer == "" {
		return false, errors.New("nobody answered: give --yes where nobody can")
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "yes" || answer == "y", nil
}

// noise is what the SDK says of an answer that nobody but AWS's support can use.
var noise = regexp.MustCompile(`(operation error [A-Za-z0-9 ]+: [A-Za-z]+, |https response error StatusCode: \d+, RequestID: [^,]*, |HostID: [^,]*, |exceeded maximum number of attempts, \d+, |api error )`)

// explain turns what AWS says into one line with what to do about it.
func explain(err error) string {
	text := noise.ReplaceAllString(strings.Join(strings.Fields(err.Error()), " "), "")
	var api smithy.APIError
	if !errors.As(err, &api) {
		if strings.Contains(text, "failed to refresh cached credentials") || strings.Contains(text, "get identity: ") {
			return "no credentials: give --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"
		}
		return text
	}
	switch code := api.ErrorCode(); code {
	case "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure", "InvalidAccessKeyId":
		return fmt.Sprintf("the credentials are not accepted (%s): check --profile or the keys in the environment", code)
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return "the credentials have expired: sign in again"
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return fmt.Sprintf("not allowed: %s (docs/install.md lists what the installer needs)", api.ErrorMessage())
	}
	return text
}

// stamp is the time of a line.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
