package postgres_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/postgres"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/storetest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func driver() storetest.Driver {
	return storetest.Driver{
		Fresh: pgtest.URL,
		Open: func(ctx context.Context, d *db.DB, c clock.Clock) (eventstore.Store, error) {
			return postgres.Open(ctx, d, postgres.Options{Clock: c})
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
