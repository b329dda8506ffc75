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

	"autospotting/coordinator/act"
)

// The code can call what its narrow interfaces list and nothing else, since clients are made in one place and handed on as
// these. So the interfaces are read, not the calls.
const (
	coordinator = "../../coordinator"
	updater     = "../../coordinator/update"
	sdk         = "github.com/aws/aws-sdk-go-v2/service/"
)

// clientsIn are the files that make clients: of the coordinator, and of the updater.
var clientsIn = []string{"clients.go", "updatecmd.go"}

// prefixes is how IAM calls the services of which the SDK has another name.
var prefixes = map[string]string{"elasticloadbalancingv2": "elasticloadbalancing", "eventbridge": "events", "vpclattice": "vpc-lattice"}

// ownClients are the services whose client is not the SDK's, by its package.
var ownClients = map[string]string{"autospotting/pkg/beanstalk": "elasticbeanstalk"}

// operations collects SERVICE:Operation from every interface below a directory, outside tests and other directories that are named.
func operations(t *testing.T, dir string, others ...string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err == nil && slices.Contains(others, filepath.ToSlash(file)) {
			return fs.SkipDir
		}
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
			service, ok := strings.CutPrefix(p, sdk)
			if own := ownClients[p]; own != "" {
				service, ok = own, true
			}
			if ok {
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
				if id != nil && services[id.Name] != "" && strings.HasPrefix(n.Sel.Name, "New") && !strings.HasSuffix(n.Sel.Name, "Paginator") && !slices.Contains(clientsIn, filepath.Base(file)) {
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

// renamed is how IAM calls an operation that it calls otherwise.
var renamed = map[string]string{"lambda:Invoke": "lambda:InvokeFunction"}

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
	op := service + ":" + m.Names[0].Name
	if called := renamed[op]; called != "" {
		return called
	}
	return op
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

// byTheUpdater is the same of the updater.
var byTheUpdater = map[string][]string{
	"lambda:UpdateFunctionConfiguration": {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}, // where the stack has a key
	"lambda":                             {"logs:CreateLogStream", "logs:PutLogEvents"},
}

func TestThePolicyHasWhatTheCodeCallsAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		role    string
		calls   map[string]bool
		atLeast int
		implied map[string][]string
	}{
		{"FunctionRole", operations(t, coordinator, updater), 40, implied},
		{"UpdaterRole", operations(t, updater), 10, byTheUpdater},
	} {
		if len(c.calls) < c.atLeast {
			t.Fatalf("%s: found only %d operations: the interfaces are not read any more", c.role, len(c.calls))
		}
		hold(t, c.role, c.calls, c.implied)
	}
}

// hold holds what a role may do against what its code calls, both ways.
func hold(t *testing.T, role string, calls map[string]bool, implied map[string][]string) {
	t.Helper()
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
			t.Errorf("%s: %s is explained, and nothing calls it", role, op)
		}
	}
	granted := everyAction(t, role)
	for _, action := range slices.Sorted(maps.Keys(needed)) {
		if granted[action] == "" {
			t.Errorf("%s: %s is needed for %s and not in the policy", role, action, needed[action])
		}
	}
	for _, action := range slices.Sorted(maps.Keys(granted)) {
		if needed[action] == "" {
			t.Errorf("%s: %s is in the policy (%s), and nothing needs it", role, action, granted[action])
		}
	}
}

// everyAction names all actions of a role with every option on, each with a statement that has it.
func everyAction(t *testing.T, role string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, s := range everything(t).statements(role) {
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
		"UpdateChannel": "s3://releases/channel/stable.json", "UpdateKeys": strings.Repeat("A", 43) + "=",
		"InstanceRoleArns": split("arn:aws:iam::" + account + ":role/web"), "ImageParameterArns": split("arn:aws:ssm:" + region + ":" + account + ":parameter/images/web"),
	})
}

// A plan knows the installation's own rule by its description.
func TestTheRuleByWhichWeHearOfHooksIsDescribedAsThePlanKnowsIt(t *testing.T) {
	t.Parallel()
	if got := deploy(t, Autospotting, nil).properties("AutoScalingRule")["Description"]; got != act.RuleDescription {
		t.Errorf("%q, and the plan looks for %q", got, act.RuleDescription)
	}
}
