package lazyregexp_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"autospotting/pkg/lazyregexp"
)

func TestEveryExpressionOfTheRepositoryCanBeCompiled(t *testing.T) {
	t.Parallel()
	n := 0
	for dir, files := range sources(t, "../..") {
		constants := map[string]ast.Expr{}
		for _, f := range files {
			for _, o := range f.Scope.Objects {
				if spec, ok := o.Decl.(*ast.ValueSpec); ok && o.Kind == ast.Con && len(spec.Values) == 1 {
					constants[o.Name] = spec.Values[0]
				}
			}
		}
		for _, f := range files {
			for _, d := range f.Decls {
				if d, ok := d.(*ast.GenDecl); ok { // an expression that a function puts together is its package's to test
					ast.Inspect(d, func(node ast.Node) bool {
						call, ok := node.(*ast.CallExpr)
						if !ok || !isNew(call) {
							return true
						}
						n++
						if text := value(call.Args[0], constants); text == nil {
							t.Errorf("%s: what is given to lazyregexp.New cannot be read from the source: write literals, constants and +, or a function", dir)
						} else if _, err := regexp.Compile(*text); err != nil {
							t.Errorf("%s: %v", dir, err)
						}
						return true
					})
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("%d expressions found: where are the others?", n)
	}
}

// sources are the parsed files of a tree, but for tests, by folder.
func sources(t *testing.T, root string) map[string][]*ast.File {
	t.Helper()
	found := map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && len(d.Name()) > 2 && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		found[filepath.Dir(path)] = append(found[filepath.Dir(path)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func isNew(call *ast.CallExpr) bool {
	of, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := of.X.(*ast.Ident)
	return ok && pkg.Name == "lazyregexp" && of.Sel.Name == "New"
}

// value is a constant string, nil if it is none.
func value(e ast.Expr, constants map[string]ast.Expr) *string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s := constant.StringVal(constant.MakeFromLiteral(e.Value, e.Kind, 0))
		return &s
	case *ast.BinaryExpr:
		if a, b := value(e.X, constants), value(e.Y, constants); a != nil && b != nil {
			s := *a + *b
			return &s
		}
	case *ast.Ident:
		if known := constants[e.Name]; known != nil {
			return value(known, constants)
		}
	}
	return nil
}

func TestManyMayBeTheFirstToUseOne(t *testing.T) {
	t.Parallel()
	word := lazyregexp.New(`\b(i-[0-9a-f]+)\b`)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if m := word.FindStringSubmatch("of i-0abc."); len(m) != 2 || m[1] != "i-0abc" {
				t.Errorf("found %q", m)
			}
		})
	}
	all.Wait()
}

func TestAnExpressionThatCannotBeCompiledPanicsAtItsFirstUse(t *testing.T) {
	t.Parallel()
	bad := lazyregexp.New(`(`)
	defer func() {
		if recover() == nil {
			t.Error("it matched")
		}
	}()
	bad.MatchString("")
}
