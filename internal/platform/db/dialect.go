package db

import (
	"fmt"
	"regexp"
	"strings"
)

// Dialect names the SQL that a database speaks.
type Dialect string

// The two dialects. Placeholders are $1, $2, … in both.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// word returns what {name} stands for in a dialect; the package comment
// documents the words.
func (d Dialect) word(name string) (string, bool) {
	pair, ok := map[string][2]string{
		"key":       {"INTEGER", "BIGINT"},
		"text":      {"TEXT", `TEXT COLLATE "C"`},
		"json":      {"TEXT", "JSON"},
		"bytes":     {"BLOB", "BYTEA"},
		"clustered": {"WITHOUT ROWID", ""},
	}[name]
	if d == Postgres {
		return pair[1], ok
	}
	return pair[0], ok
}

const (
	onlyLine = "-- +only "
	endLine  = "-- +end"
)

// blocks returns text without the blocks that belong to the other dialect.
func (d Dialect) blocks(text string) (string, error) {
	var kept strings.Builder
	var block Dialect // the one that the lines belong to; empty: both
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		name, begins := strings.CutPrefix(trimmed, onlyLine)
		switch {
		case begins && block != "":
			return "", fmt.Errorf("%q is inside a block for %s; end that one with %q first", trimmed, block, endLine)
		case begins:
			if block = Dialect(name); block != SQLite && block != Postgres {
				return "", fmt.Errorf("%q: the dialects are %s and %s", trimmed, SQLite, Postgres)
			}
		case trimmed == endLine && block == "":
			return "", fmt.Errorf("%q ends no block", trimmed)
		case trimmed == endLine:
			block = ""
		case block == "" || block == d:
			kept.WriteString(line)
		}
	}
	if block != "" {
		return "", fmt.Errorf("the block for %s has no %q", block, endLine)
	}
	return kept.String(), nil
}

var braced = regexp.MustCompile(`\{[a-z][a-z0-9_]*\}`)

// expand replaces each {name} in text by what more knows of it, or else by the
// dialect's word.
func (d Dialect) expand(text string, more func(name string) (string, bool)) (string, error) {
	var unknown error
	out := braced.ReplaceAllStringFunc(text, func(word string) string {
		name := word[1 : len(word)-1]
		if found, ok := more(name); ok {
			return found
		}
		found, ok := d.word(name)
		if !ok {
			unknown = fmt.Errorf("%s is unknown; the words are {key}, {text}, {json}, {bytes} and {clustered}", word)
		}
		return found
	})
	return out, unknown
}

// numericTrap finds the types that SQLite does not know: it would store what
// looks like a number as one.
var numericTrap = regexp.MustCompile(`(?i)\b(JSONB?|BYTEA|UUID|TIMESTAMPTZ|TIMESTAMP|DATE|NUMERIC|DECIMAL)\b`)

// migration returns the text of a migration in a dialect.
func (d Dialect) migration(text string) (string, error) {
	text, err := d.blocks(text)
	if err != nil {
		return "", err
	}
	text, err = d.expand(text, func(string) (string, bool) { return "", false })
	if err != nil || d != SQLite {
		return text, err
	}
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "--")
		if trap := numericTrap.FindString(code); trap != "" {
			return "", fmt.Errorf("SQLite would store a column of type %s as a number; write {json}, {bytes}, {text} or BIGINT", trap)
		}
	}
	return text, nil
}
