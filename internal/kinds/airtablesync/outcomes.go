package airtablesync

import (
	"fmt"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Codes of rows that are left to a person; warnings have the same ones.
const (
	codeDeletesHeld = "deletes_held"
	codeDoubledRows = "doubled_rows"
	codeOrphanRows  = "orphan_rows"
)

// A run tells about single rows only what a person may have to act on: what was
// not written, and what was deleted.

// reduced tells of source rows that were not written as a whole.
func reduced(p plan.Pair, losses []plan.Loss) []outcome.Row {
	var rows []outcome.Row
	for _, l := range losses {
		r := outcome.Row{Table: p.Source.Name, Record: string(l.Row), Field: l.Field, What: outcome.Reduced, Code: l.Code}
		switch l.Code {
		case plan.LossSkippedLinks:
			r.Message = links(l.Links) + " to a table that is not in the sync; add the table to sync them"
		case plan.LossOpenLinks:
			r.Message = links(l.Links) + " to rows that are not in the target; a later run writes them when the rows are there"
		case plan.LossDropped:
			r.Message = "Airtable has not taken all of this cell; a later run sends it again, three times in all"
		}
		rows = append(rows, r)
	}
	return rows
}

// links begins a sentence.
func links(n int) string {
	if n == 1 {
		return "1 link leads"
	}
	return fmt.Sprintf("%d links lead", n)
}

// duplicated tells of target rows that carry the external ID of another row.
func duplicated(p plan.Pair, copies []airtable.RecordID) []outcome.Row {
	var rows []outcome.Row
	for _, id := range copies {
		rows = append(rows, outcome.Row{Table: p.Target.Name, Record: string(id), What: outcome.Skipped, Code: codeDoubledRows,
			Message: "this row carries the source ID of another row; delete it by hand if it is a copy"})
	}
	return rows
}

// deleted tells of target rows that were deleted.
func deleted(p plan.Pair, gone []linkmap.Gone) []outcome.Row {
	return ofGone(p, gone, outcome.Deleted, "source_row_gone", "the source row %s is gone")
}

// orphaned tells of target rows that carry the ID of a source row that is gone,
// and that this sync has not made.
func orphaned(p plan.Pair, gone []linkmap.Gone) []outcome.Row {
	gone = slices.DeleteFunc(slices.Clone(gone), func(g linkmap.Gone) bool { return !g.Theirs })
	return ofGone(p, gone, outcome.Skipped, codeOrphanRows, "the source row %s is gone, and this workflow has not made this row; delete it by hand if it is not wanted")
}

// held tells of target rows whose delete waits for a person.
func held(p plan.Pair, gone []linkmap.Gone) []outcome.Row {
	return ofGone(p, gone, outcome.Held, codeDeletesHeld, "the source row %s is gone; run again with allow_deletes to delete this row")
}

func ofGone(p plan.Pair, gone []linkmap.Gone, what outcome.What, code, format string) []outcome.Row {
	var rows []outcome.Row
	for _, g := range gone {
		rows = append(rows, outcome.Row{Table: p.Target.Name, Record: string(g.Target), What: what, Code: code, Message: fmt.Sprintf(format, g.Source)})
	}
	return rows
}
