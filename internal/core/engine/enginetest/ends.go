package enginetest

import (
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Ends tells of the ends of executions that become durable in a store.
type Ends struct {
	eventstore.Store
	// Ended is called before the engine learns of the commit.
	Ended func(workspace, execution string, state workflow.ExecutionState)
}

// Submit passes the append on and looks at it once it is durable.
func (e *Ends) Submit(b eventstore.Batch, done func(eventstore.Appended, error)) {
	e.Store.Submit(b, func(a eventstore.Appended, err error) {
		if err == nil {
			for _, s := range b.Streams {
				e.look(s)
			}
		}
		done(a, err)
	})
}

func (e *Ends) look(s eventstore.StreamAppend) {
	for i := range s.Events {
		if engine.IsEnd(s.Events[i].Type) {
			e.Ended(s.Stream.Workspace, s.Stream.ID, workflow.ExecutionState(strings.TrimPrefix(s.Events[i].Type, "execution.")))
		}
	}
}
