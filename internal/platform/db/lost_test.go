package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

func awaitLost(t *testing.T, d *db.DB) {
	t.Helper()
	select {
	case <-d.Lost():
	case <-time.After(10 * time.Second):
		t.Fatal("Lost is open after 10 s")
	}
}

func TestLossOfTheIdleSessionIsNoticed(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	d := things(t, url)
	pgtest.Terminate(t, url)
	awaitLost(t, d)
	err := d.Write(t.Context(), insert(1, "x"))
	if !errors.Is(err, db.ErrLost) || failure.ClassOf(err) != failure.UnknownOutcome || failure.CodeOf(err) != "store_lost" {
		t.Errorf("got %v", err)
	}
	next := dbtest.Open(t, url) // the lock is free again
	if next.Epoch() != d.Epoch()+1 {
		t.Errorf("epoch %d after %d", next.Epoch(), d.Epoch())
	}
}

func TestCutInsideAWriteIsUnknownForTheWholeGroup(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	d := things(t, url)
	release := hold(t, d)
	results := make(chan error, 3)
	for i := range int64(2) {
		d.Submit(insert(i, "x"), func(err error) { results <- err })
	}
	d.Submit(func(ctx context.Context, tx db.Tx) error {
		pgtest.Terminate(t, url)
		return insert(3, "z")(ctx, tx)
	}, func(err error) { results <- err })
	release()
	for range 3 {
		if err := <-results; !errors.Is(err, db.ErrLost) || failure.ClassOf(err) != failure.UnknownOutcome {
			t.Errorf("got %v", err)
		}
	}
	awaitLost(t, d)
	if n := count(t, dbtest.Open(t, url).Read()); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}

// Whoever nests a write must see that space is short, not a fault of the write.
func TestFullDiskIsSaidByANestedWrite(t *testing.T) {
	t.Parallel()
	d := things(t, pgtest.URL(t))
	err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
		if err := insert(1, "stays")(ctx, tx); err != nil {
			return err
		}
		err := tx.Nested(ctx, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Exec(ctx, "DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$")
			return err
		})
		if !errors.Is(err, db.ErrFull) || errors.Is(err, db.ErrRolledBack) {
			t.Errorf("got %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, d.Read()); n != 1 {
		t.Errorf("%d rows", n)
	}
}
