package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

// Metrics holds the product's instruments. Its methods are safe for
// concurrent use, quick, and never fail.
type Metrics struct {
	provider   *sdk.MeterProvider
	registry   *prometheus.Registry
	meter      metric.Meter
	counters   map[string]metric.Int64Counter
	histograms map[string]metric.Float64Histogram
	gauges     map[string]metric.Float64ObservableGauge
}

// NewMetrics creates every instrument in the catalogue on a registry of its own,
// together with the Go and process collectors. The caller closes it.
func NewMetrics() (*Metrics, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reader, err := exporter.New(
		exporter.WithRegisterer(registry),
		exporter.WithoutScopeInfo(),
		exporter.WithoutTargetInfo(),
		exporter.WithTranslationStrategy(otlptranslator.NoTranslation), // the names in the catalogue already are Prometheus names
	)
	if err != nil {
		return nil, fmt.Errorf("prometheus exporter: %w", err)
	}
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	m := &Metrics{
		provider:   provider,
		registry:   registry,
		meter:      provider.Meter("pyairtable-workflows"),
		counters:   map[string]metric.Int64Counter{},
		histograms: map[string]metric.Float64Histogram{},
		gauges:     map[string]metric.Float64ObservableGauge{},
	}
	for _, e := range catalogue() {
		if err := m.add(e); err != nil {
			return nil, fmt.Errorf("metric %s: %w", e.name, err)
		}
	}
	return m, nil
}

func (m *Metrics) add(e entry) (err error) {
	help := metric.WithDescription(e.help)
	switch e.typ {
	case counter:
		m.counters[e.name], err = m.meter.Int64Counter(e.name, help)
	case histogram:
		m.histograms[e.name], err = m.meter.Float64Histogram(e.name, help, metric.WithExplicitBucketBoundaries(e.buckets...))
	case gauge:
		m.gauges[e.name], err = m.meter.Float64ObservableGauge(e.name, help)
	}
	return err
}

// Handler serves the metrics in Prometheus' text format. It belongs on the
// admin listener only.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Close stops the provider; later records are dropped.
func (m *Metrics) Close(ctx context.Context) error { return m.provider.Shutdown(ctx) }

func (m *Metrics) observe(name string, v float64, labels ...attribute.KeyValue) {
	m.histograms[name].Record(context.Background(), v, metric.WithAttributes(labels...))
}

func (m *Metrics) count(name string, labels ...attribute.KeyValue) {
	m.counters[name].Add(context.Background(), 1, metric.WithAttributes(labels...))
}

// HTTPRequest records one answered request. route is the template, never the
// path, so that IDs do not become labels.
func (m *Metrics) HTTPRequest(route string, code int, d time.Duration) {
	m.observe(HTTPRequestDuration, d.Seconds(), attribute.String("route", route), attribute.String("code", strconv.Itoa(code)))
}

// Append records one commit of the event store.
func (m *Metrics) Append(events int, d time.Duration) {
	m.observe(AppendDuration, d.Seconds())
	m.observe(AppendBatchEvents, float64(events))
}

// OutboundRequest records one call to a foreign system; code 0 means no response.
func (m *Metrics) OutboundRequest(host string, code int, d time.Duration) {
	m.observe(OutboundRequestDuration, d.Seconds(), attribute.String("host", host), attribute.String("code", strconv.Itoa(code)))
}

// RateLimitWait records how long a call waited for a limiter ("base", "token").
func (m *Metrics) RateLimitWait(limiter string, d time.Duration) {
	m.observe(RateLimitWait, d.Seconds(), attribute.String("limiter", limiter))
}

// AirtableCall counts one call by its operation ("list_records").
func (m *Metrics) AirtableCall(operation string) {
	m.count(AirtableCallsTotal, attribute.String("operation", operation))
}

// ExecutionEnded counts an execution that reached an end state.
func (m *Metrics) ExecutionEnded(kind, status string, d time.Duration) {
	m.count(ExecutionsTotal, attribute.String("kind", kind), attribute.String("status", status))
	m.observe(ExecutionDuration, d.Seconds(), attribute.String("kind", kind))
}

// StepEnded counts a step that completed or failed ("completed", "failed").
func (m *Metrics) StepEnded(step, outcome string, d time.Duration) {
	m.count(StepsTotal, attribute.String("step", step), attribute.String("outcome", outcome))
	m.observe(StepDuration, d.Seconds(), attribute.String("step", step))
}

// StepRetried counts a failed attempt that is retried.
func (m *Metrics) StepRetried(step, class string) {
	m.count(StepRetriesTotal, attribute.String("step", step), attribute.String("class", class))
}
