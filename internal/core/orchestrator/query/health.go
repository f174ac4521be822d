package query

import (
	"context"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Thresholds of a health report.
const (
	unhealthyFailures = 3  // failures in a row
	lateSeconds       = 30 // age of the oldest event that is not shown yet
)

// Health says whether a workflow does its job, and if not, why and what puts
// it right. It needs workflow.WorkflowRead. It does not wait for the read
// models: how far they are behind is part of the response.
func (q *Reader) Health(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Health, error) {
	if _, err := q.Get(ctx, c, id); err != nil { // also for one that is not in the read models yet
		return workflow.Health{}, err
	}
	p, err := q.model.Pulse(ctx, c.Workspace, id)
	if errors.Is(err, workflow.ErrNotFound) {
		err = q.CaughtUp(ctx)
		if err == nil {
			p, err = q.model.Pulse(ctx, c.Workspace, id)
		}
	}
	if err != nil {
		return workflow.Health{}, err
	}
	lag, err := q.Lag(ctx)
	if err != nil {
		return workflow.Health{}, err
	}
	return judge(id, p, lag), nil
}

// judge turns what is known into a status with reasons, the worst first.
func judge(id workflow.ID, p workflow.Pulse, lag Lag) workflow.Health {
	h := workflow.Health{Workflow: id, Status: workflow.Healthy, State: p.State, ConsecutiveFailures: p.InARow,
		LastEnds: p.Ends, Open: p.Open, Pending: p.Pending, LagEvents: lag.Events, LagSeconds: lag.Seconds}
	if len(p.Ends) == 0 {
		h.Status = workflow.Unknown
	}
	for _, x := range p.Parked {
		h.Status = workflow.Unhealthy
		h.Reasons = append(h.Reasons, parkedReason(x))
	}
	if p.InARow > 0 {
		h.Reasons = append(h.Reasons, failureReason(p))
		if p.InARow >= unhealthyFailures {
			h.Status = workflow.Unhealthy
		}
	}
	if p.State == workflow.Halted {
		h.Reasons = append(h.Reasons, workflow.HealthReason{Code: "paused", Detail: "the workflow is paused and takes no starts", Fix: "resume it"})
	}
	if lag.Fault != nil {
		h.Reasons = append(h.Reasons, workflow.HealthReason{Code: "read_models_stopped",
			Detail: lag.Fault.At() + "; what is shown is older", Fix: lag.Fault.Fix()})
	} else if lag.Seconds > lateSeconds {
		h.Reasons = append(h.Reasons, workflow.HealthReason{Code: "read_models_late",
			Detail: fmt.Sprintf("what is shown is %.0f s old", lag.Seconds), Fix: "wait; if it stays so, look at the server's log and its disk"})
	}
	if len(h.Reasons) > 0 && h.Status != workflow.Unhealthy {
		h.Status = workflow.Degraded
	}
	return h
}

func parkedReason(x workflow.Execution) workflow.HealthReason {
	r := workflow.HealthReason{Code: "parked", Execution: x.ID, Detail: "an execution is parked"}
	if x.Parked == nil {
		return r
	}
	r.Code, r.Fix = x.Parked.Reason, x.Parked.Fix
	r.Detail = "an execution is parked: " + x.Parked.Reason
	if x.Parked.Step != "" {
		r.Detail += ", at step " + x.Parked.Step
	}
	if x.Parked.Error != nil {
		r.Detail += ": " + x.Parked.Error.Message
	}
	return r
}

func failureReason(p workflow.Pulse) workflow.HealthReason {
	r := workflow.HealthReason{Code: "failing", Detail: fmt.Sprintf("the last %d executions failed", p.InARow), Fix: "look at the error of the last one, repair its cause and start again"}
	if p.InARow == 1 {
		r.Detail = "the last execution failed"
	}
	for _, e := range p.Ends {
		if e.State != workflow.Failed {
			continue
		}
		r.Execution = e.Execution
		if e.Error != nil {
			r.Detail += ": " + e.Error.Message
		}
		break
	}
	return r
}
