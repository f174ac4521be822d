package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Runs of 12 events, each with 57 bytes of data and journal, in streams with ids
// of 39 bytes: what everything around the payload costs, indexes included.
func TestBytesPerEvent(t *testing.T) {
	t.Parallel()
	const runs, each, payload, most = 2000, 12, 57, 135
	path := filepath.Join(t.TempDir(), "size.db")
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	s, err := driver().Open(t.Context(), d, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	event := eventstore.NewEvent{Type: "execution.step_completed", Data: []byte(`{"step":"bench/noop","path":"4.17","attempt":1}`), Journal: []byte(`{"r":{"x"}`)}
	if n := len(event.Data) + len(event.Journal); n != payload {
		t.Fatalf("payload %d", n)
	}
	for i := range runs {
		var batch eventstore.Batch
		id := eventstore.StreamID{Workspace: "ws_0192f0c1-2b7e-7c3a-9a55-6f1c2d3e4f50", Type: "execution", ID: fmt.Sprintf("ex_0192f0c1-2b7e-7c3a-9a55-%012x", i)}
		for range each {
			batch.Streams = []eventstore.StreamAppend{{Stream: id, Expected: eventstore.Any, Events: append([]eventstore.NewEvent{}, event)}}
			s.Submit(batch, func(_ eventstore.Appended, err error) {
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	bytes := float64(info.Size()) / (runs * each)
	t.Logf("%.0f bytes per event, %d of them payload", bytes, payload)
	if bytes > most {
		t.Errorf("%.0f bytes per event, at most %d are allowed", bytes, most)
	}
}
