package demo

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// side is one side of the demonstration: a base, the token that may use it
// and a client.
type side struct {
	airtable *airtable.Client
	token    airtable.Token
	base     airtable.BaseID
}

// writers is how many batches are under way at once while a base is filled.
const writers = 4

// demoWorkspace is the simulated workspace that the bases are made in.
const demoWorkspace = "wspDemo0000000000"

// fill creates the base with all tables and rows of the CRM and returns the
// number of records written.
func (s side) fill(ctx context.Context, name string, tables []crmTable) (int, error) {
	base, err := s.createBase(ctx, name, tables)
	if err != nil {
		return 0, fmt.Errorf("create the source base: %w", err)
	}
	ids := map[string][]airtable.RecordID{}
	total := 0
	for _, t := range tables {
		if err := s.addLateFields(ctx, base, t); err != nil {
			return total, err
		}
		if ids[t.Name], err = s.insert(ctx, base, t, ids); err != nil {
			return total, fmt.Errorf("fill %s: %w", t.Name, err)
		}
		total += len(t.Rows)
	}
	return total, nil
}

// late reports whether a field can only be added to a table that exists:
// links need the other table's id.
func (f crmField) late() bool { return f.LinkTo != "" || f.Type == "formula" }

func (s side) createBase(ctx context.Context, name string, tables []crmTable) (*airtable.Base, error) {
	n := airtable.NewBase{ID: s.base, Name: name, WorkspaceID: demoWorkspace}
	for _, t := range tables {
		table := airtable.NewTable{Name: t.Name}
		for _, f := range t.Fields {
			if !f.late() {
				table.Fields = append(table.Fields, f.create(f.Options))
			}
		}
		n.Tables = append(n.Tables, table)
	}
	return s.airtable.CreateBase(ctx, s.token, n)
}

func (f crmField) create(options any) airtable.NewField {
	n := airtable.NewField{Name: f.Name, Type: airtable.FieldType(f.Type)}
	if options != nil {
		n.Options = mustJSON(options)
	}
	return n
}

func (s side) addLateFields(ctx context.Context, base *airtable.Base, t crmTable) error {
	table, ok := base.Table(t.Name)
	if !ok {
		return fmt.Errorf("the new base has no table %s", t.Name)
	}
	for _, f := range t.Fields {
		if !f.late() {
			continue
		}
		options := f.Options
		if f.LinkTo != "" {
			linked, ok := base.Table(f.LinkTo)
			if !ok {
				return fmt.Errorf("%s.%s links to %s, which does not exist", t.Name, f.Name, f.LinkTo)
			}
			options = object{"linkedTableId": linked.ID}
		}
		if _, err := s.airtable.CreateField(ctx, s.token, base.ID, table.ID, f.create(options)); err != nil {
			return fmt.Errorf("create %s.%s: %w", t.Name, f.Name, err)
		}
	}
	return nil
}

// insert writes the rows in batches of ten, several at once, and returns the
// new ids in the order of the rows.
func (s side) insert(ctx context.Context, base *airtable.Base, t crmTable, ids map[string][]airtable.RecordID) ([]airtable.RecordID, error) {
	table, _ := base.Table(t.Name)
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
			result, err := s.airtable.Create(ctx, s.token, base.ID, table.ID, request)
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
func (t crmTable) cells(row map[string]any, ids map[string][]airtable.RecordID) map[string]json.RawMessage {
	cells := make(map[string]json.RawMessage, len(row))
	for _, f := range t.Fields {
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
		cells[f.Name] = mustJSON(value)
	}
	return cells
}
