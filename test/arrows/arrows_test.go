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
		"autospotting/pkg/message":          {},
		"autospotting/pkg/snapshot":         {},
		"autospotting/pkg/channel":          {},
		"autospotting/userdata":             {},
		"autospotting/coordinator/market":   {"autospotting/pkg/snapshot"},
		"autospotting/coordinator/ledger":   {"autospotting/coordinator/decide/books"},
		"autospotting/coordinator/decide/books": {},
		"autospotting/coordinator/decide/view": {"autospotting/coordinator/decide/books", "autospotting/coordinator/ledger"},
		"autospotting/coordinator/decide":   {"autospotting/coordinator/decide/books", "autospotting/coordinator/decide/view", "autospotting/coordinator/ledger", "autospotting/coordinator/market", "autospotting/coordinator/settings", "autospotting/pkg/snapshot", "github.com/adhocore/gronx"},
		"autospotting/coordinator/settings": {"github.com/adhocore/gronx"},
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

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
