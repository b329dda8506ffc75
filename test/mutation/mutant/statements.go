package mutant

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// statements: each that does something is left out. Its text stays, so that what it names counts as used.
func (d *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		if !d.droppable(s) {
			continue
		}
		d.site(s.Pos(), func(ids []int) []edit {
			return []edit{d.wrap(s, fmt.Sprintf("if !%s(%d) { ", on, ids[0]), " }")}
		}, "without "+d.show(s))
	}
}

func (d *finder) droppable(s ast.Stmt) bool {
	if d.needed[s] {
		return false
	}
	switch s := s.(type) {
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE && !blank(s.Lhs)
	case *ast.IncDecStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt, *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return s.Tok == token.CONTINUE || s.Tok == token.BREAK
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		return ok && !d.logs(call)
	case *ast.IfStmt: // with what is called in its head
		return s.Else == nil && calls(s.Init)
	}
	return false
}

func blank(list []ast.Expr) bool {
	for _, e := range list {
		if id, ok := e.(*ast.Ident); !ok || id.Name != "_" {
			return false
		}
	}
	return true
}

func calls(s ast.Stmt) bool {
	a, ok := s.(*ast.AssignStmt)
	if !ok || len(a.Rhs) != 1 {
		return false
	}
	_, ok = a.Rhs[0].(*ast.CallExpr)
	return ok
}

// logs tells whether a call only writes to the log, on which no test should depend.
func (d *finder) logs(call *ast.CallExpr) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if chosen := d.info.Selections[s]; chosen != nil {
		return logger(chosen.Obj())
	}
	return logger(d.info.Uses[s.Sel])
}

func logger(o types.Object) bool {
	return o != nil && o.Pkg() != nil && (o.Pkg().Path() == "log/slog" || o.Pkg().Path() == "log" || strings.HasSuffix(o.Pkg().Path(), "/zerolog"))
}

// body: what an if guards is not done. Where that is one statement which is left out by itself, it is the same mutant, but for an error:
// that is said as such.
func (d *finder) body(n *ast.IfStmt) {
	if !d.plainBool(n.Cond) || len(n.Body.List) == 0 {
		return
	}
	err := d.failure(n.Cond)
	if !err && (n.Else != nil || len(n.Body.List) == 1 && d.droppable(n.Body.List[0])) {
		return
	}
	if err && len(n.Body.List) == 1 && n.Else == nil {
		d.needed[n.Body.List[0]] = true
	}
	d.site(n.Pos(), func(ids []int) []edit {
		return []edit{d.wrap(n.Cond, "((", fmt.Sprintf(") && !%s(%d))", on, ids[0]))}
	}, "without what is done if "+d.show(n.Cond))
}

// failure tells whether a condition is that of an error: err != nil.
func (d *finder) failure(cond ast.Expr) bool {
	b, ok := cond.(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ || !d.info.Types[b.Y].IsNil() {
		return false
	}
	return types.Identical(d.info.Types[b.X].Type, types.Universe.Lookup("error").Type())
}

// ends marks what ends a function. One that has results would not compile without; in another a last return does nothing.
func (d *finder) ends(f *ast.FuncType, body *ast.BlockStmt) {
	d.last(body.List, f.Results != nil && len(f.Results.List) > 0)
}

func (d *finder) last(list []ast.Stmt, results bool) {
	if len(list) == 0 {
		return
	}
	s := list[len(list)-1]
	if _, isReturn := s.(*ast.ReturnStmt); isReturn || results {
		d.needed[s] = true
	}
	switch s := s.(type) {
	case *ast.BlockStmt:
		d.last(s.List, results)
	case *ast.LabeledStmt:
		d.last([]ast.Stmt{s.Stmt}, results)
	case *ast.IfStmt:
		d.last(s.Body.List, results)
		if s.Else != nil {
			d.last([]ast.Stmt{s.Else}, results)
		}
	case *ast.SwitchStmt:
		d.lastOf(s.Body, results)
	case *ast.TypeSwitchStmt:
		d.lastOf(s.Body, results)
	case *ast.SelectStmt:
		d.lastOf(s.Body, results)
	}
}

func (d *finder) lastOf(body *ast.BlockStmt, results bool) {
	for _, c := range body.List {
		switch c := c.(type) {
		case *ast.CaseClause:
			d.last(c.Body, results)
		case *ast.CommClause:
			d.last(c.Body, results)
		}
	}
}
