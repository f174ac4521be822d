// Package resilience is what a well-behaved client of a foreign system needs:
// rate limiters per key that can be paused, an HTTP transport with a timeout for
// every phase, and a record of whether a request may have been sent. It never
// retries: only the engine does.
package resilience
