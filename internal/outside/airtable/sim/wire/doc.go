// Package wire is how Airtable writes things: JSON down to the byte, ids, lists in a query, and refusals with
// their shapes and words. It knows no table and no call, and everything else in the simulator may use it.
package wire
