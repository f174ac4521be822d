// Package telemetry is what a process says about itself: its log (log/slog,
// with anything that looks like a credential replaced) and its metrics
// (OpenTelemetry, exported for Prometheus), whose names stand in one
// catalogue. It measures nothing by itself; the packages that do the work get
// the small functions that they need.
package telemetry
