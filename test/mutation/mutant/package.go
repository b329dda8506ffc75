// Package mutant finds the small mistakes that a maintainer could make in a package, and writes the package so that every one of them is
// compiled into it behind a switch: the variable MUTANT of the environment chooses one, and the others are not there.
package mutant

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Mutant is one mistake.
type Mutant struct {
	File string // below the module's root
	Line int
	Func string // the function, TYPE.METHOD, or the variable of the package that it is in
	What string // what was changed, in words and code
}

func (m Mutant) String() string {
	return fmt.Sprintf("%s:%d: %s (in %s)", m.File, m.Line, m.What, m.Func)
}

// Package is a package's source with the mistakes that were found in it.
type Package struct {
	Path    string // as it is imported
	Dir     string
	Tested  bool // it has tests of its own
	Mutants []Mutant

	name  string
	files []*file
}

type file struct {
	name  string // with its directory
	short string // below the module's root
	text  []byte
	sites []site
}

// site is a place in a file with one mutant or several. Render gives its edits, where id is the number of a mutant.
type site struct {
	mutants []int // into Package.Mutants
	render  func(ids []int) []edit
}

// listed is what go list says.
type listed struct {
	Dir, ImportPath, Name, Export string
	GoFiles, TestGoFiles          []string
	XTestGoFiles                  []string
	DepOnly                       bool
	Error                         *struct{ Err string }
}

// ErrNone says that there is no such package.
var ErrNone = errors.New("there is no such package")

// Load reads and type-checks a package, named by its path below the root of the module, and finds its mutants.
func Load(root, path string) (*Package, error) {
	path = "./" + strings.TrimPrefix(filepath.ToSlash(filepath.Clean(path)), "./")
	if _, err := os.Stat(filepath.Join(root, path)); err != nil {
		return nil, fmt.Errorf("%s: %w: PKGS names those to be tried, below the module's root", strings.TrimPrefix(path, "./"), ErrNone)
	}
	target, exports, err := list(root, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.TrimPrefix(path, "./"), err)
	}
	p := &Package{Path: target.ImportPath, Dir: target.Dir, Tested: len(target.TestGoFiles)+len(target.XTestGoFiles) > 0, name: target.Name}
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range slices.Sorted(slices.Values(target.GoFiles)) {
		full := filepath.Join(target.Dir, name)
		text, err := os.ReadFile(full)
		if err != nil {
			return nil, err
		}
		tree, err := parser.ParseFile(fset, full, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		short, err := filepath.Rel(root, full)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, &file{name: full, short: filepath.ToSlash(short), text: text})
		parsed = append(parsed, tree)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", exports.open)}
	if _, err := config.Check(target.ImportPath, fset, parsed, info); err != nil {
		return nil, fmt.Errorf("check the types of %s: %w", target.ImportPath, err)
	}
	for i, tree := range parsed {
		(&finder{p: p, f: p.files[i], tree: tree, fset: fset, info: info, needed: map[ast.Stmt]bool{}}).find()
	}
	return p, nil
}

// exports are the files with what packages export, by their paths.
type exports map[string]string

func (e exports) open(path string) (io.ReadCloser, error) {
	if e[path] == "" {
		return nil, fmt.Errorf("go list gave no export data of %s", path)
	}
	return os.Open(e[path])
}

func list(root, path string) (target listed, of exports, err error) {
	cmd := exec.Command("go", "list", "-deps", "-export", "-json=Dir,ImportPath,Name,Export,GoFiles,TestGoFiles,XTestGoFiles,DepOnly,Error", path)
	cmd.Dir = root
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return target, nil, fmt.Errorf("go list: %w: %s", err, strings.TrimSpace(said.String()))
	}
	of = exports{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var one listed
		err := dec.Decode(&one)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return target, nil, fmt.Errorf("read what go list says: %w", err)
		}
		of[one.ImportPath] = one.Export
		if one.DepOnly {
			continue
		}
		if one.Error != nil {
			return target, nil, errors.New(one.Error.Err)
		}
		target = one
	}
	if len(target.GoFiles) == 0 {
		return target, nil, fmt.Errorf("%w: no Go files", ErrNone)
	}
	return target, of, nil
}
