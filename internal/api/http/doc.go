// Package http is the REST face of the product: OpenAPI 3.1 from the Go
// types, one file per resource, errors as RFC 9457 problems in one place. It
// translates and decides nothing: who may do what is declared per route and
// checked here, everything else is the orchestrator's answer.
package http
