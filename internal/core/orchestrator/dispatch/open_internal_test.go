package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// listing is an engine that lists what is open, by workspace and execution.
type listing struct {
	engine.Engine
	open  []engine.OpenExecution
	pages int
}

func (l *listing) Open(_ context.Context, after engine.OpenAfter, limit int) (page []engine.OpenExecution, err error) {
	if l.pages++; l.pages > len(l.open) {
		return nil, errors.New("the list has no end")
	}
	for _, x := range l.open {
		if cmp.Or(cmp.Compare(x.Workspace, after.Workspace), cmp.Compare(x.Execution, after.Execution)) > 0 && len(page) < limit {
			page = append(page, x)
		}
	}
	return page, nil
}

// Whatever is open is counted once, also beyond a page, and when a page ends
// within a workspace or between two.
func TestEveryOpenExecutionIsListedOnce(t *testing.T) {
	t.Parallel()
	for _, each := range []int{1, 333, 500, 700, pageOfOpen} {
		l := &listing{}
		for _, ws := range []string{"ws_a", "ws_b", "ws_c"} {
			for n := range each {
				l.open = append(l.open, engine.OpenExecution{Workspace: ws, Execution: fmt.Sprintf("ex_%04d", n)})
			}
		}
		n := 0
		err := New(Options{Engine: l}).eachOpen(t.Context(), func(_ context.Context, x engine.OpenExecution) error {
			if n >= len(l.open) || x != l.open[n] {
				return fmt.Errorf("%s of %s comes as number %d", x.Execution, x.Workspace, n)
			}
			n++
			return nil
		})
		if err != nil || n != len(l.open) {
			t.Errorf("%d executions in each workspace: %d were listed, %v", each, n, err)
		}
	}
}
