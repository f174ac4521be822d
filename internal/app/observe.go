package app

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/telemetry"
)

// observer hands what the engine reports to the orchestrator, which needs
// the engine to be made: service is set before the engine runs.
type observer struct {
	service *orchestrator.Service
	metrics *telemetry.Metrics
}

// Ended forwards the end of an execution.
func (o *observer) Ended(workspace, execution, definition string, state engine.State) {
	o.service.Ended(workspace, execution, definition, state)
}

// Progress forwards what a workflow function reports.
func (o *observer) Progress(workspace, execution string, p engine.Progress) {
	o.service.Progress(workspace, execution, p)
}

// airtableMeter counts calls to Airtable and the waits for its limits.
type airtableMeter struct{ metrics *telemetry.Metrics }

// Called counts a finished call.
func (m airtableMeter) Called(c airtable.Call) {
	m.metrics.AirtableCall(c.Operation)
	m.metrics.OutboundRequest(c.Host, c.Code, c.Duration)
}

// Waited records a wait for a limiter.
func (m airtableMeter) Waited(limiter string, d time.Duration) { m.metrics.RateLimitWait(limiter, d) }
