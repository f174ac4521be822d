package plan

import "github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"

// Codes of what is not written although a run completes.
const (
	// LossSkippedLinks: links lead to a table that is not in the sync.
	LossSkippedLinks = "links_skipped"
	// LossOpenLinks: links lead to rows that are not in the target.
	LossOpenLinks = "open_links"
	// LossDropped: Airtable has not taken all of a cell.
	LossDropped = "cells_dropped"
)

// Loss is a part of a source row that is not written. It names no cells.
type Loss struct {
	Row   airtable.RecordID
	Field string // the name of the source field
	Code  string
	Links int
}

// skippedOf lists the links of a row that lead out of the sync.
func skippedOf(p Pair, row airtable.Record) []Loss {
	var losses []Loss
	for _, s := range p.Skipped {
		if n := len(airtable.Links(row.Fields[string(s.Source)])); n > 0 {
			losses = append(losses, Loss{Row: row.ID, Field: s.Name, Code: LossSkippedLinks, Links: n})
		}
	}
	return losses
}

// LostLinks lists the links that a call of Upsert with the same arguments leaves
// to a later run.
func LostLinks(p Pair, changes []RowChange, targets Counterparts, pass Pass) []Loss {
	var losses []Loss
	for _, c := range changes {
		for _, l := range p.Links {
			_, missing := linkCell(c.Links[l.Target], targets[l.To])
			if missing > 0 && (pass == PassLinks || !l.Later) {
				losses = append(losses, Loss{Row: c.Source, Field: l.Name, Code: LossOpenLinks, Links: missing})
			}
		}
	}
	return losses
}
