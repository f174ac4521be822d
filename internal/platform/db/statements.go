package db

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

const nameLine = "-- name: "

// statements is DB.Statements.
func statements(d Dialect, files fs.FS, declared map[string]*string) error {
	texts, err := readStatements(d, files)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		text, ok := texts[name]
		if !ok {
			errs = append(errs, fmt.Errorf("statement %s is in no .sql file", name))
			continue
		}
		used[name] = true
		*declared[name], err = d.expand(text, func(part string) (string, bool) {
			found, ok := texts[part]
			used[part] = true
			return found, ok
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("statement %s: %w", name, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if !used[name] {
			errs = append(errs, fmt.Errorf("statement %s is not used", name))
		}
	}
	return errors.Join(errs...)
}

// readStatements returns the texts of all statements by name.
func readStatements(d Dialect, files fs.FS) (map[string]string, error) {
	names, err := fs.Glob(folder(files, "sql"), "*.sql")
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, file := range names {
		raw, err := fs.ReadFile(folder(files, "sql"), file)
		if err != nil {
			return nil, err
		}
		if err := cutStatements(d, string(raw), texts); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Join("sql", file), err)
		}
	}
	return texts, nil
}

// cutStatements adds the statements of one file to texts, without comments.
func cutStatements(d Dialect, file string, texts map[string]string) error {
	file, err := d.blocks(file)
	if err != nil {
		return err
	}
	name := ""
	for line := range strings.Lines(file) {
		trimmed := strings.TrimSpace(line)
		if next, ok := strings.CutPrefix(trimmed, nameLine); ok {
			if _, twice := texts[next]; twice {
				return fmt.Errorf("statement %s exists twice", next)
			}
			name, texts[next] = next, ""
			continue
		}
		if trimmed == "" || strings.HasPrefix(trimmed, "--") {
			continue
		}
		if name == "" {
			return fmt.Errorf("%q comes before the first %q", trimmed, nameLine)
		}
		texts[name] += line
	}
	for name, text := range texts {
		texts[name] = strings.TrimSuffix(strings.TrimSpace(text), ";")
	}
	return nil
}

// folder returns the folder name of files, or files where there is none.
func folder(files fs.FS, name string) fs.FS {
	if info, err := fs.Stat(files, name); err != nil || !info.IsDir() {
		return files
	}
	sub, err := fs.Sub(files, name)
	if err != nil {
		return files
	}
	return sub
}
