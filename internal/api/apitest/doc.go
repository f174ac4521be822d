// Package apitest opens a real core for the tests of the faces: SQLite in a
// temporary folder, engine, orchestrator, identity with two workspaces, and
// one small kind whose executions do what their input says. It is not for
// production code.
package apitest
