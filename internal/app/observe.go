package app

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
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
