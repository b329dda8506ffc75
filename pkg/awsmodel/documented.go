package awsmodel

func n(v float64) *float64 { return &v }

// instanceID is what EC2 takes for one (EC2 User Guide, "Resource IDs": 8 or 17 digits).
const instanceID = `i-([0-9a-f]{8}|[0-9a-f]{17})`

func ids(path, wire string) Limit {
	return Limit{Path: path, Wire: wire, Type: "string", Pattern: instanceID, Code: "InvalidInstanceID.Malformed"}
}

func most(path, wire, typ string, min, max float64) Limit {
	return Limit{Path: path, Wire: wire, Type: typ, Min: n(min), Max: n(max)}
}

// filters: at most 200 values in one request (EC2 User Guide, "List and filter using the CLI and API").
func filters() Limit {
	return Limit{Path: "Filters[].Values[]", Wire: "Filter.#.Value.#", Type: "count", Max: n(200), Code: "FilterLimitExceeded"}
}

// tags: keys of 127 and values of 255 characters, 50 of them (EC2 User Guide, "Tag restrictions").
func tags(path, wire string) []Limit {
	return []Limit{most(path+"[].Key", wire+".#.Key", "string", 1, 127), most(path+"[].Value", wire+".#.Value", "string", 0, 255), most(path, wire, "list", 0, 50)}
}

// groupName and text are of SQS: SendMessage of its API reference.
const (
	laneName = "[!-~]{1,128}"
	bodyText = `[\x{09}\x{0A}\x{0D}\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]*`
)

// documented holds what AWS's documents say and its models do not. Auto Scaling's and DynamoDB's are from the operations' pages
// of their API references, EC2's from its own.
var documented = map[string]map[string][]Limit{
	"autoscaling": {
		"AttachInstances":              {most("InstanceIds", "InstanceIds", "list", 1, 20)},
		"SetInstanceProtection":        {most("InstanceIds", "InstanceIds", "list", 1, 50)},
		"DescribeAutoScalingInstances": {most("InstanceIds", "InstanceIds", "list", 0, 50), most("MaxRecords", "MaxRecords", "integer", 1, 50)},
		"DescribeAutoScalingGroups":    {most("MaxRecords", "MaxRecords", "integer", 1, 100)},
		"DescribeScalingActivities":    {most("MaxRecords", "MaxRecords", "integer", 1, 100)},
		"DescribeInstanceRefreshes":    {most("MaxRecords", "MaxRecords", "integer", 1, 100)},
		"DescribeLaunchConfigurations": {most("MaxRecords", "MaxRecords", "integer", 1, 100), most("LaunchConfigurationNames", "LaunchConfigurationNames", "list", 0, 50)},
	},
	"ecs": { // its API reference
		"ListContainerInstances":        {most("maxResults", "maxResults", "integer", 1, 100)},
		"DescribeContainerInstances":    {most("containerInstances", "containerInstances", "list", 1, 100)},
		"UpdateContainerInstancesState": {most("containerInstances", "containerInstances", "list", 1, 10)},
	},
	"ec2": {
		"DescribeInstances":             {ids("InstanceIds[]", "InstanceId.#"), filters(), most("MaxResults", "MaxResults", "integer", 5, 1000), most("InstanceIds", "InstanceId", "list", 0, 1000)},
		"DescribeInstanceStatus":        {ids("InstanceIds[]", "InstanceId.#"), filters(), most("MaxResults", "MaxResults", "integer", 5, 1000), most("InstanceIds", "InstanceId", "list", 0, 100)},
		"DescribeInstanceAttribute":     {ids("InstanceId", "InstanceId")},
		"TerminateInstances":            {ids("InstanceIds[]", "InstanceId.#"), most("InstanceIds", "InstanceId", "list", 1, 1000)},
		"DescribeSpotInstanceRequests":  {filters(), most("MaxResults", "MaxResults", "integer", 5, 1000)},
		"DescribeSubnets":               {filters()},
		"DescribeImages":                {filters()},
		"DescribeVolumes":               {filters()},
		"DescribeInstanceTypes":         {filters()},
		"DescribeInstanceTypeOfferings": {filters()},
		"DescribeSpotPriceHistory":      {filters()},
		"DescribePlacementGroups":       {filters()},
		"CreateFleet": append(append([]Limit{
			{Path: "ClientToken", Wire: "ClientToken", Type: "string", Max: n(64), Pattern: "[ -~]*"},
			most("LaunchTemplateConfigs", "LaunchTemplateConfigs", "list", 1, 50),
			{Path: "LaunchTemplateConfigs[].Overrides[]", Wire: "LaunchTemplateConfigs.#.Overrides.#", Type: "count", Max: n(300)},
		}, tags("TagSpecifications[].Tags", "TagSpecification.#.Tag")...),
			Limit{Path: "LaunchTemplateConfigs[].Overrides[].MaxPrice", Wire: "LaunchTemplateConfigs.#.Overrides.#.MaxPrice", Type: "string", Pattern: `[0-9]+(\.[0-9]+)?`}),
		"CreateTags":           append(tags("Tags", "Tag"), most("Resources", "ResourceId", "list", 1, 1000)),
		"DeleteTags":           append(tags("Tags", "Tag"), most("Resources", "ResourceId", "list", 1, 1000)),
		"CreateLaunchTemplate": tags("TagSpecifications[].Tags", "TagSpecification.#.Tag"),
	},
	// 256 KiB is what a queue takes that was made before August 2025, and what the stack asks for.
	"sqs": {
		"SendMessage": {
			{Path: "MessageBody", Type: "string", Min: n(1), Max: n(256 * 1024), Bytes: true, Pattern: bodyText}, most("DelaySeconds", "", "integer", 0, 900),
			{Path: "MessageGroupId", Type: "string", Pattern: laneName}, {Path: "MessageDeduplicationId", Type: "string", Pattern: laneName},
		},
		"ReceiveMessage":          {most("MaxNumberOfMessages", "", "integer", 1, 10), most("WaitTimeSeconds", "", "integer", 0, 20), most("VisibilityTimeout", "", "integer", 0, 43200)},
		"ChangeMessageVisibility": {most("VisibilityTimeout", "", "integer", 0, 43200)},
	},
	"sns": {
		"Publish": {{Path: "Message", Wire: "Message", Type: "string", Min: n(1), Max: n(256 * 1024), Bytes: true}, {Path: "Subject", Wire: "Subject", Type: "string", Min: n(1), Max: n(99), Pattern: "[ -~]*"}},
	},
	"dynamodb": {
		"PutItem": {{Path: "Item{}.S", Type: "string", Max: n(400 * 1024), Bytes: true}, {Path: "Item{}.N", Type: "string", Min: n(1), Max: n(40)}, {Path: "Item{key}", Type: "string", Min: n(1), Max: n(255)}},
		"GetItem": {{Path: "Key{}.S", Type: "string", Min: n(1), Max: n(2048), Bytes: true}},
		"DeleteItem": {
			{Path: "Key{}.S", Type: "string", Min: n(1), Max: n(2048), Bytes: true}, {Path: "ConditionExpression", Type: "string", Min: n(1), Max: n(4096), Bytes: true},
		},
		"Scan": {most("Limit", "", "integer", 1, 1e9)},
	},
}
