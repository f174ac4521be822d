package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/progress"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// errParked ends a watch: nothing more happens until someone does something.
var errParked = errors.New("parked")

// watch follows an execution, shows how far it is, and ends with its result:
// an error with ExitFailed or ExitWaiting where it did not complete.
func watch(ctx context.Context, k *call, id workflow.ExecutionID) error {
	r := reporter(ctx, k)
	err := k.Follow(ctx, id, 0, func(f client.Frame) error {
		r.Show(f)
		if f.Event != nil && f.Event.Type == "execution.parked" {
			return stillParked(ctx, k, id)
		}
		return nil
	})
	r.Close()
	if err != nil && !errors.Is(err, errParked) {
		return err
	}
	e, err := k.Execution(ctx, id)
	if err != nil {
		return err
	}
	if err := k.printExecution(e); err != nil {
		return err
	}
	return outcome(e)
}

// stillParked returns errParked unless the event is from before: the history
// is told from its beginning.
func stillParked(ctx context.Context, k *call, id workflow.ExecutionID) error {
	e, err := k.Execution(ctx, id)
	if err == nil && e.State == workflow.Parked {
		return errParked
	}
	return err
}

func outcome(e workflow.Execution) error {
	switch e.State {
	case workflow.Completed:
		return nil
	case workflow.Parked:
		return WithCode(fmt.Errorf("the execution is parked (%s): %s", e.Parked.Reason, e.Parked.Fix), ExitWaiting)
	}
	text := "the execution " + string(e.State)
	if e.State == workflow.Cancelled {
		text = "the execution was cancelled"
	}
	if e.Error != nil {
		text += ": " + e.Error.Message
	}
	return WithCode(errors.New(text), ExitFailed)
}

// reporter draws bars on a terminal and writes lines elsewhere; where the
// result is JSON, the lines go to standard error.
func reporter(ctx context.Context, k *call) progress.Reporter {
	switch {
	case k.json:
		return progress.Lines(k.state.Stderr)
	case k.state.Terminal:
		return progress.Bars(ctx, k.state.Stdout)
	}
	return progress.Lines(k.state.Stdout)
}
