package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// EditsPerTable is how many records of each table Edit changes.
const EditsPerTable = 5

// edited names the field of each table that people edit, and a new value; n
// counts within the table.
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

// Edit changes some records in every table. It returns how many, and one of the
// edits in words.
func (b Base) Edit(ctx context.Context, at time.Time) (total int, example string, err error) {
	for _, e := range edited {
		page, err := b.Airtable.List(ctx, b.Token, b.ID, airtable.TableID(e.table), airtable.ListParams{MaxRecords: EditsPerTable})
		if err != nil {
			return total, "", fmt.Errorf("read %s: %w", e.table, err)
		}
		request := airtable.WriteRequest{}
		for n, r := range page.Records {
			example = fmt.Sprintf("%s of %s in %s is now %q", e.field, r.ID, e.table, fmt.Sprint(e.value(at, n)))
			request.Records = append(request.Records, airtable.RecordWrite{
				ID: r.ID, Fields: map[string]json.RawMessage{e.field: encode(e.value(at, n))}})
		}
		if _, err := b.Airtable.Update(ctx, b.Token, b.ID, airtable.TableID(e.table), request); err != nil {
			return total, "", fmt.Errorf("edit %s: %w", e.table, err)
		}
		total += len(request.Records)
	}
	return total, example, nil
}
