package db_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// A text that a database cannot hold must not stop whoever writes it: it is
// written with a replacement, and found by the same text.
func TestTextThatNoColumnHoldsIsReplaced(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		for id, c := range []struct{ text, want string }{{"Bad\x00Table", "Bad\uFFFDTable"}, {"a\xffb", "a\uFFFDb"}, {"\x00", "\uFFFD"}, {"é\n", "é\n"}} {
			if err := d.Write(t.Context(), insert(int64(id), c.text)); err != nil {
				t.Fatalf("write %q: %v", c.text, err)
			}
			find := func(q db.Querier) {
				var got string
				if err := q.QueryRow(t.Context(), "SELECT name FROM things WHERE name = $1", c.text).Scan(&got); err != nil || got != c.want {
					t.Errorf("%q is found as %q, %v; want %q", c.text, got, err, c.want)
				}
				rows, err := q.Query(t.Context(), "SELECT name FROM things WHERE name = $1", c.text)
				if err != nil || !rows.Next() {
					t.Fatalf("list %q: %v", c.text, err)
				}
				if err := rows.Close(); err != nil {
					t.Error(err)
				}
			}
			find(d.Read())
			err := d.Write(t.Context(), func(_ context.Context, tx db.Tx) error {
				find(tx)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}

// JSON keeps its escapes, whatever they stand for: {json} is not JSONB, which
// refuses U+0000.
func TestJSONKeepsItsEscapes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		migration := table()
		migration["00001_things.sql"].Data = []byte("-- +goose Up\nCREATE TABLE documents (id BIGINT PRIMARY KEY, document {json});\n")
		if err := d.Migrate(t.Context(), "documents", migration); err != nil {
			t.Fatal(err)
		}
		for id, c := range []struct{ document, want string }{
			{`{"a":"\u0000"}`, `{"a":"\u0000"}`}, {`"\ud800"`, `"\ud800"`}, {"\"a\xffb\"", "\"a\uFFFDb\""},
		} {
			dbtest.Exec(t, d, "INSERT INTO documents (id, document) VALUES ($1, $2)", int64(id), json.RawMessage(c.document))
			var got json.RawMessage
			if err := d.Read().QueryRow(t.Context(), "SELECT document FROM documents WHERE id = $1", int64(id)).Scan(&got); err != nil || string(got) != c.want {
				t.Errorf("%s comes back as %s, %v", c.document, got, err)
			}
		}
	})
}
