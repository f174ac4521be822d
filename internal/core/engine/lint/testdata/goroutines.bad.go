package testdata

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

func concurrent(run engine.Run, n int) (int, error) {
	done := make(chan int)    // want "a channel"
	go func() { done <- n }() // want "a go statement" "a channel"
	select {                  // want "a select"
	case n = <-done:
	}
	close(done)        // want "a channel"
	return <-done, nil // want "a channel"
}
