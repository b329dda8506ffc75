package stack

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// takes is what a variable is held against: the values, or the pattern.
func (p planned) takes(variable *hclsyntax.Body) any {
	for _, b := range variable.Blocks {
		call, is := b.Body.Attributes["condition"].Expr.(*hclsyntax.FunctionCallExpr)
		if is && call.Name == "can" { // can(regex(pattern, …))
			call, is = call.Args[0].(*hclsyntax.FunctionCallExpr)
		}
		if is && (call.Name == "contains" || call.Name == "regex") {
			return p.plainly(p.value(call.Args[0]))
		}
	}
	return nil
}

func TestTheModulesVariablesAreTheTemplatesParameters(t *testing.T) {
	t.Parallel()
	m, d := readModule(t, moduleDir), deploy(t, Autospotting, nil)
	p := m.plan(t, d.planned(t, m).context.Variables)
	for name, of := range d.parameters {
		body := m.variables[snake(name)]
		if (body == nil) != (leftOut[name] != "") {
			t.Errorf("variable %s is there: %t, left out: %q", snake(name), body != nil, leftOut[name])
		}
		if body == nil {
			continue
		}
		var got any
		if a := body.Attributes["default"]; a != nil {
			got = p.plainly(p.value(a.Expr))
		}
		if l, isList := got.([]any); isList && len(l) == 0 {
			got = ""
		}
		if want := of["Default"]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %v by default, %s %v", snake(name), got, name, want)
		}
		if got, want := p.takes(body), asJSON(t, cmp.Or(of["AllowedValues"], of["AllowedPattern"])); !reflect.DeepEqual(got, want) {
			t.Errorf("%s takes %v, %s %v", snake(name), got, name, want)
		}
	}
	for name := range m.variables {
		if name != "name" && !slices.ContainsFunc(slices.Collect(maps.Keys(d.parameters)), func(p string) bool { return snake(p) == name }) {
			t.Errorf("the template has no parameter for %s", name)
		}
	}
	for id, why := range leftOut {
		if d.resources[id].Type == "" && d.parameters[id] == nil || why == "" {
			t.Errorf("%s is left out of nothing: %q", id, why)
		}
	}
}
