package dispatch

import (
	"context"
	"errors"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// lookBack is how many positions before the head the follower begins: an engine
// may list an execution as open whose end became durable a moment ago.
const lookBack = 5_000

// End is an end as its event has it.
type End struct {
	Key   workflow.ExecutionKey
	State workflow.ExecutionState
	Child bool

	position int64
	lane     admission.Lane
	began    bool
}

// Follow hands the ends on until ctx ends or the store closes. head is the
// store's when the engine was ready.
func (d *Dispatcher) Follow(ctx context.Context, head int64) error {
	sub := d.store.Subscribe(max(0, head-lookBack), eventstore.Filter{StreamType: engine.StreamType})
	defer sub.Close()
	for {
		events, err := sub.Next(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, eventstore.ErrClosed):
			return nil
		case err != nil:
			d.log.Error("the ends of executions could not be read and are read again", "error", err)
			clock.Sleep(ctx, d.clock, retryReads)
			continue
		}
		for i := range events {
			if engine.IsEnd(events[i].Type) {
				d.heardEnd(endOf(&events[i]))
			}
		}
		d.takeover.passed(events[len(events)-1].Position)
	}
}

func endOf(e *eventstore.Event) End {
	l := engine.DecodeLabels(e.Labels)
	return End{Key: workflow.KeyOf(e.Stream.Workspace, e.Stream.ID), State: workflow.ExecutionState(strings.TrimPrefix(e.Type, "execution.")), Child: l.Child,
		position: e.Position, lane: admission.LaneOf(e.Stream.Workspace, l.Definition), began: engine.DecodeBegan(e.Data)}
}

// heardEnd takes in an end.
func (d *Dispatcher) heardEnd(e End) {
	if !e.Child && d.takeover.counts(e) {
		d.admission.Ended(e.Key, e.lane, e.began)
	}
	d.heard(e)
}
