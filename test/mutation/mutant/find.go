package mutant

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// finder looks for the mutants of one file.
type finder struct {
	p      *Package
	f      *file
	tree   *ast.File
	fset   *token.FileSet
	info   *types.Info
	within string            // the function or variable
	needed map[ast.Stmt]bool // statements without which it would not compile, or that end what ends anyway
}

func (d *finder) find() {
	for _, decl := range d.tree.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if d.within = nameOf(decl); decl.Body != nil {
				d.ends(decl.Type, decl.Body)
				ast.Inspect(decl.Body, d.visit)
			}
		case *ast.GenDecl:
			if decl.Tok == token.VAR {
				d.variables(decl)
			}
		}
	}
}

func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	kind := f.Recv.List[0].Type
	for {
		switch k := kind.(type) {
		case *ast.StarExpr:
			kind = k.X
		case *ast.IndexExpr:
			kind = k.X
		case *ast.IndexListExpr:
			kind = k.X
		case *ast.Ident:
			return k.Name + "." + f.Name.Name
		default:
			return f.Name.Name
		}
	}
}

// variables looks into the values of a package's variables, and for tables of rules among them.
func (d *finder) variables(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		d.within = v.Names[0].Name
		for _, value := range v.Values {
			if lit, ok := value.(*ast.CompositeLit); ok {
				d.rules(v.Names[0].Name, lit)
			}
			ast.Inspect(value, d.visit)
		}
	}
}

func (d *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncLit:
		d.ends(n.Type, n.Body)
	case *ast.BlockStmt:
		d.statements(n.List)
	case *ast.CaseClause:
		d.statements(n.Body)
	case *ast.CommClause:
		d.statements(n.Body)
	case *ast.IfStmt:
		d.body(n)
	case *ast.BinaryExpr:
		switch n.Op {
		case token.LAND, token.LOR:
			d.clauses(n)
		case token.LSS, token.LEQ, token.GTR, token.GEQ, token.EQL, token.NEQ:
			d.comparison(n)
		}
	case *ast.CallExpr:
		d.times(n)
	}
	return true
}

// site adds a place; each of whats is one mutant of it.
func (d *finder) site(at token.Pos, render func(ids []int) []edit, whats ...string) {
	s := site{render: render}
	for _, what := range whats {
		s.mutants = append(s.mutants, len(d.p.Mutants))
		d.p.Mutants = append(d.p.Mutants, Mutant{File: d.f.short, Line: d.fset.Position(at).Line, Func: d.within, What: what})
	}
	d.f.sites = append(d.f.sites, s)
}

func (d *finder) offset(p token.Pos) int { return d.fset.Position(p).Offset }

// wrap puts texts around a node.
func (d *finder) wrap(n ast.Node, before, after string) edit {
	return edit{from: d.offset(n.Pos()), to: d.offset(n.End()), before: before, after: after}
}

// longest is how much of the code a description shows.
const longest = 110

// show is a node's code in one line.
func (d *finder) show(n ast.Node) string {
	text := strings.Join(strings.Fields(string(d.f.text[d.offset(n.Pos()):d.offset(n.End())])), " ")
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest]) + "…"
	}
	return "`" + text + "`"
}

// plainBool tells whether an expression is a bool and no type made of it, which what is put around it would not fit.
func (d *finder) plainBool(e ast.Expr) bool {
	b, ok := d.info.Types[e].Type.(*types.Basic)
	return ok && b.Info()&types.IsBoolean != 0 && d.info.Types[e].Value == nil
}

// clauses: each operand of && and || is replaced by what changes nothing. Operands of the same operator are clauses themselves.
func (d *finder) clauses(n *ast.BinaryExpr) {
	for _, e := range []ast.Expr{n.X, n.Y} {
		if inner, ok := e.(*ast.BinaryExpr); ok && inner.Op == n.Op || !d.plainBool(e) {
			continue
		}
		d.site(e.Pos(), func(ids []int) []edit {
			if n.Op == token.LAND {
				return []edit{d.wrap(e, "((", fmt.Sprintf(") || %s(%d))", on, ids[0]))}
			}
			return []edit{d.wrap(e, "((", fmt.Sprintf(") && !%s(%d))", on, ids[0]))}
		}, "without the clause "+d.show(e))
	}
}

// rules: neighbours in a table that is called rules, or whose elements are.
func (d *finder) rules(name string, lit *ast.CompositeLit) {
	slice, ok := d.info.Types[lit].Type.Underlying().(*types.Slice)
	if !ok || !called(slice.Elem(), "rule") && !strings.EqualFold(name, "rules") || len(lit.Elts) < 2 {
		return
	}
	var whats []string
	for i, e := range lit.Elts {
		if _, keyed := e.(*ast.KeyValueExpr); keyed {
			return
		}
		if i > 0 {
			whats = append(whats, fmt.Sprintf("the rules %s and %s in each other's place", d.show(lit.Elts[i-1]), d.show(e)))
		}
	}
	d.site(lit.Pos(), func(ids []int) []edit {
		return []edit{d.wrap(lit, "mutationSwap_(", ", "+strings.Trim(strings.Join(strings.Fields(fmt.Sprint(ids)), ", "), "[]")+")")}
	}, whats...)
}

// called tells whether a type, or what it points to, has that name, with a capital or not.
func called(t types.Type, name string) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && strings.EqualFold(n.Obj().Name(), name)
}
