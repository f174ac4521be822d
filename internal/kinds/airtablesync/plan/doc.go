// Package plan makes the decisions of an Airtable sync: which table and field
// goes where, what the targets lack, which rows differ, what one call has to
// write, and whether so many rows may be deleted. Every decision is a function
// of values. Nothing here has a context, calls Airtable, reads the link map or
// knows the engine; the steps of package airtablesync do that.
package plan
