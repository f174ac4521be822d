// Package airtablesync is the kind airtable_sync: it keeps tables of Airtable
// target bases equal to tables of source bases, one way. A run reads the
// schemas, creates what the targets lack, reads the source (all of it, or what
// has changed since the last completed run), writes the rows that differ and, in
// a full run, deletes what has disappeared from the source. Every write can be
// repeated, so a lost response or a crash leaves no duplicates: records are found
// by an external-ID field, tables and fields by their names, and a delete asks
// what still exists.
//
// The decisions are in the package plan and the memory of the rows is in the
// package linkmap. This package holds the workflow function and its steps. It is
// not an Airtable client (internal/outside/airtable), and it does not retry:
// the engine that runs its steps does.
package airtablesync
