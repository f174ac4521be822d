package testdata

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

var good engine.Step[int, int]

// Steps may do what they like.
func doIt(ctx context.Context, n int) (int, error) {
	fmt.Println(time.Now())
	return n, nil
}

func fine(run engine.Run, counts map[string]int) (int, error) {
	began := run.Now()
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if _, err := good.Do(run, counts[k]); err != nil {
			return 0, fmt.Errorf("do %s: %w", k, err)
		}
	}
	_, err := engine.Map(run, 2, keys, func(run engine.Run, k string) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) { return good.Do(run, counts[k]) })
	})
	if err := engine.Await(run, func() bool { return len(keys) > 0 }); err != nil {
		return 0, err
	}
	if run.Version("more", 2) > 1 && run.HistoryLong() {
		return 0, engine.ContinueAsNew(counts)
	}
	//enginelint:ignore shows how a rule is broken on purpose
	_ = time.Now()
	return int(run.Now().Sub(began) / time.Second), err
}
