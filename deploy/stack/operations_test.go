package stack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The code can call what its narrow interfaces list and nothing else, since clients are made in one place and handed on as
// these. So the interfaces are read, not the calls.
const (
	coordinator = "../../coordinator"
	clientsIn   = "serve.go"
	sdk         = "github.com/aws/aws-sdk-go-v2/service/"
)

// prefixes is how IAM calls the services of which the SDK has another name.
var prefixes = map[string]string{"elasticloadbalancingv2": "elasticloadbalancing"}

// operations collects SERVICE:Operation from every interface outside tests.
func operations(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(coordinator, func(file string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			return err
		}
		services := map[string]string{}
		for _, i := range parsed.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			if service, ok := strings.CutPrefix(p, sdk); ok {
				name := path.Base(p)
				if i.Name != nil {
					name = i.Name.Name
				}
				services[name] = service
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.InterfaceType:
				for _, m := range n.Methods.List {
					if op := operation(m, services); op != "" {
						found[op] = true
					}
				}
			case *ast.SelectorExpr:
				id, _ := n.X.(*ast.Ident)
				if id != nil && services[id.Name] != "" && strings.HasPrefix(n.Sel.Name, "New") && !strings.HasSuffix(n.Sel.Name, "Paginator") && filepath.Base(file) != clientsIn {
					t.Errorf("%s makes a client with %s.%s: what that may call, nobody lists", file, id.Name, n.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// operation reads DescribeX(context.Context, *ec2.DescribeXInput, …).
func operation(m *ast.Field, services map[string]string) string {
	f, ok := m.Type.(*ast.FuncType)
	if !ok || len(m.Names) != 1 || len(f.Params.List) < 2 {
		return ""
	}
	star, _ := f.Params.List[1].Type.(*ast.StarExpr)
	if star == nil {
		return ""
	}
	input, _ := star.X.(*ast.SelectorExpr)
	if input == nil || input.Sel.Name != m.Names[0].Name+"Input" {
		return ""
	}
	service := services[input.X.(*ast.Ident).Name]
	if p := prefixes[service]; p != "" {
		service = p
	}
	return service + ":" + m.Names[0].Name
}

// implied is what AWS asks of a caller beside the action of the operation's own name.
var implied = map[string][]string{
	"ec2:CreateFleet": {"ec2:RunInstances", "ec2:CreateTags", "iam:PassRole", "iam:CreateServiceLinkedRole",
		// For volumes under a customer's key (EC2 user guide, "Amazon EBS encryption", required permissions).
		"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"},
	"ec2:CreateLaunchTemplate":           {"ec2:CreateTags"},
	"ec2:DescribeLaunchTemplateVersions": {"ssm:GetParameters"},                         // ResolveAlias
	"sqs:ReceiveMessage":                 {"sqs:GetQueueAttributes"},                    // the event source mapping reads them
	"sqs:SendMessage":                    {"kms:Decrypt", "kms:GenerateDataKey"},        // where the stack has a key
	"lambda":                             {"logs:CreateLogStream", "logs:PutLogEvents"}, // what Lambda does as the function's role
}

func TestThePolicyHasWhatTheCodeCallsAndNothingElse(t *testing.T) {
	t.Parallel()
	calls := operations(t)
	if len(calls) < 40 {
		t.Fatalf("found only %d operations: the interfaces are not read any more", len(calls))
	}
	needed := map[string]string{}
	for _, action := range implied["lambda"] {
		needed[action] = "Lambda itself"
	}
	for op := range calls {
		needed[op] = op
		for _, action := range implied[op] {
			needed[action] = op
		}
	}
	for op := range implied {
		if op != "lambda" && !calls[op] {
			t.Errorf("%s is explained, and nothing calls it", op)
		}
	}
	granted := everyAction(t)
	for _, action := range slices.Sorted(maps.Keys(needed)) {
		if granted[action] == "" {
			t.Errorf("%s is needed for %s and not in the policy", action, needed[action])
		}
	}
	for _, action := range slices.Sorted(maps.Keys(granted)) {
		if needed[action] == "" {
			t.Errorf("%s is in the policy (%s), and nothing needs it", action, granted[action])
		}
	}
}

// everyAction names all actions of the function's role with every option on, each with a statement that has it.
func everyAction(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, s := range everything(t).statements("FunctionRole") {
		for _, a := range words(s["Action"]) {
			all[a] = s["Sid"].(string)
		}
	}
	return all
}

// everything is the stack with every condition true.
func everything(t testing.TB) deployed {
	t.Helper()
	return deploy(t, Autospotting, map[string]any{
		"KMSKeyArn": "create", "OrganizationId": "o-abcdefghij", "AlarmTopicArn": "arn:aws:sns:" + region + ":" + account + ":oncall", "Tag": "spot=yes", "Scope": "opt-out",
		"InstanceRoleArns": split("arn:aws:iam::" + account + ":role/web"), "ImageParameterArns": split("arn:aws:ssm:" + region + ":" + account + ":parameter/images/web"),
	})
}
