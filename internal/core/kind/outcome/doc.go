// Package outcome keeps what happened to single rows of other systems during an
// execution: which record was not written, or not all of it, and why. It keeps
// the first MaxRows rows of an execution and counts all. It holds names and ids,
// no cells.
//
// It is working state that is not derived from events, and it decides nothing.
package outcome
