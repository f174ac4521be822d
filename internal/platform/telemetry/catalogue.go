package telemetry

// instrument says how a metric is read.
type instrument string

const (
	counter   instrument = "counter"
	gauge     instrument = "gauge"
	histogram instrument = "histogram"
)

// Metric is one entry of the catalogue. Whatever is generated from the catalogue
// (dashboards, alert rules, a reference) cannot name a metric that does not exist.
type Metric struct {
	Name   string
	Help   string
	Type   string
	Labels []string // never an id
}

// The names of the metrics that have a source. Prometheus style, base units.
const (
	HTTPRequestDuration     = "paw_http_request_duration_seconds"
	ProjectionLagEvents     = "paw_projection_lag_events"
	ProjectionLagSeconds    = "paw_projection_lag_seconds"
	AppendDuration          = "paw_eventstore_append_duration_seconds"
	AppendBatchEvents       = "paw_eventstore_append_batch_events"
	OutboundRequestDuration = "paw_outbound_request_duration_seconds"
	RateLimitWait           = "paw_ratelimit_wait_seconds"
	AirtableCallsTotal      = "paw_airtable_calls_total"
	ExecutionsTotal         = "paw_executions_total"
	ExecutionDuration       = "paw_execution_duration_seconds"
	StepsTotal              = "paw_steps_total"
	StepDuration            = "paw_step_duration_seconds"
	StepRetriesTotal        = "paw_step_retries_total"
)

type entry struct {
	name    string
	help    string
	typ     instrument
	labels  []string
	buckets []float64
}

// catalogue lists every metric in the order of the reference.
func catalogue() []entry {
	return []entry{
		{HTTPRequestDuration, "Time to answer a request, by route template and status; streams count until they end.", histogram, []string{"route", "code"}, seconds()},
		{ProjectionLagEvents, "Events that a projection has not read yet.", gauge, []string{"projection"}, nil},
		{ProjectionLagSeconds, "Age of the oldest event that a projection has not read yet.", gauge, []string{"projection"}, nil},
		{AppendDuration, "Time from handing a batch to the event store until it is durable.", histogram, nil, seconds()},
		{AppendBatchEvents, "Events per commit of the event store.", histogram, nil, []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}},
		{OutboundRequestDuration, "Time of a call to a foreign system, by host and status; code 0 means no answer.", histogram, []string{"host", "code"}, seconds()},
		{RateLimitWait, "Time that a call waited for a rate limiter.", histogram, []string{"limiter"}, seconds()},
		{ExecutionsTotal, "Executions that have ended, by kind of workflow and end state.", counter, []string{"kind", "status"}, nil},
		{ExecutionDuration, "Time from an execution's start to its end, including waits.", histogram, []string{"kind"}, long()},
		{StepsTotal, "Steps that have ended, by name and outcome (completed, failed).", counter, []string{"step", "outcome"}, nil},
		{StepDuration, "Duration of the last attempt of a step.", histogram, []string{"step"}, seconds()},
		{StepRetriesTotal, "Failed attempts that are retried, by step and class of failure.", counter, []string{"step", "class"}, nil},
		{AirtableCallsTotal, "Calls to Airtable, by operation.", counter, []string{"operation"}, nil},
	}
}

// seconds are the bucket bounds of every duration: from an fsync to a page of
// a slow foreign system.
func seconds() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
}

// long are the bucket bounds of whole executions: from a no-op to a day.
func long() []float64 {
	return []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600}
}

// Catalogue lists the product's metrics.
func Catalogue() []Metric {
	var out []Metric
	for _, e := range catalogue() {
		out = append(out, Metric{Name: e.name, Help: e.help, Type: string(e.typ), Labels: e.labels})
	}
	return out
}
