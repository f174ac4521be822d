package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// Benchmark measures appends: events per second through groups of 150 events,
// and runs of 6 appends with 12 events by 50 callers who each wait.
func Benchmark(b *testing.B, driver Driver) {
	b.Run("batches of 150", func(b *testing.B) { benchBatches(b, benchStore(b, driver), 150) })
	b.Run("50 callers", func(b *testing.B) { benchCallers(b, benchStore(b, driver), 50) })
}

func benchStore(b *testing.B, driver Driver) eventstore.Store {
	s := &bundle{driver: driver, url: driver.Fresh(b), clock: &stepClock{now: time.Now()}}
	s.open(b)
	b.Cleanup(func() { s.close(b) })
	b.ResetTimer()
	return s.store
}

func benchBatches(b *testing.B, s eventstore.Store, size int) {
	var wg sync.WaitGroup
	b.ReportAllocs()
	for i := range b.N {
		batch := eventstore.Batch{}
		for j := range size / 10 {
			batch.Streams = append(batch.Streams, eventstore.StreamAppend{Stream: benchStream(i*size + j), Expected: 0, Events: benchEvents(10)})
		}
		wg.Add(1)
		s.Submit(batch, func(_ eventstore.Appended, err error) {
			if err != nil {
				b.Error(err)
			}
			wg.Done()
		})
		if i%8 == 7 {
			wg.Wait()
		}
	}
	wg.Wait()
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "events/s")
}

func benchCallers(b *testing.B, s eventstore.Store, callers int) {
	work := make(chan int)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := range work {
				for v := int64(0); v < 12; v += 2 {
					_, err := s.Append(b.Context(), eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: benchStream(i), Expected: v, Events: benchEvents(2)}}})
					if err != nil {
						b.Error(err)
					}
				}
			}
		})
	}
	for i := range b.N {
		work <- i
	}
	close(work)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
	b.ReportMetric(float64(b.N*12)/b.Elapsed().Seconds(), "events/s")
}

func benchStream(i int) eventstore.StreamID {
	return eventstore.StreamID{Workspace: "ws_0192f0c1-2b7e-7c3a-9a55-6f1c2d3e4f50", Type: "execution", ID: fmt.Sprintf("ex_0192f0c1-2b7e-7c3a-9a55-%012x", i)}
}

func benchEvents(n int) []eventstore.NewEvent {
	events := make([]eventstore.NewEvent, n)
	for i := range events {
		events[i] = eventstore.NewEvent{Type: "execution.step_completed", Schema: 1, Data: []byte(`{"step":"bench/noop","path":"4.17","attempt":1}`), Journal: []byte(`{"r":{}}`)}
	}
	return events
}
