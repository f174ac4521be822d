package crm

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// writers is how many batches are under way at once while a base is filled.
const writers = 4

// Fill creates the base with all tables and rows and returns the
// number of records written.
func (b Base) Fill(ctx context.Context, name string, tables []Table) (int, error) {
	made, err := b.createBase(ctx, name, tables)
	if err != nil {
		return 0, fmt.Errorf("create the base %s: %w", name, err)
	}
	ids := map[string][]airtable.RecordID{}
	total := 0
	for _, t := range tables {
		if err := b.addLateFields(ctx, made, t); err != nil {
			return total, err
		}
		if ids[t.Name], err = b.insert(ctx, made, t, ids); err != nil {
			return total, fmt.Errorf("fill %s: %w", t.Name, err)
		}
		total += len(t.Rows)
	}
	return total, nil
}

// late reports whether a field can only be added to a table that exists:
// links need the other table's id.
func (f field) late() bool { return f.LinkTo != "" || f.Type == "formula" }

func (b Base) createBase(ctx context.Context, name string, tables []Table) (*airtable.Base, error) {
	n := airtable.NewBase{ID: b.ID, Name: name, WorkspaceID: workspace}
	for _, t := range tables {
		table := airtable.NewTable{Name: t.Name}
		for _, f := range t.fields {
			if !f.late() {
				table.Fields = append(table.Fields, f.create(f.Options))
			}
		}
		n.Tables = append(n.Tables, table)
	}
	return b.Airtable.CreateBase(ctx, b.Token, n)
}

func (f field) create(options any) airtable.NewField {
	n := airtable.NewField{Name: f.Name, Type: airtable.FieldType(f.Type)}
	if options != nil {
		n.Options = encode(options)
	}
	return n
}

func (b Base) addLateFields(ctx context.Context, made *airtable.Base, t Table) error {
	table, ok := made.Table(t.Name)
	if !ok {
		return fmt.Errorf("the new base has no table %s", t.Name)
	}
	for _, f := range t.fields {
		if !f.late() {
			continue
		}
		options := f.Options
		if f.LinkTo != "" {
			linked, ok := made.Table(f.LinkTo)
			if !ok {
				return fmt.Errorf("%s.%s links to %s, which does not exist", t.Name, f.Name, f.LinkTo)
			}
			options = object{"linkedTableId": linked.ID}
		}
		if _, err := b.Airtable.CreateField(ctx, b.Token, made.ID, table.ID, f.create(options)); err != nil {
			return fmt.Errorf("create %s.%s: %w", t.Name, f.Name, err)
		}
	}
	return nil
}

// insert writes the rows in batches of ten, several at once, and returns the
// new ids in the order of the rows.
func (b Base) insert(ctx context.Context, made *airtable.Base, t Table, ids map[string][]airtable.RecordID) ([]airtable.RecordID, error) {
	table, _ := made.Table(t.Name)
	out := make([]airtable.RecordID, len(t.Rows))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for from := 0; from < len(t.Rows); from += airtable.MaxBatch {
		to := min(from+airtable.MaxBatch, len(t.Rows))
		request := airtable.WriteRequest{}
		for _, row := range t.Rows[from:to] {
			request.Records = append(request.Records, airtable.RecordWrite{Fields: t.cells(row, ids)})
		}
		group.Go(func() error {
			result, err := b.Airtable.Create(ctx, b.Token, made.ID, table.ID, request)
			if err != nil {
				return err
			}
			for i, r := range result.Records {
				out[from+i] = r.ID
			}
			return nil
		})
	}
	return out, group.Wait()
}

// cells encodes a row, with row numbers of links turned into record ids.
func (t Table) cells(row map[string]any, ids map[string][]airtable.RecordID) map[string]json.RawMessage {
	cells := make(map[string]json.RawMessage, len(row))
	for _, f := range t.fields {
		value, ok := row[f.Name]
		if !ok {
			continue
		}
		if rows, isLink := value.(link); isLink {
			linked := make([]airtable.RecordID, len(rows))
			for i, n := range rows {
				linked[i] = ids[f.LinkTo][n]
			}
			value = linked
		}
		cells[f.Name] = encode(value)
	}
	return cells
}
