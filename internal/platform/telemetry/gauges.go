package telemetry

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Lag is how far a projection is behind the event store.
type Lag struct {
	Events  int64
	Seconds float64
}

// ObserveLag reads the lag of every projection, by name, whenever metrics are
// scraped. read is called during the scrape and must not block for long.
func (m *Metrics) ObserveLag(read func(context.Context) map[string]Lag) error {
	events, seconds := m.gauges[ProjectionLagEvents], m.gauges[ProjectionLagSeconds]
	_, err := m.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		for name, lag := range read(ctx) {
			labels := metric.WithAttributes(attribute.String("projection", name))
			o.ObserveFloat64(events, float64(lag.Events), labels)
			o.ObserveFloat64(seconds, lag.Seconds, labels)
		}
		return nil
	}, events, seconds)
	if err != nil {
		return fmt.Errorf("observe the lag of projections: %w", err)
	}
	return nil
}
