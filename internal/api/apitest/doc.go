// Package apitest opens a real core for tests of the API: SQLite in a temporary
// folder, engine, orchestrator, identity with two workspaces, and one small
// kind whose executions do what their input says. It is for tests only.
package apitest
