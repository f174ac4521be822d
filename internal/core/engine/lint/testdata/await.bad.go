package testdata

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

func awaits(run engine.Run, n int) (int, error) {
	done := 0
	err := engine.All(run, func(inner engine.Run) error {
		return engine.Await(inner, func() bool { // want "the Run inner in the condition of an Await"
			return inner.Sleep(time.Second) == nil
		})
	}, func(inner engine.Run) error {
		if err := engine.Await(inner, func() bool { return run.Now().IsZero() }); err != nil { // want "the Run run in the condition of an Await" "the Run run of the branch outside"
			return err
		}
		return engine.Await(inner, func() bool { return done == n })
	})
	return done, err
}
