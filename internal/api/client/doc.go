// Package client is a typed client of the product's own HTTP API, used by the
// command line and by tests. It retries nothing, except that a stream of events
// is opened again after the last event seen.
package client
