package testdata

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

var tidy engine.Step[int, int]

func deferred(run engine.Run, n int) (int, error) {
	defer tidy.Do(run, n) // want "an effect in a defer"
	defer func() {        // want "an effect in a defer"
		if recover() != nil { // want "a recover"
			_ = run.Sleep(time.Second)
		}
	}()
	return n, nil
}
