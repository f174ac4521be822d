package testdata

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

type keeper struct{ run engine.Run }

var work engine.Step[int, int]

func foreign(outer engine.Run, n int) (int, error) {
	k := &keeper{}
	k.run = outer // want "is stored: it must not leave its branch"
	_, err := engine.Map(outer, 2, []int{1, 2}, func(run engine.Run, i int) (int, error) {
		if i == 1 {
			return work.Do(outer, i) // want "the Run outer of the branch outside: use run"
		}
		return work.Do(run, i)
	})
	return n, err
}
