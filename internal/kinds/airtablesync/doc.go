// Package airtablesync is the kind airtable_sync: it keeps tables of Airtable
// target bases equal to tables of source bases, one way. A run reads the
// schemas, creates in the targets what is missing, reads the source (all of it,
// or what changed since the last completed run), writes the rows that differ
// and, in a full run, deletes what disappeared from the source. Every write has
// a repeat rule, so that a lost answer or a crash leaves no double: records are
// found by an external-id field, tables and fields by their names, deletes by
// asking what still exists.
//
// It is not an Airtable client (internal/outside/airtable) and does not retry:
// its steps run under the durable engine, which does.
package airtablesync
