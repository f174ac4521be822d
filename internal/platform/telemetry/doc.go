// Package telemetry is what a process says about itself: its log (log/slog, with
// everything that looks like a credential replaced) and its metrics
// (OpenTelemetry, exported for Prometheus), whose names are in one catalogue. It
// measures nothing itself: the packages that do the work call its small methods.
package telemetry
