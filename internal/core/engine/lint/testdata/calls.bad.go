package testdata

import (
	"time"

	"github.com/google/uuid"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

var (
	yes, no engine.Signal[int]
	child   engine.Workflow[int, int]
)

// Cases of a Select and calls of children are workflow code like any other.
func calls(run engine.Run, given map[string]int) (int, error) {
	err := engine.Select(run, time.Hour, yes.Then(func(n int) error {
		time.Sleep(time.Second) // want "use run.Sleep"
		return nil
	}), no.Then(func(n int) error {
		go func() {}() // want "a go statement"
		_, err := child.Do(run, "", n)
		return err
	}))
	if err != nil {
		return 0, err
	}
	for id, n := range given { // want "durable calls in the order of a map"
		if _, err := child.Do(run, id, n); err != nil {
			return 0, err
		}
	}
	return child.Do(run, uuid.NewString(), 1) // want "uuid.NewString is dice"
}
