package app

import (
	"context"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/telemetry"
)

// airtableMeter counts calls to Airtable and the waits for its limits.
type airtableMeter struct{ metrics *telemetry.Metrics }

// Called counts a finished call.
func (m airtableMeter) Called(c airtable.Call) {
	m.metrics.AirtableCall(c.Operation)
	m.metrics.OutboundRequest(c.Host, c.Code, c.Duration)
}

// Waited records a wait for a limiter.
func (m airtableMeter) Waited(limiter string, d time.Duration) { m.metrics.RateLimitWait(limiter, d) }

// committed records a commit of the event store.
func (sys *system) committed(_, events int, took time.Duration) { sys.metrics.Append(events, took) }

// lag tells how far the read models are behind. If that cannot be found out, a
// scrape shows nothing rather than zero.
func (sys *system) lag(ctx context.Context) map[string]telemetry.Lag {
	lags, err := sys.projections.Lags(ctx)
	if err != nil {
		sys.log.WarnContext(ctx, "read the lag of the read models", "error", err)
		return nil
	}
	shown := map[string]telemetry.Lag{}
	for _, l := range lags {
		shown[l.Projection] = telemetry.Lag{Events: l.Events, Seconds: l.Age.Seconds()}
	}
	return shown
}

// engineMeter counts executions and steps.
type engineMeter struct{ metrics *telemetry.Metrics }

// ExecutionEnded counts an end.
func (m engineMeter) ExecutionEnded(kind string, state workflow.ExecutionState, took time.Duration) {
	m.metrics.ExecutionEnded(kind, string(state), took)
}

// StepEnded counts the end of a step.
func (m engineMeter) StepEnded(step string, completed bool, took time.Duration) {
	outcome := "failed"
	if completed {
		outcome = "completed"
	}
	m.metrics.StepEnded(step, outcome, took)
}

// StepRetried counts a failed attempt that is retried.
func (m engineMeter) StepRetried(step string, class failure.Class) {
	m.metrics.StepRetried(step, string(class))
}
