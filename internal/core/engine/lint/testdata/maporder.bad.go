package testdata

import (
	"maps"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

func ordered(run engine.Run, given map[string]int) (int, error) {
	local := map[string]int{"a": 1}
	for _, n := range given { // want "durable calls in the order of a map"
		_, _ = step.Do(run, n)
	}
	for _, n := range local { // want "durable calls in the order of a map"
		_, _ = step.Do(run, n)
	}
	for k := range maps.Keys(local) { // want "durable calls in the order of a map"
		_, _ = step.Do(run, local[k])
	}
	sum := 0
	for _, n := range local { // adding up needs no order
		sum += n
	}
	for _, k := range slices.Sorted(maps.Keys(local)) {
		_, _ = step.Do(run, local[k])
	}
	return sum, nil
}

var step engine.Step[int, int]
