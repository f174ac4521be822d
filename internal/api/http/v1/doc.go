// Package v1 is version 1 of the REST API: a file per resource, each of which
// mounts its routes on the kit (package http) and hands the typed request to a
// service of the core. A new resource is a file with a type that has mount, and
// a line in Mount.
//
// The operations that a kind declares belong in a file of their own as well:
// one route for all of them, /workflows/{id}/operations/{name}, mounted beside
// lifecycle, so that this package never names a kind.
package v1
