package testdata

import (
	"sync"
	"sync/atomic"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

func locks(run engine.Run, n int) (int, error) {
	var mu sync.Mutex      // want "sync.Mutex is a lock"
	var count atomic.Int64 // want "atomic.Int64 is a lock"
	mu.Lock()
	defer mu.Unlock()
	return int(count.Add(1)), nil
}
