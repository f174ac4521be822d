// Package linkmap remembers, for each workflow that syncs Airtable tables,
// which target row belongs to which source row, what was last written to it and
// what Airtable answered. Links are followed with it, unchanged rows cost no
// write because of it, and only rows that it knows as ours are ever deleted. It
// holds hashes and record IDs, no cells.
//
// It decides nothing: the package plan does.
package linkmap
