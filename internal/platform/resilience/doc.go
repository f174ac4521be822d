// Package resilience holds what a client of a foreign system needs to behave
// well: keyed rate limiters with a pause, an HTTP transport with a timeout for
// every phase, and the knowledge of whether a request may have been sent. It
// retries nothing: only the engine does.
package resilience
