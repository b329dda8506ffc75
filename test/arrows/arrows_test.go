// Package arrows keeps the shape of the project: who may import whom.
package arrows

import (
	"os/exec"
	"strings"
	"testing"
)

// deps lists what a package needs, itself and the standard library left out.
func deps(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", pkg).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pkg, err)
	}
	var list []string
	for _, d := range strings.Fields(string(out)) {
		if d != pkg {
			list = append(list, d)
		}
	}
	return list
}

func TestThePureStaysPure(t *testing.T) {
	t.Parallel()
	for pkg, may := range map[string][]string{
		"autospotting/pkg/message":              {},
		"autospotting/pkg/snapshot":             {},
		"autospotting/pkg/channel":              {},
		"autospotting/pkg/lazyregexp":           {},
		"autospotting/userdata":                 {"autospotting/pkg/lazyregexp"},
		"autospotting/userdata/needs":           {"autospotting/pkg/lazyregexp", "autospotting/userdata", "go.yaml.in/yaml/v3"},
		"autospotting/coordinator/market":       {"autospotting/pkg/snapshot"},
		"autospotting/coordinator/ledger":       {"autospotting/coordinator/decide/books"},
		"autospotting/coordinator/decide/books": {},
		"autospotting/coordinator/decide/view":  {"autospotting/coordinator/decide/books", "autospotting/coordinator/ledger"},
		"autospotting/coordinator/decide":       {"autospotting/coordinator/decide/books", "autospotting/coordinator/decide/view", "autospotting/coordinator/ledger", "autospotting/coordinator/market", "autospotting/coordinator/settings", "autospotting/pkg/lazyregexp", "autospotting/pkg/snapshot", "github.com/adhocore/gronx"},
		"autospotting/coordinator/settings":     {"autospotting/pkg/lazyregexp", "github.com/adhocore/gronx"},
		"autospotting/pkg/cli":                  {},
	} {
		for _, d := range deps(t, pkg) {
			if !contains(may, d) {
				t.Errorf("%s imports %s", pkg, d)
			}
		}
	}
}

func TestCoordinatorAndSpotdShareOnlyPkg(t *testing.T) {
	t.Parallel()
	for pkg, never := range map[string]string{"autospotting/coordinator": "autospotting/spotd", "autospotting/spotd": "autospotting/coordinator"} {
		for _, d := range deps(t, pkg) {
			if d == never || strings.HasPrefix(d, never+"/") {
				t.Errorf("%s imports %s", pkg, d)
			}
		}
	}
}

func TestNobodyButMainsAndTestsKnowsTheSimulatedCloud(t *testing.T) {
	t.Parallel()
	for _, pkg := range []string{"autospotting/coordinator/act", "autospotting/coordinator/handle", "autospotting/coordinator/wire", "autospotting/spotd"} {
		if contains(deps(t, pkg), "autospotting/pkg/cloudsim") {
			t.Errorf("%s imports the simulated cloud", pkg)
		}
	}
}

// What runs with rights is the product alone: no simulator, nothing that only spotctl shows, and no parser of its line.
func TestTheFunctionCarriesNoSimulator(t *testing.T) {
	t.Parallel()
	never := []string{"autospotting/coordinator/lab", "autospotting/coordinator/plan", "autospotting/pkg/cloudsim", "autospotting/deploy", "github.com/spf13/cobra", "github.com/spf13/pflag"}
	function, spotctl := deps(t, "autospotting/coordinator"), deps(t, "autospotting/deploy")
	for _, room := range never {
		if in := below(function, room); len(in) > 0 {
			t.Errorf("the function carries %s", strings.Join(in, ", "))
		}
		if len(below(spotctl, room)) == 0 {
			t.Errorf("spotctl does not have %s either: it may be called otherwise by now", room)
		}
	}
	for _, d := range function {
		for _, word := range []string{"simulat", "sim", "demo", "lab"} {
			if name := d[strings.LastIndex(d, "/")+1:]; strings.HasPrefix(d, "autospotting/") && (strings.HasPrefix(name, word) || strings.HasSuffix(name, word)) {
				t.Errorf("the function carries %s", d)
			}
		}
	}
}

func TestNothingOfTheProductKnowsTheLaboratory(t *testing.T) {
	t.Parallel()
	const lab = "autospotting/coordinator/lab"
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Deps \" \"}}", "autospotting/coordinator/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	product := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if len(below(words[:1], lab)) > 0 {
			continue
		}
		product++
		if in := below(words[1:], lab); len(in) > 0 {
			t.Errorf("%s imports %s", words[0], strings.Join(in, ", "))
		}
	}
	if product < 10 {
		t.Errorf("only %d packages are not the laboratory's: the list is not what it should be", product)
	}
}

// below are the packages of a room and of the rooms in it.
func below(list []string, room string) (in []string) {
	for _, d := range list {
		if d == room || strings.HasPrefix(d, room+"/") {
			in = append(in, d)
		}
	}
	return in
}

// TestNothingKeepsEveryMethodOfTheSDK: a template finds methods by name, so that the linker cannot drop any.
func TestNothingKeepsEveryMethodOfTheSDK(t *testing.T) {
	t.Parallel()
	for _, pkg := range []string{"autospotting/coordinator", "autospotting/spotd"} {
		out, err := exec.Command("go", "list", "-tags", "lambda.norpc", "-deps", pkg).Output()
		if err != nil {
			t.Fatalf("go list %s: %v", pkg, err)
		}
		all := strings.Fields(string(out))
		for _, never := range []string{"text/template", "html/template", "net/rpc"} {
			if contains(all, never) {
				t.Errorf("%s needs %s, which makes it three times as large", pkg, never)
			}
		}
		if !contains(all, "net/http") {
			t.Errorf("%s needs %d packages, without net/http: the list is not what it should be", pkg, len(all))
		}
	}
}

// TestTheFunctionMakesNoSchemasAtItsStart: since August 2026 one client of the SDK after the other has a package of schemas, all of whose shapes are made
// before main begins. For the function's clients that was 5 ms and 0.4 MB of zip. docs/decisions/coordinator.md says which releases have none.
func TestTheFunctionMakesNoSchemasAtItsStart(t *testing.T) {
	t.Parallel()
	clients := 0
	for _, d := range deps(t, "autospotting/coordinator") {
		if !strings.HasPrefix(d, "github.com/aws/aws-sdk-go-v2/service/") {
			continue
		}
		clients++
		if strings.HasSuffix(d, "/schemas") {
			t.Errorf("the function carries %s: keep that client below the release that brought it, as docs/decisions/coordinator.md says", d)
		}
	}
	if clients < 10 {
		t.Errorf("only %d packages of clients: the list is not what it should be", clients)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func TestWhatTestsOfSpotdUseIsNotShipped(t *testing.T) {
	t.Parallel()
	for _, d := range deps(t, "autospotting/spotd") {
		if d == "autospotting/spotd/fakes" {
			t.Errorf("spotd imports %s", d)
		}
	}
}
