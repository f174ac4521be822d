package layers

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const modulePath = "github.com/pyairtable/pyairtable-workflows/"

// readTree reads the imports of every Go file below root, whatever system or
// build tag the file is for. Other modules below root are left out.
func readTree(root string) ([]pkg, error) {
	found := map[string]*pkg{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if file != root && outOfTree(file, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		case !strings.HasSuffix(file, ".go"):
			return nil
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		name := tableName(filepath.ToSlash(folder))
		if found[name] == nil {
			found[name] = &pkg{name: name}
		}
		return found[name].addFile(file)
	})
	if err != nil {
		return nil, err
	}
	pkgs := make([]pkg, 0, len(found))
	for _, p := range found {
		pkgs = append(pkgs, *p)
	}
	slices.SortFunc(pkgs, func(a, b pkg) int { return strings.Compare(a.name, b.name) })
	return pkgs, nil
}

// outOfTree reports whether the go command leaves a folder out.
func outOfTree(folder, name string) bool {
	if name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// addFile adds what one file imports.
func (p *pkg) addFile(file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	list := &p.imports
	if strings.HasSuffix(file, "_test.go") {
		list = &p.testImports
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		folder, isOurs := strings.CutPrefix(imported, modulePath)
		if isOurs {
			imported = tableName(folder)
		}
		isStandard := !isOurs && ours(imported)
		if !isStandard && !slices.Contains(*list, imported) {
			*list = append(*list, imported)
		}
	}
	return nil
}

// tableName is how the table calls the package in a folder.
func tableName(folder string) string { return strings.TrimPrefix(folder, "internal/") }
