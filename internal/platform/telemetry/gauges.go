package telemetry

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// InProgress is a number of open executions of one kind in one state.
type InProgress struct {
	Kind, State string
	Count       int64
}

// ObserveInProgress reads the open executions whenever metrics are scraped.
// read is called from the scrape and must not block for long.
func (m *Metrics) ObserveInProgress(read func(context.Context) []InProgress) error {
	return m.watch(ExecutionsInProgress, func(ctx context.Context, o metric.Observer, g metric.Int64Observable) {
		for _, v := range read(ctx) {
			o.ObserveInt64(g, v.Count, metric.WithAttributes(attribute.String("kind", v.Kind), attribute.String("state", v.State)))
		}
	})
}

// ObserveLag reads the lag of every projection, in events by projection name,
// whenever metrics are scraped.
func (m *Metrics) ObserveLag(read func(context.Context) map[string]int64) error {
	return m.watch(ProjectionLagEvents, func(ctx context.Context, o metric.Observer, g metric.Int64Observable) {
		for name, lag := range read(ctx) {
			o.ObserveInt64(g, lag, metric.WithAttributes(attribute.String("projection", name)))
		}
	})
}

func (m *Metrics) watch(name string, f func(context.Context, metric.Observer, metric.Int64Observable)) error {
	g := m.gauges[name]
	_, err := m.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		f(ctx, o, g)
		return nil
	}, g)
	if err != nil {
		return fmt.Errorf("observe %s: %w", name, err)
	}
	return nil
}
