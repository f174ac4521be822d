package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// enginePath ends the import path of the package that declares Run.
const enginePath = "internal/core/engine"

// Problem is one line that would take another turn on replay.
type Problem struct {
	Pos     token.Position
	Message string
}

// String returns file:line:column: message.
func (p Problem) String() string { return p.Pos.String() + ": " + p.Message }

// Dir checks all Go files below a directory; it passes over testdata, vendor
// and hidden directories.
func Dir(root string) ([]Problem, error) {
	var all []Problem
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (name == "testdata" || name == "vendor" || name == "node_modules" || strings.HasPrefix(name, ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		found, err := File(path)
		all = append(all, found...)
		return err
	})
	return all, err
}

// File checks one file.
func File(path string) ([]Problem, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("lint %s: %w", path, err)
	}
	c := &checker{fset: fset, imports: importsOf(file), ignored: ignoredLines(fset, file)}
	c.engine = c.imports.nameOf(enginePath)
	if c.engine == "" {
		return nil, nil // nothing here can be a workflow function
	}
	for _, d := range file.Decls {
		ast.Inspect(d, c.find)
	}
	sort.Slice(c.problems, func(i, j int) bool { return c.problems[i].Pos.Offset < c.problems[j].Pos.Offset })
	return c.problems, nil
}

// imports maps the names that a file uses to import paths.
type imports map[string]string

func importsOf(file *ast.File) imports {
	m := imports{}
	for _, s := range file.Imports {
		path, err := strconv.Unquote(s.Path.Value)
		if err != nil {
			continue
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" { // math/rand/v2
			rest := strings.TrimSuffix(path, "/"+name)
			name = rest[strings.LastIndex(rest, "/")+1:]
		}
		if s.Name != nil {
			name = s.Name.Name
		}
		m[name] = path
	}
	return m
}

func (m imports) nameOf(suffix string) string {
	for name, path := range m {
		if path == suffix || strings.HasSuffix(path, "/"+suffix) {
			return name
		}
	}
	return ""
}

// ignoredLines are those that break a rule on purpose.
func ignoredLines(fset *token.FileSet, file *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//enginelint:ignore ") {
				line := fset.Position(c.Pos()).Line
				lines[line], lines[line+1] = true, true
			}
		}
	}
	return lines
}
