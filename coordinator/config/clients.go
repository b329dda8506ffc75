package config

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/vpclattice"

	"autospotting/coordinator/wire"
	"autospotting/pkg/beanstalk"
	"autospotting/pkg/cli"
)

// Clients uses the SDK's standard configuration. Retries are few and short: a message that fails is looked at
// again, and the SDK's own patience (25 s) would outlast a run's budget.
func (s *Options) Clients(ctx context.Context) (wire.Clients, *sqs.Client, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(s.region), awsconfig.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, 2*time.Second })
	}))
	if err != nil {
		return wire.Clients{}, nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return wire.Clients{}, nil, fmt.Errorf("%w: no region: give --region or $AWS_REGION", cli.ErrUsage)
	}
	s.region = cfg.Region
	queues, compute := sqs.NewFromConfig(cfg), ec2.NewFromConfig(cfg)
	return wire.Clients{
		EC2: compute, Inspector: compute, AutoScaling: autoscaling.NewFromConfig(cfg), DynamoDB: dynamodb.NewFromConfig(cfg), SQS: queues,
		TargetGroups: elbv2.NewFromConfig(cfg), Balancers: elb.NewFromConfig(cfg), Lattice: vpclattice.NewFromConfig(cfg), Stacks: cloudformation.NewFromConfig(cfg),
		Containers: ecs.NewFromConfig(cfg), Environments: beanstalk.NewFromConfig(cfg),
		Pricing: pricing.NewFromConfig(cfg, func(o *pricing.Options) { o.Region = pricingRegion(cfg.Region) }),
		Quotas:  servicequotas.NewFromConfig(cfg), Rules: eventbridge.NewFromConfig(cfg),
	}, queues, nil
}

// pricingRegion is the nearest of the few regions that have the Pricing API.
func pricingRegion(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "cn-northwest-1"
	case strings.HasPrefix(region, "eu-"):
		return "eu-central-1"
	case strings.HasPrefix(region, "ap-"):
		return "ap-south-1"
	}
	return "us-east-1"
}
