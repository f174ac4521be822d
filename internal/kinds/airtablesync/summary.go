package airtablesync

import (
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
)

// Summary is the result of a run: what was done to each table, and how many
// calls it took. Counts that are zero are not written.
type Summary struct {
	Tables   []TableSummary `json:"tables"`
	Calls    Calls          `json:"calls"`
	Warnings []plan.Warning `json:"warnings,omitempty"`
}

// TableSummary counts the rows of one pair of tables.
type TableSummary struct {
	SourceBase  string `json:"source_base"`
	SourceTable string `json:"source_table"`
	TargetBase  string `json:"target_base"`
	TargetTable string `json:"target_table"`
	Mode        Mode   `json:"mode"` // full or incremental
	Read        int64  `json:"read,omitempty"`
	Created     int64  `json:"created,omitempty"`
	Updated     int64  `json:"updated,omitempty"`
	Unchanged   int64  `json:"unchanged,omitempty"`
	Deleted     int64  `json:"deleted,omitempty"`
	// Held counts rows whose delete waits for allow_deletes.
	Held int64 `json:"held,omitempty"`
	// SkippedLinks counts links that lead to tables outside the sync.
	SkippedLinks int64 `json:"skipped_links,omitempty"`
	// Orphans counts target rows whose source row is gone and that this workflow has
	// not made, so that it does not delete them.
	Orphans int64 `json:"orphans,omitempty"`
	// Dropped counts cells of which Airtable has not taken all.
	Dropped int64 `json:"dropped,omitempty"`
	// OpenLinks counts links to rows that are not in the target: they appeared
	// during the run, or someone has deleted them there.
	OpenLinks int64 `json:"open_links,omitempty"`
}

// Calls counts the calls to Airtable that got a response.
type Calls struct {
	Schema int64 `json:"schema,omitempty"` // reading and changing schemas
	Read   int64 `json:"read,omitempty"`   // pages of source and target
	Write  int64 `json:"write,omitempty"`
	Delete int64 `json:"delete,omitempty"`
	Total  int64 `json:"total"`
}

func (c Calls) summed() Calls {
	c.Total = c.Schema + c.Read + c.Write + c.Delete
	return c
}

// warnings are what people should know about a table although the run has
// completed. asked is the mode that the run was started with, duplicates are
// the target rows that carry the external ID of another row.
func (t TableSummary) warnings(asked Mode, duplicates int64) []plan.Warning {
	var all []plan.Warning
	warn := func(code string, count int64, format string, args ...any) {
		if count > 0 {
			all = append(all, plan.Warning{Code: code, Table: t.TargetTable, Count: count, Detail: fmt.Sprintf(format, args...)})
		}
	}
	if asked == ModeIncremental && t.Mode == ModeFull {
		warn("read_in_full", 1, "no full run has completed with this mapping yet, so the table was read in full")
	}
	warn(codeDeletesHeld, t.Held, "%d rows have disappeared from the source, more than a run deletes without being told to; "+
		`run again with {"allow_deletes": true} if that is intended`, t.Held)
	warn(codeDoubledRows, duplicates, "%d target rows carry the source ID of another row; delete the copies by hand", duplicates)
	warn(plan.LossOpenLinks, t.OpenLinks, "%d links lead to rows that are not in the target; the next run writes the links to rows "+
		"that have appeared in the source meanwhile, a full run writes them all", t.OpenLinks)
	warn(codeOrphanRows, t.Orphans, "%d target rows carry the ID of a source row that is gone, but this workflow has not made them; "+
		"delete them by hand if they are not wanted", t.Orphans)
	warn(plan.LossDropped, t.Dropped, "Airtable has not taken all of %d cells, such as an attachment that it could not fetch; "+
		"the run's rows name them, and a later run sends each again, three times in all", t.Dropped)
	return all
}
