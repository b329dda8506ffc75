package stack

import (
	"fmt"
	"maps"
	"strings"
)

// translation says how a type of CloudFormation's is written in Terraform.
type translation struct {
	to    string
	paths map[string]string // of properties, to those of arguments
	own   []string          // arguments that CloudFormation has no property for
	whole []string
}

// pairs reads "Property argument" words.
func pairs(text string) map[string]string {
	out := map[string]string{}
	words := strings.Fields(text)
	for i := 0; i+1 < len(words); i += 2 {
		out[words[i]] = words[i+1]
	}
	return out
}

// Where CloudFormation makes a name up, Terraform has a prefix or wants a name.
var named = []string{"name", "name_prefix", "alarm_name"}

var translations = map[string]translation{
	"AWS::SNS::Topic":       {"aws_sns_topic", pairs("DisplayName display_name KmsMasterKeyId kms_master_key_id"), named, nil},
	"AWS::SNS::TopicPolicy": {"aws_sns_topic_policy", pairs("Topic arn PolicyDocument policy"), nil, nil},
	"AWS::SNS::Subscription": {"aws_sns_topic_subscription", pairs("TopicArn topic_arn Protocol protocol Endpoint endpoint RawMessageDelivery raw_message_delivery " +
		"FilterPolicyScope filter_policy_scope FilterPolicy filter_policy RedrivePolicy redrive_policy"), nil, nil},
	"AWS::SQS::Queue": {"aws_sqs_queue", pairs("QueueName name FifoQueue fifo_queue ContentBasedDeduplication content_based_deduplication DeduplicationScope deduplication_scope " +
		"FifoThroughputLimit fifo_throughput_limit VisibilityTimeout visibility_timeout_seconds MessageRetentionPeriod message_retention_seconds " +
		"ReceiveMessageWaitTimeSeconds receive_wait_time_seconds RedrivePolicy redrive_policy SqsManagedSseEnabled sqs_managed_sse_enabled KmsMasterKeyId kms_master_key_id"), nil, nil},
	"AWS::SQS::QueuePolicy": {"aws_sqs_queue_policy", pairs("Queue queue_url PolicyDocument policy"), nil, nil},
	"AWS::Events::Rule": {"aws_cloudwatch_event_rule", pairs("Name name Description description EventPattern event_pattern Target.Id target.target_id Target.Arn target.arn " +
		"Target.RetryPolicy target.retry_policy Target.DeadLetterConfig.Arn target.dead_letter_config.arn"), []string{"target.rule"}, nil},
	"AWS::Scheduler::Schedule": {"aws_scheduler_schedule", pairs("Name name Description description ScheduleExpression schedule_expression FlexibleTimeWindow.Mode flexible_time_window.mode " +
		"Target.Arn target.arn Target.RoleArn target.role_arn Target.Input target.input Target.RetryPolicy target.retry_policy Target.DeadLetterConfig.Arn target.dead_letter_config.arn"), nil, nil},
	"AWS::IAM::Role":            {"aws_iam_role", pairs("Path path PermissionsBoundary permissions_boundary Description description AssumeRolePolicyDocument assume_role_policy Policies policies ManagedPolicyArns attachments"), named, nil},
	"AWS::IAM::ManagedPolicy":   {"aws_iam_policy", pairs("Path path Description description PolicyDocument policy"), named, nil},
	"AWS::IAM::InstanceProfile": {"aws_iam_instance_profile", pairs("Path path Role role"), named, nil},
	"AWS::DynamoDB::Table": {"aws_dynamodb_table", pairs("TableName name BillingMode billing_mode Attribute.AttributeName attribute.name Attribute.AttributeType attribute.type Key hash_key " +
		"PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled point_in_time_recovery.enabled SSESpecification.SSEEnabled server_side_encryption.enabled " +
		"SSESpecification.KMSMasterKeyId server_side_encryption.kms_key_arn"), nil, nil},
	"AWS::Logs::LogGroup": {"aws_cloudwatch_log_group", pairs("LogGroupName name RetentionInDays retention_in_days KmsKeyId kms_key_id"), nil, nil},
	"AWS::Lambda::Function": {"aws_lambda_function", pairs("FunctionName function_name Description description Runtime runtime Handler handler Architectures architectures Code.S3Bucket s3_bucket " +
		"Code.S3Key s3_key Role role Timeout timeout MemorySize memory_size KmsKeyArn kms_key_arn LoggingConfig.LogFormat logging_config.log_format " +
		"LoggingConfig.LogGroup logging_config.log_group Environment.Variables environment.variables"), nil, nil},
	"AWS::Lambda::EventSourceMapping": {"aws_lambda_event_source_mapping", pairs("FunctionName function_name EventSourceArn event_source_arn BatchSize batch_size " +
		"MaximumBatchingWindowInSeconds maximum_batching_window_in_seconds ScalingConfig.MaximumConcurrency scaling_config.maximum_concurrency " +
		"FunctionResponseTypes function_response_types"), nil, nil},
	"AWS::KMS::Key": {"aws_kms_key", pairs("Description description EnableKeyRotation enable_key_rotation PendingWindowInDays deletion_window_in_days KeyPolicy policy"), nil, nil},
	"AWS::CloudWatch::Alarm": {"aws_cloudwatch_metric_alarm", pairs("AlarmDescription alarm_description Namespace namespace MetricName metric_name Dimensions dimensions Statistic statistic " +
		"Period period EvaluationPeriods evaluation_periods Threshold threshold ComparisonOperator comparison_operator TreatMissingData treat_missing_data " +
		"AlarmActions alarm_actions OKActions ok_actions"), named, nil},
	"AWS::CloudWatch::Dashboard": {"aws_cloudwatch_dashboard", pairs("DashboardName dashboard_name DashboardBody dashboard_body"), nil, nil},
}

// rearranged gives a resource's properties in the shape that Terraform has for them: no lists of one.
func (d deployed) rearranged(id string) map[string]any {
	p := maps.Clone(d.properties(id))
	single := func(from, to string) {
		if l, ok := p[from].([]any); ok && len(l) == 1 {
			p[to] = l[0]
			delete(p, from)
		}
	}
	for _, names := range [][2]string{{"Topics", "Topic"}, {"Queues", "Queue"}, {"Targets", "Target"}, {"Roles", "Role"}, {"AttributeDefinitions", "Attribute"}} {
		single(names[0], names[1])
	}
	for _, name := range []string{"RoleName", "ManagedPolicyName", "InstanceProfileName"} {
		delete(p, name) // a prefix there
	}
	switch d.resources[id].Type {
	case "AWS::DynamoDB::Table":
		p["Key"] = at(p, "KeySchema", 0, "AttributeName")
		delete(p, "KeySchema")
		if sse, ok := p["SSESpecification"].(map[string]any); ok {
			delete(sse, "SSEType") // KMS, which is what Terraform means by enabled
		}
	case "AWS::CloudWatch::Alarm":
		dimensions := map[string]any{}
		for _, one := range list(p["Dimensions"]) {
			dimensions[fmt.Sprint(at(one, "Name"))] = at(one, "Value")
		}
		if delete(p, "Dimensions"); len(dimensions) > 0 {
			p["Dimensions"] = dimensions
		}
	case "AWS::IAM::Role":
		policies := map[string]any{}
		for _, one := range list(p["Policies"]) {
			policies[fmt.Sprint(at(one, "PolicyName"))] = d.document(at(one, "PolicyDocument"))
		}
		if delete(p, "Policies"); len(policies) > 0 {
			p["Policies"] = policies
		}
	}
	for _, retry := range []any{at(p, "Target", "RetryPolicy")} {
		if r, ok := retry.(map[string]any); ok {
			at(p, "Target").(map[string]any)["RetryPolicy"] = map[string]any{"maximum_event_age_in_seconds": r["MaximumEventAgeInSeconds"], "maximum_retry_attempts": r["MaximumRetryAttempts"]}
		}
	}
	return p
}

// parts puts into a resource what Terraform has as resources of their own: a rule's target, a role's policies.
func (p planned) parts(name string, into map[string]any, used map[string]bool) {
	for address, body := range p.resources {
		kind, own, _ := strings.Cut(address, ".")
		switch {
		case kind == "aws_cloudwatch_event_target" && own == name:
			into["target"] = p.body(body)
		case kind == "aws_iam_role_policy" && p.body(body)["role"] == p.roleName(name):
			policies, _ := into["policies"].(map[string]any)
			if policies == nil {
				policies = map[string]any{}
			}
			policies[fmt.Sprint(p.body(body)["name"])] = parsed(p.body(body)["policy"])
			into["policies"] = policies
		case kind == "aws_iam_role_policy_attachment" && p.body(body)["role"] == p.roleName(name):
			attachments, _ := into["attachments"].([]any)
			into["attachments"] = append(attachments, p.body(body)["policy_arn"])
		default:
			continue
		}
		used[address] = true
	}
}

// roleName is that of the role with this name in the module; nothing where there is none.
func (p planned) roleName(name string) any {
	if roles := p.context.Variables["aws_iam_role"]; roles.Type().HasAttribute(name) {
		return roles.GetAttr(name).GetAttr("name").AsString()
	}
	return nil
}
