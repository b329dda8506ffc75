package stack

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// module is a Terraform module as it is written.
type module struct {
	resources          map[string]*hclsyntax.Body // by type.name
	variables, outputs map[string]*hclsyntax.Body
	locals             hclsyntax.Attributes
}

func readModule(t testing.TB, dir string) module {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(files), err)
	}
	m := module{map[string]*hclsyntax.Body{}, map[string]*hclsyntax.Body{}, map[string]*hclsyntax.Body{}, hclsyntax.Attributes{}}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, problems := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		for _, b := range file.Body.(*hclsyntax.Body).Blocks {
			m.add(b)
		}
	}
	return m
}

func (m module) add(b *hclsyntax.Block) {
	switch b.Type {
	case "resource":
		m.resources[strings.Join(b.Labels, ".")] = b.Body
	case "variable":
		m.variables[b.Labels[0]] = b.Body
	case "output":
		m.outputs[b.Labels[0]] = b.Body
	case "locals":
		for name, a := range b.Body.Attributes {
			m.locals[name] = a
		}
	}
}

// knownFunctions are Terraform's, as far as the module uses them.
var knownFunctions = map[string]function.Function{
	"jsonencode": stdlib.JSONEncodeFunc, "concat": stdlib.ConcatFunc, "split": stdlib.SplitFunc, "join": stdlib.JoinFunc, "merge": stdlib.MergeFunc, "length": stdlib.LengthFunc, "compact": stdlib.CompactFunc,
}

// planned is a module with its variables given: what Terraform would plan.
type planned struct {
	module
	t       testing.TB
	context *hcl.EvalContext
}

// plan evaluates the locals. known are the values of everything else that expressions refer to, by their first name.
func (m module) plan(t testing.TB, known map[string]cty.Value) planned {
	t.Helper()
	p := planned{m, t, &hcl.EvalContext{Variables: known, Functions: knownFunctions}}
	done := map[string]cty.Value{}
	for len(done) < len(m.locals) {
		before := len(done)
		for name, a := range m.locals {
			if _, is := done[name]; !is && answered(a.Expr, done) {
				known["local"] = cty.ObjectVal(done)
				done[name] = p.value(a.Expr)
			}
		}
		if len(done) == before {
			t.Fatal("the locals refer to each other in a circle")
		}
	}
	known["local"] = cty.ObjectVal(done)
	return p
}

// answered says that all locals that an expression refers to are known.
func answered(e hclsyntax.Expression, done map[string]cty.Value) bool {
	for _, v := range e.Variables() {
		if v.RootName() != "local" {
			continue
		}
		if _, is := done[v[1].(hcl.TraverseAttr).Name]; !is {
			return false
		}
	}
	return true
}

func (p planned) value(e hclsyntax.Expression) cty.Value {
	p.t.Helper()
	v, problems := e.Value(p.context)
	if problems.HasErrors() {
		p.t.Fatal(problems)
	}
	return v
}

// plainly turns a value into what encoding/json makes of it.
func (p planned) plainly(v cty.Value) (out any) {
	p.t.Helper()
	b, err := ctyjson.Marshal(v, v.Type())
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// body gives a block's arguments and the blocks in it; what is null is not there. nil is a resource with a count of none.
func (p planned) body(b *hclsyntax.Body) map[string]any {
	p.t.Helper()
	out := map[string]any{}
	for name, a := range b.Attributes {
		if name == "depends_on" {
			continue
		}
		v := p.value(a.Expr)
		switch {
		case name == "count":
			if fmt.Sprint(p.plainly(v)) == "0" {
				return nil
			}
		case !v.IsNull():
			out[name] = p.plainly(v)
		}
	}
	for _, inner := range b.Blocks {
		name, body, q := inner.Type, inner.Body, p
		if name == "lifecycle" {
			continue // what Terraform itself does with it
		}
		if name == "dynamic" {
			name = inner.Labels[0]
			each := p.value(body.Attributes["for_each"].Expr)
			if each.LengthInt() == 0 {
				continue
			}
			q.context = p.context.NewChild()
			q.context.Variables = map[string]cty.Value{name: cty.ObjectVal(map[string]cty.Value{"value": each.AsValueSlice()[0]})}
			body = body.Blocks[0].Body
		}
		out[name] = q.body(body)
	}
	return out
}
