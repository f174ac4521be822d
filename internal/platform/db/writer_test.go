package db_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

// things opens a store with the table of these tests.
func things(t *testing.T, url string) *db.DB {
	t.Helper()
	d := dbtest.Open(t, url)
	if err := d.Migrate(t.Context(), "things", table()); err != nil {
		t.Fatal(err)
	}
	return d
}

// hold keeps the writer busy until release is called.
func hold(t *testing.T, d *db.DB) (release func()) {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	d.Submit(func(context.Context, db.Tx) error { close(held); <-free; return nil }, func(error) {})
	<-held
	return func() { close(free) }
}

func TestWritesRunInTheOrderOfSubmit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		var wg sync.WaitGroup
		var ran, acknowledged []int // the writer's goroutine alone appends
		for i := range 300 {
			wg.Add(1)
			d.Submit(func(context.Context, db.Tx) error { ran = append(ran, i); return nil }, func(err error) {
				if err != nil {
					t.Error(err)
				}
				acknowledged = append(acknowledged, i)
				wg.Done()
			})
		}
		wg.Wait()
		for i := range 300 {
			if ran[i] != i || acknowledged[i] != i {
				t.Fatalf("at %d: ran %d, acknowledged %d", i, ran[i], acknowledged[i])
			}
		}
	})
}

func TestWriteOfACallerWhoLeftNeverRuns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		release := hold(t, d)
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- d.Write(ctx, insert(1, "x")) }()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		release()
		if err := d.Write(t.Context(), insert(2, "y")); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d.Read()); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestWriteThatWasBegunReportsTheTruth(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Write(ctx, func(ctx context.Context, tx db.Tx) error {
			cancel()
			return insert(1, "x")(ctx, tx)
		})
		if err != nil || count(t, d.Read()) != 1 {
			t.Errorf("%v, %d rows", err, count(t, d.Read()))
		}
	})
}

func TestNestedRollsBackOnlyItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
			if err := insert(1, "kept")(ctx, tx); err != nil {
				return err
			}
			err := tx.Nested(ctx, func(ctx context.Context, tx db.Tx) error {
				if err := tx.Nested(ctx, insert(2, "lost with its parent")); err != nil {
					return err
				}
				return insert(1, "double")(ctx, tx)
			})
			if err == nil || errors.Is(err, db.ErrRolledBack) {
				t.Errorf("the nested write: %v", err)
			}
			return tx.Nested(ctx, insert(3, "kept"))
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d.Read()); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}

func TestPanicIsAnErrorOfItsWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
			if err := insert(1, "x")(ctx, tx); err != nil {
				return err
			}
			panic("a bug")
		})
		var p *db.PanicError
		if !errors.As(err, &p) || err.Error() != "panic inside a write: a bug" || !strings.Contains(string(p.Stack), "TestPanic") {
			t.Errorf("got %v", err)
		}
		if n := count(t, d.Read()); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
	})
}

// PostgreSQL refuses every statement after a failed one. SQLite undoes the failed
// statement alone, and the rest is what its caller wanted.
func TestIgnoredErrorNeverCommitsHalfAWrite(t *testing.T) {
	t.Parallel()
	d := things(t, pgtest.URL(t))
	err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
		if err := insert(1, "x")(ctx, tx); err != nil {
			return err
		}
		if err := insert(1, "double")(ctx, tx); err == nil {
			t.Error("a double key was accepted")
		}
		return nil
	})
	if err == nil || count(t, d.Read()) != 0 {
		t.Errorf("%v, %d rows", err, count(t, d.Read()))
	}
}

func TestReadersSeeNoOpenTransactionAndCannotWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
			if err := insert(1, "x")(ctx, tx); err != nil {
				return err
			}
			if mine, others := count(t, tx), count(t, d.Read()); mine != 1 || others != 0 {
				t.Errorf("inside: %d rows, outside: %d", mine, others)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d.Read()); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
		if _, err := d.Read().Exec(t.Context(), "DELETE FROM things"); err == nil {
			t.Error("the read pool deleted rows")
		}
	})
}

func TestCloseFinishesWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		release := hold(t, d)
		result := make(chan error, 1)
		d.Submit(insert(1, "x"), func(err error) { result <- err })
		closed := make(chan error, 1)
		go func() { closed <- d.Close() }()
		release()
		if err := errors.Join(<-closed, <-result, d.Close()); err != nil {
			t.Error(err)
		}
		if err := d.Write(t.Context(), insert(2, "y")); !errors.Is(err, db.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestValuesComeBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		type values struct {
			Number int64
			Real   float64
			Truth  bool
			Text   string
			Bytes  []byte
			JSON   json.RawMessage
			None   *string
		}
		want := values{-1 << 62, 0.1, true, "é\n'$1'", []byte{0, 1, 255}, json.RawMessage(`1.0`), nil}
		migrate(t, d, "values", `CREATE TABLE v (number BIGINT, r DOUBLE PRECISION, truth BOOLEAN, t {text}, b {bytes}, j {json}, none TEXT, nojson {json})`)
		var got values
		var none json.RawMessage
		dbtest.Exec(t, d, "INSERT INTO v VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			want.Number, want.Real, want.Truth, want.Text, want.Bytes, want.JSON, want.None, none)
		row := d.Read().QueryRow(t.Context(), "SELECT number, r, truth, t, b, j, none, nojson FROM v WHERE number = $1", want.Number)
		if err := row.Scan(&got.Number, &got.Real, &got.Truth, &got.Text, &got.Bytes, &got.JSON, &got.None, &none); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || none != nil {
			t.Errorf("%s; absent JSON came back as %q", diff, none)
		}
		if err := d.Read().QueryRow(t.Context(), "SELECT number FROM v WHERE number = $1", 0).Scan(&got.Number); !errors.Is(err, db.ErrNoRows) {
			t.Errorf("no row: %v", err)
		}
	})
}
