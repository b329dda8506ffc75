package mutant

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// compared are the functions that stand for an operator, what it becomes where its boundary is moved, and by how much the number that it
// compares with is moved the other way: x < 5 becomes x <= 5, or x < 4.
var compared = map[token.Token]struct {
	function, moved string
	by              int
}{
	token.LSS: {"mutationLess_", "<=", -1},
	token.LEQ: {"mutationLessEqual_", "<", 1},
	token.GTR: {"mutationMore_", ">=", 1},
	token.GEQ: {"mutationMoreEqual_", ">", -1},
	token.EQL: {"mutationEqual_", "", 1},
	token.NEQ: {"!mutationEqual_", "", 1},
}

func (d *finder) comparison(n *ast.BinaryExpr) {
	of := compared[n.Op]
	if !d.plainBool(n) || !d.comparable(n) || d.shifts(n.X) || d.shifts(n.Y) {
		return
	}
	var whats []string
	if of.moved != "" {
		whats = append(whats, fmt.Sprintf("%s with %s for %s", d.show(n), of.moved, n.Op))
	}
	number := d.countable(n.X, n.Y, of.by)
	if number {
		whats = append(whats, fmt.Sprintf("%s with a number that is %+d", d.show(n), of.by))
	}
	if len(whats) == 0 {
		return
	}
	d.site(n.OpPos, func(ids []int) []edit {
		var call string
		switch {
		case of.moved == "":
			call = fmt.Sprintf("%s(%d, ", of.function, ids[0])
		case number:
			call = fmt.Sprintf("%sNumber_(%d, %d, ", of.function, ids[0], ids[1])
		default:
			call = fmt.Sprintf("%s(%d, ", of.function, ids[0])
		}
		at := d.offset(n.OpPos)
		return []edit{d.wrap(n, call, ")"), {from: at, to: at + len(n.Op.String()), replace: true, before: ", "}}
	}, whats...)
}

// comparable tells whether both sides have the same type, and one that is ordered.
func (d *finder) comparable(n *ast.BinaryExpr) bool {
	x, y := d.info.Types[n.X], d.info.Types[n.Y]
	if x.Value != nil && y.Value != nil || !types.Identical(x.Type, y.Type) {
		return false
	}
	if _, parameter := types.Unalias(x.Type).(*types.TypeParam); parameter {
		return false
	}
	b, ok := x.Type.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsOrdered != 0 && b.Info()&types.IsUntyped == 0
}

// countable tells whether something is compared with a whole number that is written down. A nanosecond more is none.
func (d *finder) countable(x, y ast.Expr, by int) bool {
	value := d.info.Types[y].Value
	b, ok := d.info.Types[x].Type.Underlying().(*types.Basic)
	if !ok || b.Info()&types.IsInteger == 0 || value == nil || d.info.Types[x].Value != nil || isTime(d.info.Types[x].Type, "Duration") {
		return false
	}
	return by > 0 || b.Info()&types.IsUnsigned == 0 || constant.Sign(value) > 0
}

// shifts tells whether an expression shifts: the type of what is shifted may come from where it stands.
func (d *finder) shifts(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryExpr)
		found = found || ok && (b.Op == token.SHL || b.Op == token.SHR)
		return !found
	})
	return found
}

func isTime(t types.Type, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "time"
}

// times: Before and After of two moments are comparisons as well.
func (d *finder) times(n *ast.CallExpr) {
	s, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || len(n.Args) != 1 || s.Sel.Name != "Before" && s.Sel.Name != "After" || !isTime(d.info.Types[s.X].Type, "Time") || !isTime(d.info.Types[n.Args[0]].Type, "Time") {
		return
	}
	d.site(s.Sel.Pos(), func(ids []int) []edit {
		return []edit{d.wrap(n, fmt.Sprintf("mutation%s_(%d, ", s.Sel.Name, ids[0]), ""),
			{from: d.offset(s.X.End()), to: d.offset(n.Args[0].Pos()), replace: true, before: ", "}}
	}, d.show(n)+" also where both are the same")
}
