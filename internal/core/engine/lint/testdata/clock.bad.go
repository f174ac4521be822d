package testdata

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

func clock(run engine.Run, n int) (int, error) {
	began := time.Now()                // want "time.Now is a clock: use run.Now"
	time.Sleep(time.Second)            // want "use run.Sleep"
	<-time.After(time.Second)          // want "a channel" "time.After is a timer"
	return int(time.Since(began)), nil // want "time.Since is a clock"
}
