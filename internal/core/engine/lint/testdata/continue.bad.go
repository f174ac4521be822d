package testdata

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

func continues(run engine.Run, n int) (int, error) {
	if n == 0 {
		engine.ContinueAsNew(n + 1) // want "a ContinueAsNew that is not returned"
	}
	_, err := engine.WithSaga(run, func(s *engine.Saga) (int, error) {
		if n == 1 {
			return 0, engine.ContinueAsNew[int](n) // want "ContinueAsNew inside an open saga"
		}
		return n, nil
	})
	if err != nil {
		return 0, err
	}
	return 0, engine.ContinueAsNew(n + 1)
}
