package testdata

import (
	crand "crypto/rand"
	"math/rand/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

func dice(run engine.Run, n int) (int, error) {
	if rand.IntN(2) == 0 { // want "rand.IntN is dice: use run.Random"
		return 0, nil
	}
	_, err := crand.Read(nil) // want "crand.Read is dice"
	return n, err
}
