// Package client is a typed client of the product's own HTTP API, used by the
// command line and by tests. It repeats nothing by itself but the reading of a
// stream of events, which continues after the last event seen.
package client
