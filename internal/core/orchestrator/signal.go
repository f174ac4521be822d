package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/idempotency"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// SignalRequest hands a signal to an execution.
type SignalRequest struct {
	Execution workflow.ExecutionID
	// Name is that of the signal without its kind.
	Name string
	// Data is what the kind takes with the signal. Empty means none.
	Data json.RawMessage
	// IdempotencyKey, when not empty, makes the same signal arrive once.
	IdempotencyKey string
}

// Signal hands a signal to an open execution and returns it as the signal left
// it. One for which nothing waits yet is kept. It needs workflow.WorkflowRun.
// Replayed is true when the same request was answered before.
func (s *Service) Signal(ctx context.Context, c workflow.Caller, r SignalRequest) (x workflow.Execution, replayed bool, err error) {
	if x, err = s.current(ctx, c, r.Execution); err != nil {
		return x, false, err
	}
	name, err := s.signalOf(x, r)
	if err != nil {
		return x, false, err
	}
	q, err := idempotency.New(c, "POST /executions/"+string(r.Execution)+"/signals/"+r.Name, r.IdempotencyKey, r)
	if err != nil {
		return x, false, err
	}
	return idempotency.Once(ctx, s.responses, q, func() (workflow.Execution, error) {
		x, err := s.onExecution(ctx, c, r.Execution, s.sending(name, signalID(c, r), r.Data), "")
		if err != nil {
			return x, err
		}
		return x, s.responses.Keep(ctx, q, x)
	})
}

// sending is the verb that delivers a signal.
func (s *Service) sending(name, id string, data json.RawMessage) verb {
	return func(ctx context.Context, workspace, execution string, m eventstore.Meta) (int64, error) {
		return s.engine.Signal(ctx, workspace, execution, name, id, data, m)
	}
}

// signalID is what the engine knows a signal by: it drops a second one, also if
// the process dies before the answer to the first is stored.
func signalID(c workflow.Caller, r SignalRequest) string {
	if r.IdempotencyKey == "" {
		return ""
	}
	return strings.Join([]string{string(c.Principal), r.Name, r.IdempotencyKey}, "/")
}

// signalOf returns the registered name of a signal, or why the execution cannot
// take it.
func (s *Service) signalOf(x workflow.Execution, r SignalRequest) (string, error) {
	k := s.kinds.Kind(x.Type)
	if k == nil {
		return "", workflow.Conflict("unknown_type", "this build does not know the type %q; use one that does", x.Type)
	}
	name := k.Name() + "/" + r.Name
	if !k.Registry().HasSignal(name) {
		return "", workflow.NotFound("signal_not_found", "executions of the type %s take no signal %q; %s", k.Name(), r.Name, signalsOf(k))
	}
	problem := workflow.Problem{Pointer: "/data"}
	err := k.Registry().SignalFits(name, r.Data)
	var misfit *engine.MisfitError
	switch {
	case len(r.Data) > engine.MaxValueBytes:
		problem.Code, problem.Detail = "too_long", fmt.Sprintf("the data of a signal has at most %d KiB", engine.MaxValueBytes>>10)
	case errors.As(err, &misfit):
		problem.Pointer, problem.Code, problem.Detail = problem.Pointer+misfit.Pointer, "invalid", misfit.Detail
	default:
		return name, err
	}
	return "", workflow.Invalid("invalid_signal", "the signal cannot be accepted", problem)
}

// signalsOf says which signals a kind has.
func signalsOf(k *kind.Kind) string {
	names := k.Registry().Signals()
	if len(names) == 0 {
		return "they take none"
	}
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, k.Name()+"/")
	}
	return "they take " + strings.Join(names, ", ")
}
