package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/storetest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func driver() storetest.Driver {
	return storetest.Driver{
		Fresh: func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "store.db") },
		Open: func(ctx context.Context, d *db.DB, c clock.Clock) (eventstore.Store, error) {
			return sqlite.Open(ctx, d, sqlite.Options{Clock: c})
		},
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, driver())
}

func TestKilledStoreKeepsWhatWasAcked(t *testing.T) {
	t.Parallel()
	storetest.RunKilled(t, driver())
}

func BenchmarkAppend(b *testing.B) { storetest.Benchmark(b, driver()) }
