package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const schemaFile = moduleDir + "/schema/schema.json"

// schemaBlock is what may stand in a block, as deploy/terraform/schema has it of the provider.
type schemaBlock struct {
	Least, Most int
	Attributes  map[string]struct{ Type, Is string }
	Blocks      map[string]schemaBlock
}

type providerSchema struct {
	Package, Provider string
	Resource, Data    map[string]schemaBlock
}

func readSchema(t testing.TB) (s providerSchema) {
	t.Helper()
	raw, err := os.ReadFile(schemaFile)
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Terraform's own, in any resource.
var (
	metaArguments = []string{"count", "depends_on", "for_each", "provider"}
	metaBlocks    = []string{"connection", "lifecycle", "provisioner"}
)

// check says what a Terraform file has that the provider would refuse.
func (s providerSchema) check(text []byte, name string) (faults []string) {
	file, problems := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if problems.HasErrors() {
		return []string{problems.Error()}
	}
	body := file.Body.(*hclsyntax.Body)
	for _, b := range body.Blocks {
		of := map[string]map[string]schemaBlock{"resource": s.Resource, "data": s.Data}[b.Type]
		if of == nil {
			continue
		}
		known, ok := of[b.Labels[0]]
		if !ok {
			faults = append(faults, fmt.Sprintf("%s: the schema has no %s %s", b.DefRange(), b.Type, b.Labels[0]))
			continue
		}
		faults = append(faults, known.check(b.Body, strings.Join(b.Labels, "."), true)...)
	}
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		if e, ok := n.(*hclsyntax.ScopeTraversalExpr); ok {
			faults = append(faults, s.reference(e.Traversal)...)
		}
		return nil
	})
	return faults
}

func (k schemaBlock) check(body *hclsyntax.Body, at string, top bool) (faults []string) {
	fault := func(r hcl.Range, format string, a ...any) {
		faults = append(faults, fmt.Sprintf("%s: %s: %s", r, at, fmt.Sprintf(format, a...)))
	}
	for _, name := range slices.Sorted(maps.Keys(body.Attributes)) {
		is, ok := k.Attributes[name]
		switch r := body.Attributes[name].Range(); {
		case top && slices.Contains(metaArguments, name):
		case !ok && k.Blocks[name].Attributes != nil:
			fault(r, "%s is a block", name)
		case !ok:
			fault(r, "there is no argument %s", name)
		case is.Is == "computed":
			fault(r, "%s is read-only", name)
		}
	}
	for name, is := range k.Attributes {
		if is.Is == "required" && body.Attributes[name] == nil {
			fault(body.SrcRange, "%s is required", name)
		}
	}
	count := map[string]int{}
	for _, b := range body.Blocks {
		name, inner := b.Type, b.Body
		if name == "dynamic" && len(b.Labels) == 1 {
			name = b.Labels[0]
			content := slices.IndexFunc(b.Body.Blocks, func(c *hclsyntax.Block) bool { return c.Type == "content" })
			if content < 0 {
				fault(b.DefRange(), "dynamic %s has no content", name)
				continue
			}
			inner = b.Body.Blocks[content].Body
		}
		known, ok := k.Blocks[name]
		switch count[name]++; {
		case top && slices.Contains(metaBlocks, name):
			continue
		case !ok:
			fault(b.DefRange(), "there is no block %s", name)
			continue
		case known.Most > 0 && count[name] > known.Most:
			fault(b.DefRange(), "%s is there %d times, and may be %d times", name, count[name], known.Most)
		}
		faults = append(faults, known.check(inner, at+"."+name, false)...)
	}
	for name, known := range k.Blocks {
		if count[name] < known.Least {
			fault(body.SrcRange, "the block %s is required", name)
		}
	}
	return faults
}

// reference checks what is read of a resource or data source: aws_sqs_queue.inbox.arn, data.aws_region.current.region.
func (s providerSchema) reference(v hcl.Traversal) []string {
	names := []string{}
	for _, step := range v {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			names = append(names, step.Name)
		case hcl.TraverseAttr:
			names = append(names, step.Name)
		}
	}
	of := s.Resource
	if names[0] == "data" {
		of, names = s.Data, names[1:]
	}
	if len(names) < 3 || !strings.HasPrefix(names[0], "aws_") {
		return nil
	}
	known, ok := of[names[0]]
	if !ok {
		return []string{fmt.Sprintf("%s: the schema has no %s", v.SourceRange(), names[0])}
	}
	if known.Attributes[names[2]].Is == "" && known.Blocks[names[2]].Attributes == nil {
		return []string{fmt.Sprintf("%s: %s has no attribute %s", v.SourceRange(), names[0], names[2])}
	}
	return nil
}

// terraformFiles are the module's and its examples'.
func terraformFiles(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, pattern := range []string{"*.tf", "examples/*/*.tf"} {
		names, err := filepath.Glob(filepath.Join(moduleDir, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = text
		}
	}
	return out
}

func TestTheModuleIsWhatTheProviderKnows(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	for name, text := range terraformFiles(t) {
		for _, fault := range s.check(text, name) {
			t.Error(fault)
		}
	}
}

// What AWS can tag is tagged: an organization's rule knows no exceptions.
func TestEveryResourceThatTakesTagsHasThem(t *testing.T) {
	t.Parallel()
	s, tagged := readSchema(t), 0
	for address, body := range readModule(t, moduleDir).resources {
		kind, _, _ := strings.Cut(address, ".")
		if s.Resource[kind].Attributes["tags"].Is == "" {
			continue
		}
		if tagged++; body.Attributes["tags"] == nil {
			t.Errorf("%s could be tagged, and is not", address)
		}
	}
	if tagged < 20 {
		t.Errorf("only %d were looked at", tagged)
	}
}

// A check that finds nothing proves nothing: each of these is a slip of one word in the module as it is.
func TestASlipInTheModuleIsNoticed(t *testing.T) {
	t.Parallel()
	s, files := readSchema(t), terraformFiles(t)
	for _, c := range []struct{ name, file, was, is, says string }{
		{"a resource misspelt", "main.tf", `"aws_sqs_queue" "work"`, `"aws_sqs_queues" "work"`, "no resource aws_sqs_queues"},
		{"a data source misspelt", "locals.tf", `"aws_region"`, `"aws_regions"`, "no data aws_regions"},
		{"an argument misspelt", "main.tf", "visibility_timeout_seconds =", "visibility_timeout =", "there is no argument visibility_timeout"},
		{"an argument of a block misspelt", "function.tf", "log_group  =", "log_groups =", "function.logging_config: there is no argument log_groups"},
		{"a block misspelt", "function.tf", "logging_config {", "log_config {", "there is no block log_config"},
		{"a dynamic block misspelt", "function.tf", `dynamic "server_side_encryption"`, `dynamic "server_side_encrypt"`, "there is no block server_side_encrypt"},
		{"an argument of a dynamic block misspelt", "function.tf", "kms_key_arn = server_side", "kms_key = server_side", "server_side_encryption: there is no argument kms_key"},
		{"a block written as an argument", "function.tf", "point_in_time_recovery {", "point_in_time_recovery = {", "point_in_time_recovery is a block"},
		{"a block twice", "wake.tf", "  flexible_time_window {", "  flexible_time_window {\n    mode = \"OFF\"\n  }\n  flexible_time_window {", "flexible_time_window is there 2 times"},
		{"a required argument left out", "function.tf", "role          = aws_iam_role.function_role.arn", "", "role is required"},
		{"a required argument of a block left out", "wake.tf", "mode = \"OFF\"", "", "mode is required"},
		{"a required block left out", "wake.tf", "  flexible_time_window {\n    mode = \"OFF\"\n  }\n", "", "the block flexible_time_window is required"},
		{"a read-only attribute set", "main.tf", "  fifo_queue                  = true", "  url = \"x\"", "url is read-only"},
		{"an attribute read that is not there", "outputs.tf", "aws_sqs_queue.inbox.url", "aws_sqs_queue.inbox.uri", "aws_sqs_queue has no attribute uri"},
		{"one of a data source", "locals.tf", "data.aws_region.current.region", "data.aws_region.current.regio", "aws_region has no attribute regio"},
		{"one of a resource with a count", "locals.tf", "aws_kms_key.key[0].arn", "aws_kms_key.key[0].arns", "aws_kms_key has no attribute arns"},
		{"in an example", "examples/basic/main.tf", "  name = \"web\"", "  nam = \"web\"", "there is no argument nam"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(moduleDir, c.file)
			text := string(files[name])
			if !strings.Contains(text, c.was) {
				t.Fatalf("%s has no %q any more", name, c.was)
			}
			if faults := strings.Join(s.check([]byte(strings.Replace(text, c.was, c.is, 1)), name), "\n"); !strings.Contains(faults, c.says) || strings.Count(faults, "\n") > 3 {
				t.Errorf("it says %q, want %q", faults, c.says)
			}
		})
	}
}

// A check that is switched off says why, where it is.
func TestEverySuppressionHasItsReason(t *testing.T) {
	t.Parallel()
	pattern, seen := regexp.MustCompile(`CKV[0-9]?_[A-Z]+_[0-9]+(.*)`), 0
	texts := terraformFiles(t)
	for _, name := range Names() {
		texts[name+".yaml"] = []byte(read(t, name).text)
	}
	for name, text := range texts {
		for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
			seen++
			reason := strings.Trim(strings.NewReplacer(", comment: ", "", "}", "", "'", "").Replace(m[1]), ": ")
			if len(strings.Fields(reason)) < 5 {
				t.Errorf("%s: %s says %q", name, m[0], reason)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d were looked at", seen)
	}
}
