package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

var errMine = errors.New("the writer's own error")

// withTable adds the table that the inline writers of these cases write to.
func (b *bundle) withTable(t *testing.T) {
	t.Helper()
	files := fstest.MapFS{"00001_rows.sql": {Data: []byte("-- +goose Up\nCREATE TABLE inline_rows (name TEXT PRIMARY KEY);\n")}}
	if err := b.db.Migrate(t.Context(), "storetest", files); err != nil {
		t.Fatal(err)
	}
}

func insert(name string) db.Write {
	return func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO inline_rows (name) VALUES ($1)", name)
		return err
	}
}

func (b *bundle) rows(t *testing.T) []string {
	t.Helper()
	rows, err := b.db.Read().Query(t.Context(), "SELECT name FROM inline_rows ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names := []string{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// with adds inline writers to a batch.
func with(batch eventstore.Batch, inline ...db.Write) eventstore.Batch {
	batch.Inline = inline
	return batch
}

func inlineCommits(t *testing.T, b *bundle) {
	b.withTable(t)
	b.append(t, with(one("a", eventstore.NoStream, things(1)...), insert("first"), insert("second")))
	b.append(t, with(eventstore.Batch{}, insert("alone")))
	if d := cmp.Diff([]string{"alone", "first", "second"}, b.rows(t)); d != "" {
		t.Error(d)
	}
}

// aroundAFailure commits three batches together, of which the second must fail
// with an error that ok accepts, and alone.
func aroundAFailure(t *testing.T, b *bundle, failing db.Write, ok func(error) bool) {
	b.withTable(t)
	got := b.together(t,
		with(one("a", eventstore.NoStream, things(2)...), insert("a")),
		with(one("b", eventstore.NoStream, things(2)...), insert("b"), failing, insert("never")),
		one("b", eventstore.NoStream, things(1)...),
		with(one("c", eventstore.NoStream, things(2)...), insert("c")),
	)
	if !ok(got[1].err) {
		t.Errorf("the failing batch: %v", got[1].err)
	}
	for i, want := range map[int]int64{0: 2, 2: 3, 3: 5} {
		if got[i].err != nil || got[i].Position != want {
			t.Errorf("batch %d: position %d, want %d, %v", i, got[i].Position, want, got[i].err)
		}
	}
	if d := cmp.Diff([]string{"a", "c"}, b.rows(t)); d != "" {
		t.Error(d)
	}
	var streams []string
	for _, e := range b.all(t, everything()) {
		streams = append(streams, fmt.Sprint(e.Stream.ID, e.Version))
	}
	if d := cmp.Diff([]string{"a1", "a2", "b1", "c1", "c2"}, streams); d != "" {
		t.Error(d)
	}
}

func inlineFails(t *testing.T, b *bundle) {
	aroundAFailure(t, b, func(context.Context, db.Tx) error { return errMine }, func(err error) bool { return errors.Is(err, errMine) })
}

func inlineStatementFails(t *testing.T, b *bundle) {
	aroundAFailure(t, b, insert("a"), func(err error) bool { return err != nil && !errors.Is(err, db.ErrRolledBack) })
}

func inlinePanics(t *testing.T, b *bundle) {
	aroundAFailure(t, b, func(context.Context, db.Tx) error { panic("a bug") },
		func(err error) bool { return err != nil && strings.Contains(err.Error(), "a bug") })
}

func inlineOfRefused(t *testing.T, b *bundle) {
	b.withTable(t)
	b.append(t, one("a", eventstore.NoStream, things(1)...))
	_, err := b.store.Append(t.Context(), with(one("a", eventstore.NoStream, things(1)...), insert("never")))
	if !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff([]string{}, b.rows(t)); d != "" {
		t.Error(d)
	}
}
