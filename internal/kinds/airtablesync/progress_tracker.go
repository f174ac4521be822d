package airtablesync

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// ProgressTracker counts, per table, the rows that a run has read and those
// that are done: written, or unchanged. It belongs to one run of the workflow
// function and tells the engine, which shows it to people.
type ProgressTracker struct {
	message string
	items   []engine.ProgressItem
}

// Begin names the tables and says how far each is; the other methods count by
// their indexes.
func (t *ProgressTracker) Begin(run engine.Run, message string, tables ...engine.ProgressItem) {
	t.message, t.items = message, slices.Clone(tables)
	t.tell(run)
}

// Say changes the message.
func (t *ProgressTracker) Say(run engine.Run, message string) {
	t.message = message
	t.tell(run)
}

// Found adds rows that must be done.
func (t *ProgressTracker) Found(run engine.Run, table int, rows int) {
	t.items[table].Total += int64(rows)
	t.tell(run)
}

// Done adds rows that are done.
func (t *ProgressTracker) Done(run engine.Run, table int, rows int) {
	t.items[table].Done += int64(rows)
	t.tell(run)
}

func (t *ProgressTracker) tell(run engine.Run) { run.Progress(t.snapshot()) }

// snapshot is a copy: the engine may keep it.
func (t *ProgressTracker) snapshot() engine.Progress {
	p := engine.Progress{Message: t.message, Items: slices.Clone(t.items)}
	for _, item := range p.Items {
		p.Done += item.Done
		p.Total += item.Total
	}
	return p
}
