package awsmodel

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sdk = "github.com/aws/aws-sdk-go-v2/service/"

// called lists the operations whose input a Go file names.
func called(t *testing.T, path string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]string{}
	for _, i := range f.Imports {
		service, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), sdk)
		name := service
		if i.Path.Value == `"autospotting/pkg/beanstalk"` { // the one client that is ours
			service, name, ok = "elasticbeanstalk", "beanstalk", true
		}
		if ok && !strings.Contains(service, "/") {
			if i.Name != nil {
				name = i.Name.Name
			}
			services[name] = service
		}
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, isName := s.X.(*ast.Ident); isName && services[x.Name] != "" {
			if op, input := strings.CutSuffix(s.Sel.Name, "Input"); input && op != "" {
				out = append(out, services[x.Name]+" "+op)
			}
		}
		return true
	})
	return out
}

func TestNoOperationThatTheProductCallsLacksItsRow(t *testing.T) {
	t.Parallel()
	files, all := 0, map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
				return fs.SkipDir
			}
			return err
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files++
			for _, op := range called(t, path) {
				all[op] = true
			}
		}
		return nil
	})
	if err != nil || files < 200 || len(all) < 60 {
		t.Fatalf("%d files, %d operations, %v: this looked in the wrong place", files, len(all), err)
	}
	for _, op := range slices.Sorted(maps.Keys(all)) {
		if service, name, _ := strings.Cut(op, " "); !Known(service, name) {
			t.Errorf("%s is called and has no row: run pkg/awsmodel/generate.py", op)
		}
	}
	for _, service := range Services() {
		for _, op := range Operations(service) {
			if !all[service+" "+op] {
				t.Errorf("%s %s has a row and is not called: run pkg/awsmodel/generate.py", service, op)
			}
		}
	}
}

func TestEveryRowOfTheDocumentsBelongsToAnOperationWithARow(t *testing.T) {
	t.Parallel()
	for service, ops := range documented {
		for op := range ops {
			if !Known(service, op) {
				t.Errorf("%s %s", service, op)
			}
		}
	}
}

func items(n int, text string) []any { return slices.Repeat([]any{text}, n) }

func TestWhatDoesNotFitIsRefusedInTheServicesWords(t *testing.T) {
	t.Parallel()
	const good = "i-0123456789abcdef0"
	for _, c := range []struct {
		name, service, op string
		doc               map[string]any
		code              string // empty where it fits
	}{
		{"an id", "autoscaling", "DescribeAutoScalingInstances", map[string]any{"InstanceIds": items(50, good)}, ""},
		{"an id of 20 characters", "autoscaling", "DescribeAutoScalingInstances", map[string]any{"InstanceIds": []any{good, good + "0"}}, "ValidationError"},
		{"51 ids", "autoscaling", "DescribeAutoScalingInstances", map[string]any{"InstanceIds": items(51, good)}, "ValidationError"},
		{"an empty id", "autoscaling", "DescribeAutoScalingInstances", map[string]any{"InstanceIds": items(1, "")}, "ValidationError"},
		{"no group", "autoscaling", "UpdateAutoScalingGroup", map[string]any{"MaxSize": 3.0}, "ValidationError"},
		{"a group whose name has a zero byte", "autoscaling", "UpdateAutoScalingGroup", map[string]any{"AutoScalingGroupName": "a\x00"}, "ValidationError"},
		{"a tag of 257 characters", "autoscaling", "CreateOrUpdateTags", map[string]any{"Tags": []any{map[string]any{"Key": "k", "Value": strings.Repeat("ü", 257)}}}, "ValidationError"},
		{"a tag of 256 characters", "autoscaling", "CreateOrUpdateTags", map[string]any{"Tags": []any{map[string]any{"Key": "k", "Value": strings.Repeat("ü", 256)}}}, ""},
		{"a tag without a key", "autoscaling", "CreateOrUpdateTags", map[string]any{"Tags": []any{map[string]any{"Value": "v"}}}, "ValidationError"},
		{"a message of 256 KiB", "sqs", "SendMessage", map[string]any{"QueueUrl": "q", "MessageBody": strings.Repeat("x", 256*1024)}, ""},
		{"a message of a byte more", "sqs", "SendMessage", map[string]any{"QueueUrl": "q", "MessageBody": strings.Repeat("x", 256*1024+1)}, "InvalidParameterValue"},
		{"a message with a zero byte", "sqs", "SendMessage", map[string]any{"QueueUrl": "q", "MessageBody": "\x00"}, "InvalidParameterValue"},
		{"a message group with a space", "sqs", "SendMessage", map[string]any{"QueueUrl": "q", "MessageBody": "x", "MessageGroupId": "a b"}, "InvalidParameterValue"},
		{"a delay of 901 s", "sqs", "SendMessage", map[string]any{"QueueUrl": "q", "MessageBody": "x", "DelaySeconds": 901.0}, "InvalidParameterValue"},
		{"eleven messages", "sqs", "ReceiveMessage", map[string]any{"QueueUrl": "q", "MaxNumberOfMessages": 11.0}, "InvalidParameterValue"},
		{"an item of more than 400 KB", "dynamodb", "PutItem", map[string]any{"TableName": "table", "Item": map[string]any{"body": map[string]any{"S": strings.Repeat("x", 400*1024+1)}}}, "ValidationException"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			judge(t, CheckJSON(c.service, c.op, c.doc), c.code)
			if c.service == "autoscaling" {
				form := url.Values{}
				flatten(form, "", c.doc)
				judge(t, CheckForm(c.service, c.op, form), c.code)
			}
		})
	}
}

func judge(t *testing.T, err error, code string) {
	t.Helper()
	var f *Fault
	if (err != nil) != (code != "") || err != nil && (!errors.As(err, &f) || f.Code != code) {
		t.Errorf("got %v, want %q", err, code)
	}
}

// flatten writes a document as a form of the query protocol.
func flatten(form url.Values, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			flatten(form, strings.TrimPrefix(at+"."+k, "."), x)
		}
	case []any:
		for i, x := range v {
			flatten(form, fmt.Sprintf("%s.member.%d", at, i+1), x)
		}
	default:
		form.Set(at, fmt.Sprint(v))
	}
}

func TestEC2sFormsAreRead(t *testing.T) {
	t.Parallel()
	values := func(n int) url.Values {
		form := url.Values{"MaxResults": {"1000"}, "Filter.1.Name": {"instance-id"}, "Filter.2.Name": {"tag-key"}, "Filter.2.Value.1": {"k"}}
		for i := range n {
			form.Set(fmt.Sprintf("Filter.1.Value.%d", i+1), "i-0123456789abcdef0")
		}
		return form
	}
	judge(t, CheckForm("ec2", "DescribeInstances", values(199)), "")
	judge(t, CheckForm("ec2", "DescribeInstances", values(200)), "FilterLimitExceeded")
	judge(t, CheckForm("ec2", "TerminateInstances", url.Values{"InstanceId.1": {"i-0123456789abcdef0"}, "InstanceId.2": {"i-01234567"}}), "")
	judge(t, CheckForm("ec2", "TerminateInstances", url.Values{"InstanceId.1": {"i-0123456789abcdef0"}, "InstanceId.2": {"i-0123"}}), "InvalidInstanceID.Malformed")
	judge(t, CheckForm("ec2", "DescribeInstances", url.Values{"MaxResults": {"1001"}}), "InvalidParameterValue")
}

func TestAnOperationWithoutARowIsToldApart(t *testing.T) {
	t.Parallel()
	var f *Fault
	if err := CheckJSON("sqs", "PurgeQueue", nil); err == nil || errors.As(err, &f) || !strings.Contains(err.Error(), "generate.py") {
		t.Errorf("got %v", err)
	}
}

func FuzzCheckForm(f *testing.F) {
	f.Add("InstanceIds.member.1=i-1&Tags.member.1.Key=a&Tags=b")
	f.Add("Filter.1.Value.1=x&Filter.=y&.=z&Filter.1=w")
	f.Fuzz(func(t *testing.T, text string) {
		form, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		for _, service := range []string{"autoscaling", "ec2", "sns"} {
			for _, op := range Operations(service) {
				var fault *Fault
				if err := CheckForm(service, op, form); err != nil && !errors.As(err, &fault) {
					t.Fatal(err)
				}
			}
		}
	})
}
