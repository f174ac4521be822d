package orchestrator

import (
	"context"
	"errors"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// executionKey names an execution of a workspace.
type executionKey = workflow.ExecutionKey

func keyOf(workspace, execution string) executionKey {
	return executionKey{Workspace: workflow.WorkspaceID(workspace), Execution: workflow.ExecutionID(execution)}
}

func laneOf(x engine.OpenExecution) admission.Lane {
	return admission.Lane{Workspace: workflow.WorkspaceID(x.Workspace), Workflow: workflow.ID(x.Definition)}
}

// lookBack is how many positions before the head the follower begins: an engine
// may list an execution as open whose end became durable a moment ago.
const lookBack = 5_000

// end is an end as its event has it.
type end struct {
	position int64
	key      executionKey
	lane     admission.Lane
	state    workflow.ExecutionState
	began    bool
	child    bool
}

// follow hands the ends on until ctx ends or the store closes.
func (s *Service) follow(ctx context.Context, from int64) error {
	sub := s.store.Subscribe(from, eventstore.Filter{StreamType: engine.StreamType})
	defer sub.Close()
	for {
		events, err := sub.Next(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, eventstore.ErrClosed):
			return nil
		case err != nil:
			s.log.Error("the ends of executions could not be read and are read again", "error", err)
			s.pause(ctx, retryReads)
			continue
		}
		for i := range events {
			if engine.IsEnd(events[i].Type) {
				s.heardEnd(endOf(&events[i]))
			}
		}
		s.takeover.passed(events[len(events)-1].Position)
	}
}

func endOf(e *eventstore.Event) end {
	l := engine.DecodeLabels(e.Labels)
	key := keyOf(e.Stream.Workspace, e.Stream.ID)
	return end{position: e.Position, key: key, lane: admission.Lane{Workspace: key.Workspace, Workflow: workflow.ID(l.Definition)},
		state: workflow.ExecutionState(strings.TrimPrefix(e.Type, "execution.")), began: engine.DecodeBegan(e.Data), child: l.Child}
}

// heardEnd takes in an end.
func (s *Service) heardEnd(e end) {
	if !e.child && s.takeover.counts(e) {
		s.admission.Ended(e.key, e.lane, e.began)
	}
	s.cleaner.add(e)
	s.hub.progress.Ended(e.key)
	s.hub.ends.ended(e.key, e.state)
}
