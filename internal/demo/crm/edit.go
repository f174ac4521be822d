package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// editsPerTable times the number of tables is how many records a second
// start changes.
const editsPerTable = 5

// edited names the field of each table that a second start changes, and the
// new value; n counts within the table.
var edited = []struct {
	table, field string
	value        func(at time.Time, n int) any
}{
	{"Companies", "Notes", func(at time.Time, n int) any {
		return fmt.Sprintf("Called back at %s (%d)", at.Format(time.TimeOnly), n)
	}},
	{"People", "Phone", func(at time.Time, n int) any { return fmt.Sprintf("+49 30 %s %d", at.Format("150405"), n) }},
	{"Deals", "Amount", func(at time.Time, n int) any { return float64(at.Unix()%1_000_000) + float64(n)/100 }},
	{"Activities", "Subject", func(at time.Time, n int) any { return fmt.Sprintf("Moved to %s (%d)", at.Format(time.TimeOnly), n) }},
}

// edit changes some records of every table and returns how many, and one of
// the edits in words.
func (s side) edit(ctx context.Context, at time.Time) (total int, example string, err error) {
	for _, e := range edited {
		page, err := s.airtable.List(ctx, s.token, s.base, airtable.TableID(e.table), airtable.ListParams{MaxRecords: editsPerTable})
		if err != nil {
			return total, "", fmt.Errorf("read %s: %w", e.table, err)
		}
		request := airtable.WriteRequest{}
		for n, r := range page.Records {
			example = fmt.Sprintf("%s of %s in %s is now %q", e.field, r.ID, e.table, fmt.Sprint(e.value(at, n)))
			request.Records = append(request.Records, airtable.RecordWrite{
				ID: r.ID, Fields: map[string]json.RawMessage{e.field: mustJSON(e.value(at, n))}})
		}
		if _, err := s.airtable.Update(ctx, s.token, s.base, airtable.TableID(e.table), request); err != nil {
			return total, "", fmt.Errorf("edit %s: %w", e.table, err)
		}
		total += len(request.Records)
	}
	return total, example, nil
}
