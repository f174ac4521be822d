// Package v1 is version 1 of the REST API: a file per resource, each of which
// mounts its routes on the kit (package http) and hands the typed request to a
// service of the core. A new resource is a file with a type that has mount, and
// a line in Mount.
package v1
