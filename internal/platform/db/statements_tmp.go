package db

import (
	"io/fs"
	"strings"
)

func (d *DB) Statements(files fs.FS, declared map[string]*string) error {
	names, _ := fs.Glob(files, "sql/*.sql")
	for _, n := range names {
		raw, _ := fs.ReadFile(files, n)
		for _, part := range strings.Split(string(raw), "-- name: ")[1:] {
			name, text, _ := strings.Cut(part, "\n")
			*declared[name] = text
		}
	}
	return nil
}
