package emulator

var mutants = []mutant{
	{name: "the fleet is of the default type", call: "ec2.CreateFleet", wrong: drop(`^Type$`)},
	{name: "the fleet has no strategy", call: "ec2.CreateFleet", wrong: drop(`^SpotOptions`)},
	{name: "the fleet is on-demand", call: "ec2.CreateFleet", wrong: put("spot", "on-demand")},
	{name: "the fleet has no client token", call: "ec2.CreateFleet", wrong: drop(`^ClientToken$`)},
	{name: "the instance lacks the group tag", call: "ec2.CreateFleet", wrong: put("autospotting-group", "autospotting-groups")},
	{name: "the instance lacks the launch tag", call: "ec2.CreateFleet", wrong: put("autospotting-launch", "autospotting-lunch")},
	{name: "the instance lacks the owner's tag", call: "ec2.CreateFleet", wrong: put("team", "teams")},
	{name: "the fleet names the version wrongly", call: "ec2.CreateFleet", wrong: rename(`LaunchTemplateSpecification\.Version`, "LaunchTemplateSpecification.VersionNumber")},
	{name: "the fleet leaves the group's subnets", call: "ec2.CreateFleet", wrong: drop(`SubnetId$`)},
	{name: "the user data is not base64", call: "ec2.CreateLaunchTemplate", wrong: func(k *call) {
		k.form.Set("LaunchTemplateData.UserData", "#!/bin/sh\necho the owner's own script\n")
	}},
	{name: "the user data is base64 twice", call: "ec2.CreateLaunchTemplate", wrong: func(k *call) {
		k.form.Set("LaunchTemplateData.UserData", encoded(k.form.Get("LaunchTemplateData.UserData")))
	}},
	{name: "the template has no description", call: "ec2.CreateLaunchTemplate", wrong: drop(`^VersionDescription$`)},
	{name: "the template is not tagged", call: "ec2.CreateLaunchTemplate", wrong: drop(`^TagSpecification`)},
	{name: "attach names the instances wrongly", call: "autoscaling.AttachInstances", wrong: rename(`^InstanceIds\.member`, "InstanceId.member")},
	{name: "retire does not lower desired", call: "autoscaling.TerminateInstanceInAutoScalingGroup", wrong: put("true", "false")},
	{name: "retire names the instance wrongly", call: "autoscaling.TerminateInstanceInAutoScalingGroup", wrong: rename(`^InstanceId$`, "InstanceIds")},
	{name: "MaxSize is named wrongly", call: "autoscaling.UpdateAutoScalingGroup", wrong: rename(`^MaxSize$`, "Maximum")},
	{name: "desired is sent along with MaxSize", call: "autoscaling.UpdateAutoScalingGroup", wrong: func(k *call) { k.form.Set("DesiredCapacity", k.form.Get("MaxSize")) }},
	{name: "protection is not taken back", call: "autoscaling.SetInstanceProtection", wrong: put("false", "true")},
	{name: "the tag filter is named wrongly", call: "autoscaling.DescribeAutoScalingGroups", wrong: put("tag:spot-enabled", "tag:spot")},
	{name: "only the first page of groups is read", call: "autoscaling.DescribeAutoScalingGroups", answer: onePage},
	{name: "only the first page of types is read", call: "ec2.DescribeInstanceTypes", answer: onePage},
	{name: "only the first page of offerings is read", call: "ec2.DescribeInstanceTypeOfferings", answer: onePage},
	{name: "only the first page of prices is read", call: "ec2.DescribeSpotPriceHistory", answer: onePage},
	{name: "the filter of subnets is named wrongly", call: "ec2.DescribeSubnets", wrong: put("subnet-id", "subnet")},
	{name: "the image is named wrongly", call: "ec2.DescribeImages", wrong: rename(`^ImageId`, "Image")},
	{name: "spot requests are filtered by a wrong name", call: "ec2.DescribeSpotInstanceRequests", wrong: put("status-code", "status-codes")},
	{name: "the record is written without its revision", call: "dynamodb.PutItem", wrong: field("Item", func(v any) any {
		delete(v.(map[string]any), "revision")
		return v
	})},
	{name: "the record is written to another table", call: "dynamodb.PutItem", wrong: field("TableName", func(any) any { return "ledger" })},
	{name: "the record is read by a wrong key", call: "dynamodb.GetItem", wrong: field("Key", func(any) any {
		return map[string]any{"group": map[string]any{"S": "web"}}
	})},
	{name: "records are sought in another table", call: "dynamodb.Scan", wrong: field("TableName", func(any) any { return "ledger" })},
	{name: "work is sent without a message group", call: "sqs.SendMessage", wrong: field("MessageGroupId", gone)},
	{name: "messages are taken from a queue that is not", call: "sqs.ReceiveMessage", wrong: field("QueueUrl", func(v any) any { return v.(string) + "s" })},
	{name: "messages are not deleted", call: "sqs.DeleteMessage", wrong: field("ReceiptHandle", func(any) any { return "another" })},
	{name: "instances are sought by a wrong filter", call: "ec2.DescribeInstances", wrong: put("instance-id", "instance-ids")},
	{name: "only the first page of instances is read", call: "ec2.DescribeInstances", answer: onePage},
	{name: "status checks are asked of another instance", call: "ec2.DescribeInstanceStatus", wrong: list("InstanceId.1", "i-0123456789abcdef0")},
	{name: "membership is asked of another instance", call: "autoscaling.DescribeAutoScalingInstances", wrong: list("InstanceIds.member.1", "i-0123456789abcdef0")},
	{name: "the hooks of another group are read", call: "autoscaling.DescribeLifecycleHooks", wrong: list("AutoScalingGroupName", "full")},
	{name: "the rules of another event bus are read", call: "events.ListRules", wrong: field("EventBusName", func(any) any { return "another" })},
	{name: "the targets of another rule are read", call: "events.ListTargetsByRule", wrong: field("Rule", func(any) any { return "setup" })},
	{name: "the activities of another group are read", call: "autoscaling.DescribeScalingActivities", wrong: put("roomy", "full")},
	{name: "the owner's template is read at its first version", call: "ec2.DescribeLaunchTemplateVersions", wrong: put("$Default", "1")},
	{name: "the template's name is sent as its id", call: "ec2.DescribeLaunchTemplateVersions", wrong: rename(`^LaunchTemplateName$`, "LaunchTemplateId")},
	{name: "the next version's user data is not base64", call: "ec2.CreateLaunchTemplateVersion", wrong: func(k *call) {
		k.form.Set("LaunchTemplateData.UserData", "#!/bin/sh\necho the next release\n")
	}},
	{name: "the next version has no description", call: "ec2.CreateLaunchTemplateVersion", wrong: drop(`^VersionDescription$`)},
	{name: "the rehearsal of a launch is a launch", call: "ec2.RunInstances", wrong: drop(`^DryRun$`)},
	{name: "another group is given the status", call: "autoscaling.CreateOrUpdateTags", wrong: put("hooked", "full")},
	{name: "another instance is terminated", call: "ec2.TerminateInstances", wrong: list("InstanceId.1", "i-0123456789abcdef0")},
}

// unmade are requests that have no mistake here, and why.
var unmade = map[string]string{
	"sqs.ReceiveMessage":                       "counted only where it brings something; it has one",
	"autoscaling.DescribeInstanceRefreshes":    "the emulator does not know it: the proxy answers",
	"dynamodb.BatchGetItem":                    "where it brings nothing a notice is answered after a look, which is no fault",
	"dynamodb.BatchWriteItem":                  "where it brings nothing a notice is answered after a look, which is no fault",
	"pricing.GetProducts":                      "where it brings nothing the built-in prices serve, which is no fault",
	"servicequotas.ListServiceQuotas":          "where it brings nothing the quotas are unknown, and a type that is over one is refused by EC2, which is no fault",
	"autoscaling.DescribeLaunchConfigurations": "where a configuration is gone, a member serves in its place, which is no fault; the group from a configuration asserts what was taken over",
	"ec2.DescribeInstanceAttribute":            "an instance that is not found is not protected, which is no fault; protected ones are not in the story",
}
