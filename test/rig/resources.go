package rig

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Resources lists what there is in an account, as "kind name", of every kind that the stack makes and the emulator knows.
func Resources(ctx context.Context, cfg aws.Config) (all []string, err error) {
	for _, of := range []struct {
		kind string
		list func(context.Context, aws.Config) ([]string, error)
	}{
		{"queue", queues}, {"topic", topics}, {"subscription", subscriptions}, {"table", tables}, {"function", functions}, {"mapping", mappings},
		{"role", roles}, {"profile", profiles}, {"log", logs}, {"bucket", buckets}, {"stack", stacks}, {"launch template", templates},
	} {
		names, err := of.list(ctx, cfg)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", of.kind, err)
		}
		for _, n := range names {
			all = append(all, of.kind+" "+n)
		}
	}
	slices.Sort(all)
	return all, nil
}

// names takes the name out of each.
func names[T any](all []T, name func(T) *string) (out []string) {
	for _, one := range all {
		out = append(out, aws.ToString(name(one)))
	}
	return out
}

func queues(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := sqs.NewFromConfig(cfg).ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		return nil, err
	}
	return out.QueueUrls, nil
}

func topics(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := sns.NewFromConfig(cfg).ListTopics(ctx, &sns.ListTopicsInput{})
	if err != nil {
		return nil, err
	}
	return names(out.Topics, func(one snstypes.Topic) *string { return one.TopicArn }), nil
}

func subscriptions(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := sns.NewFromConfig(cfg).ListSubscriptions(ctx, &sns.ListSubscriptionsInput{})
	if err != nil {
		return nil, err
	}
	return names(out.Subscriptions, func(one snstypes.Subscription) *string { return one.SubscriptionArn }), nil
}

func tables(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := dynamodb.NewFromConfig(cfg).ListTables(ctx, &dynamodb.ListTablesInput{})
	if err != nil {
		return nil, err
	}
	return out.TableNames, nil
}

func functions(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := lambda.NewFromConfig(cfg).ListFunctions(ctx, &lambda.ListFunctionsInput{})
	if err != nil {
		return nil, err
	}
	return names(out.Functions, func(one lambdatypes.FunctionConfiguration) *string { return one.FunctionName }), nil
}

func mappings(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := lambda.NewFromConfig(cfg).ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{})
	if err != nil {
		return nil, err
	}
	return names(out.EventSourceMappings, func(one lambdatypes.EventSourceMappingConfiguration) *string { return one.UUID }), nil
}

func roles(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := iam.NewFromConfig(cfg).ListRoles(ctx, &iam.ListRolesInput{})
	if err != nil {
		return nil, err
	}
	return names(out.Roles, func(one iamtypes.Role) *string { return one.RoleName }), nil
}

func profiles(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := iam.NewFromConfig(cfg).ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{})
	if err != nil {
		return nil, err
	}
	return names(out.InstanceProfiles, func(one iamtypes.InstanceProfile) *string { return one.InstanceProfileName }), nil
}

func logs(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := cloudwatchlogs.NewFromConfig(cfg).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil {
		return nil, err
	}
	return names(out.LogGroups, func(one logstypes.LogGroup) *string { return one.LogGroupName }), nil
}

func stacks(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{})
	if err != nil {
		return nil, err
	}
	return names(out.Stacks, func(one cfntypes.Stack) *string { return one.StackName }), nil
}

func templates(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := ec2.NewFromConfig(cfg).DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{})
	if err != nil {
		return nil, err
	}
	return names(out.LaunchTemplates, func(one ec2types.LaunchTemplate) *string { return one.LaunchTemplateName }), nil
}

func buckets(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return nil, err
	}
	return names(out.Buckets, func(one s3types.Bucket) *string { return one.Name }), nil
}
