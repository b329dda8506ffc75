package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// ledger is a table of the name that every installation's has, and of nobody's stack: so Terraform would make it.
func (a *account) ledger() {
	a.t.Helper()
	if _, err := dynamodb.NewFromConfig(a.config()).CreateTable(a.t.Context(), &dynamodb.CreateTableInput{TableName: aws.String("autospotting-ledger"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("asg"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("asg"), AttributeType: types.ScalarAttributeTypeS}}}); err != nil {
		a.t.Fatal(err)
	}
}

// untagged is an installation's stack that was made by other hands: it has none of our tags.
func (a *account) untagged(bucket string) {
	a.t.Helper()
	const template = `{"Parameters": {"ArtifactBucket": {"Type": "String"}},
		"Resources": {"Ledger": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "autospotting-ledger", "BillingMode": "PAY_PER_REQUEST",
			"KeySchema": [{"AttributeName": "asg", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "asg", "AttributeType": "S"}]}}},
		"Outputs": {"TableName": {"Value": {"Ref": "Ledger"}}}}`
	if _, err := cloudformation.NewFromConfig(a.config()).CreateStack(a.t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("StackSet-ours-1"), TemplateBody: aws.String(template),
		Parameters: []cftypes.Parameter{{ParameterKey: aws.String("ArtifactBucket"), ParameterValue: &bucket}}}); err != nil {
		a.t.Fatal(err)
	}
}

// uploaded makes the bucket and its stack.
func (a *account) uploaded(more ...string) {
	a.t.Helper()
	a.must(append([]string{"upload", "--yes", "--dist", lab.dist, "--version", "v1"}, more...)...)
}

func (a *account) number(kind string) (n int) {
	for _, r := range a.resources(a.t.Context()) {
		if strings.HasPrefix(r, kind+" ") {
			n++
		}
	}
	return n
}

func TestDownLeavesAnInstallationInPeaceThatNoStackIsOf(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.group("web")
	a.uploaded()
	a.ledger()
	a.traces("web")
	before := a.resources(t.Context())
	for _, more := range [][]string{nil, {"--force"}, {"--keep-artifacts"}, {"--stack-name", "never-installed"}} {
		_, said, err := a.deploy(append([]string{"down", "--yes"}, more...)...)
		if err == nil || !strings.Contains(said, "another installation works in this region") || !strings.Contains(said, "terraform destroy") {
			t.Errorf("down %v said (%v) %s", more, err, said)
		}
	}
	if left := a.resources(t.Context()); !slices.Equal(left, before) {
		t.Errorf("left are %v, want %v", left, before)
	}
	if tags := a.tagsOf("web"); !slices.Contains(tags, "autospotting:status") {
		t.Errorf("the group's tags are %v", tags)
	}
	if _, err := dynamodb.NewFromConfig(a.config()).DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("autospotting-ledger")}); err != nil {
		t.Fatal(err)
	}
	a.must("down", "--yes")
	if tags := a.tagsOf("web"); slices.Contains(tags, "autospotting:status") || a.number("bucket") != 0 {
		t.Errorf("left are the group's tags %v and %d buckets", tags, a.number("bucket"))
	}
}

func TestDownLeavesAnInstallationInPeaceWhoseStackHasNoTagOfOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, bucket string // that it is installed from
		says         string
		removed      bool
	}{
		{"which is installed from elsewhere: our bucket goes", "elsewhere", "stack StackSet-ours-1 is an installation in this region too", true},
		{"which is installed from our bucket: that stays too", "", "stack StackSet-ours-1 is installed from it", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.group("web")
			a.uploaded()
			bucket := c.bucket
			if bucket == "" {
				bucket = a.outputOf("autospotting-artifacts", "BucketName")
			}
			a.untagged(bucket)
			a.traces("web")
			_, said, err := a.deploy("down", "--yes")
			if (err == nil) != c.removed || !strings.Contains(said, c.says) {
				t.Errorf("it said (%v) %s", err, said)
			}
			if tags := a.tagsOf("web"); !slices.Contains(tags, "autospotting:status") || a.number("launch") != 2 {
				t.Errorf("the group's tags are %v", tags)
			}
			if there := a.number("bucket") == 1; there == c.removed {
				t.Errorf("the bucket is there: %t", there)
			}
		})
	}
}

// A stack of ours that failed beside another installation goes; what both may need stays.
func TestDownTakesOnlyTheFailedStackBesideAnInstallationThatNoStackIsOf(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.group("web")
	a.ledger()
	a.traces("web")
	if _, _, err := a.deploy("up", "--yes", "--dist", lab.dist, "--version", "v1"); err == nil {
		t.Fatal("it installed beside another")
	}
	_, said, err := a.deploy("down", "--yes")
	if err == nil || !strings.Contains(said, "another installation may be installed from it") {
		t.Errorf("it said (%v) %s", err, said)
	}
	if tags := a.tagsOf("web"); !slices.Contains(tags, "autospotting:status") || a.number("stack") != 1 || a.number("bucket") != 1 {
		t.Errorf("left are the group's tags %v, and %v", tags, a.resources(t.Context()))
	}
}

func (a *account) outputOf(stack, name string) string {
	a.t.Helper()
	out, err := cloudformation.NewFromConfig(a.config()).DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, o := range out.Stacks[0].Outputs {
		if aws.ToString(o.OutputKey) == name {
			return aws.ToString(o.OutputValue)
		}
	}
	a.t.Fatalf("stack %s has no output %s", stack, name)
	return ""
}
