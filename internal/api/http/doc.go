// Package http is the kit that resources of the HTTP API are mounted on:
// routes with a required permission, authentication, what holds for every
// request, streams, and the OpenAPI 3.1 document from the Go types. It
// translates and decides nothing, and knows no resource; those are in v1.
package http
