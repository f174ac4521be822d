package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// key asks for a workspace inside a write that ends with an error.
func key(t *testing.T, d *db.DB, id string, end error) (key int64) {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
		if key, err = tx.Workspace(ctx, id); err != nil {
			return err
		}
		return end
	})
	if !errors.Is(err, end) {
		t.Fatal(err)
	}
	return key
}

func known(t *testing.T, d *db.DB, id string) int64 {
	t.Helper()
	key, err := d.Workspace(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestWorkspaceHasOneKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d, err := db.Open(t.Context(), db.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		if got := known(t, d, "ws_a"); got >= 0 {
			t.Errorf("a workspace that nobody has used has the key %d", got)
		}
		a, b := key(t, d, "ws_a", nil), key(t, d, "ws_b", nil)
		if a == b || a <= 0 || b <= 0 || key(t, d, "", nil) != 0 || known(t, d, "") != 0 {
			t.Errorf("keys %d and %d, none is %d", a, b, known(t, d, ""))
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d = dbtest.Open(t, url)
		if known(t, d, "ws_a") != a || key(t, d, "ws_b", nil) != b || known(t, d, "ws_b") != b {
			t.Error("another owner gives other keys")
		}
	})
}

func TestKeyThatWasRolledBackIsForgotten(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		lost := key(t, d, "ws_a", mine)
		if got := known(t, d, "ws_a"); got >= 0 {
			t.Errorf("a key that was rolled back is remembered: %d", got)
		}
		if b := key(t, d, "ws_b", nil); b != lost {
			t.Errorf("the key %d was not free again: %d", lost, b)
		}
		if a := key(t, d, "ws_a", nil); a == lost {
			t.Error("two workspaces have one key")
		}
	})
}

func TestKeyOfASavepointIsForgottenWithIt(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		var outer, again, other int64
		err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
			if outer, err = tx.Workspace(ctx, "ws_outer"); err != nil {
				return err
			}
			err = tx.Nested(ctx, func(ctx context.Context, tx db.Tx) error {
				if _, err := tx.Workspace(ctx, "ws_inner"); err != nil {
					return err
				}
				return mine
			})
			if !errors.Is(err, mine) {
				return err
			}
			if other, err = tx.Workspace(ctx, "ws_other"); err != nil {
				return err
			}
			again, err = tx.Workspace(ctx, "ws_outer")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if outer != again || known(t, d, "ws_outer") != outer || known(t, d, "ws_other") != other {
			t.Errorf("keys %d, %d and %d", outer, again, other)
		}
		if inner := known(t, d, "ws_inner"); inner >= 0 {
			t.Errorf("the key %d was rolled back with its savepoint", inner)
		}
		if inner := key(t, d, "ws_inner", nil); inner == other || inner == outer {
			t.Error("two workspaces have one key")
		}
	})
}

func TestManyWorkspacesKeepTheirKeys(t *testing.T) {
	t.Parallel()
	const n = 12_000 // more than are remembered
	d := dbtest.Open(t, dbtest.SQLite(t))
	keys := make([]int64, n)
	err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
		for i := range keys {
			if keys[i], err = tx.Workspace(ctx, fmt.Sprint("ws_", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1, 5000, n - 1} {
		if got := known(t, d, fmt.Sprint("ws_", i)); got != keys[i] {
			t.Errorf("workspace %d: %d, want %d", i, got, keys[i])
		}
	}
}
