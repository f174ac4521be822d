//go:build unix

package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// fillUp writes until there is no space and returns how many rows were acked.
func fillUp(ctx context.Context, d *db.DB, from int64) (acked int64, err error) {
	text := strings.Repeat("x", 64<<10)
	for acked = range int64(10000) {
		if err := d.Write(ctx, insert(from+acked, text)); err != nil {
			return acked, err
		}
	}
	return acked, errors.New("the store never got full")
}

// expectFull checks the error of a full store.
func expectFull(err error) error {
	if !errors.Is(err, db.ErrFull) || failure.ClassOf(err) != failure.Fatal || failure.CodeOf(err) != "disk_full" {
		return fmt.Errorf("full store: %w", err)
	}
	return nil
}

func TestFullDatabaseAcksNothingAndWorksAgain(t *testing.T) {
	t.Parallel()
	d := things(t, "sqlite:"+filepath.Join(t.TempDir(), "full.db"))
	limit := func(pages int) {
		t.Helper()
		err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
			var got int
			return tx.QueryRow(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&got)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(200)
	acked, err := fillUp(t.Context(), d, 0)
	if err := expectFull(err); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d.Read()); n != acked {
		t.Errorf("%d rows, %d acked", n, acked)
	}
	limit(1 << 20)
	if err := d.Write(t.Context(), insert(acked, "there is space again")); err != nil {
		t.Error(err)
	}
	select {
	case <-d.Lost():
		t.Error("a full disk is no loss of the store")
	default:
	}
}

// A child process runs against a real limit of the kernel on file sizes.
func TestRefusedWritesOfTheKernelAckNothing(t *testing.T) {
	const name = "PAW_TEST_FULL_STORE"
	if path := os.Getenv(name); path != "" {
		if err := hitFileLimit(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRefusedWritesOfTheKernelAckNothing$", "-test.v")
	cmd.Env = append(os.Environ(), name+"="+filepath.Join(t.TempDir(), "limit.db"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func hitFileLimit(ctx context.Context, path string) error {
	signal.Ignore(syscall.SIGXFSZ) // the write fails instead
	d, err := db.Open(ctx, db.Options{URL: "sqlite:" + path})
	if err != nil {
		return err
	}
	if err := d.Migrate(ctx, "things", table()); err != nil {
		return err
	}
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 2 << 20, Max: was.Max}); err != nil {
		return err
	}
	acked, err := fillUp(ctx, d, 0)
	if err := expectFull(err); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		return err
	}
	if err := d.Write(ctx, insert(acked, "there is space again")); err != nil {
		return err
	}
	if err := d.Close(); err != nil {
		return err
	}
	d, err = db.Open(ctx, db.Options{URL: "sqlite:" + path})
	if err != nil {
		return err
	}
	var rows int64
	if err := d.Read().QueryRow(ctx, "SELECT count(*) FROM things").Scan(&rows); err != nil {
		return err
	}
	if rows != acked+1 {
		return fmt.Errorf("%d rows after a restart, %d acked", rows, acked+1)
	}
	return d.Close()
}
