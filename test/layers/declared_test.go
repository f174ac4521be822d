package layers

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// undeclared are the engine's functions that a kind has a better one for: what is
// made with these is missing from the kind's declaration, and what is recorded
// with them has no declared type.
var undeclared = map[string]string{
	"NewRegistry":       "kind.NewSet",
	"NewStep":           "kind.Step",
	"NewUndoable":       "kind.Undoable",
	"NewSignal":         "kind.Signal",
	"NewWorkflow":       "kind.Workflow",
	"NewLoadedWorkflow": "kind.Workflow",
	"NewWrite":          "kind.Write",
	"Record":            "kind.Event",
	"ContinueAsNew":     "kind.ContinueAsNew",
}

// undeclaredCalls returns the places in a Go file where a kind goes past its
// declaration.
func undeclaredCalls(name string, src any) (faults []string, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, 0)
	if err != nil {
		return nil, err
	}
	engine := ""
	for _, i := range file.Imports {
		if i.Path.Value == `"`+modulePath+`internal/core/engine"` {
			if engine = "engine"; i.Name != nil {
				engine = i.Name.Name
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok && engine != "" && x.Name == engine && undeclared[s.Sel.Name] != "" {
			faults = append(faults, fmt.Sprintf("%s: %s.%s: a kind uses %s", fset.Position(s.Pos()), engine, s.Sel.Name, undeclared[s.Sel.Name]))
		}
		return true
	})
	return faults, nil
}

func TestKindsDeclareWhatTheyUse(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("../../internal/kinds", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		files++
		faults, err := undeclaredCalls(name, nil)
		for _, f := range faults {
			t.Error(f)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files read: %v", files, err)
	}
}

func TestAnUndeclaredCallIsFound(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]int{
		`import "` + modulePath + `internal/core/engine"` + "\nvar _ = engine.NewStep":                1,
		`import e "` + modulePath + `internal/core/engine"` + "\nfunc f() { e.Record(nil, nil) }":     1,
		`import "` + modulePath + `internal/core/engine"` + "\nvar _ = engine.Map[int, int]":          0,
		`import engine "elsewhere"` + "\nvar _ = engine.NewStep":                                      0,
		`import "` + modulePath + `internal/core/kind"` + "\nvar _ = kind.ContinueAsNew[engine.None]": 0,
	} {
		if got, err := undeclaredCalls("x.go", "package x\n"+src); err != nil || len(got) != want {
			t.Errorf("%s\n%v %v", src, got, err)
		}
	}
}
