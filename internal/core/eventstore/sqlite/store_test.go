package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/storetest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := sqlite.Open(t.Context(), d, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func BenchmarkAppend(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) eventstore.Store { return open(b, filepath.Join(b.TempDir(), "bench.db")) })
}
