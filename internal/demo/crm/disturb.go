package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// disturb changes some records of the source as people would: it creates,
// edits and, if allowed, deletes a few.
func (s side) disturb(ctx context.Context, r *rand.Rand, deletes bool) error {
	table := edited[r.IntN(len(edited))]
	records, err := s.listAll(ctx, airtable.TableID(table.table))
	if err != nil {
		return err
	}
	if err := s.createSome(ctx, r, 1+r.IntN(10)); err != nil {
		return err
	}
	request := airtable.WriteRequest{}
	for _, i := range r.Perm(len(records))[:min(10, len(records))] {
		request.Records = append(request.Records, airtable.RecordWrite{ID: records[i].ID,
			Fields: map[string]json.RawMessage{table.field: mustJSON(randomValue(r, table.field))}})
	}
	if _, err := s.airtable.Update(ctx, s.token, s.base, airtable.TableID(table.table), request); err != nil {
		return fmt.Errorf("edit %s: %w", table.table, err)
	}
	if !deletes {
		return nil
	}
	return s.deleteSome(ctx, r, 1+r.IntN(3))
}

func randomValue(r *rand.Rand, field string) any {
	if field == "Amount" {
		return float64(r.IntN(1_000_000)) / 100
	}
	return fmt.Sprintf("Changed to %d", r.IntN(1_000_000_000))
}

// createSome adds people who work for a company that exists.
func (s side) createSome(ctx context.Context, r *rand.Rand, n int) error {
	page, err := s.airtable.List(ctx, s.token, s.base, "Companies", airtable.ListParams{MaxRecords: 20})
	if err != nil {
		return err
	}
	request := airtable.WriteRequest{}
	for range n {
		cells := map[string]json.RawMessage{"Name": mustJSON(fmt.Sprintf("New person %d", r.IntN(1_000_000_000)))}
		if len(page.Records) > 0 {
			cells["Company"] = mustJSON([]airtable.RecordID{page.Records[r.IntN(len(page.Records))].ID})
		}
		request.Records = append(request.Records, airtable.RecordWrite{Fields: cells})
	}
	if _, err := s.airtable.Create(ctx, s.token, s.base, "People", request); err != nil {
		return fmt.Errorf("create people: %w", err)
	}
	return nil
}

// deleteSome deletes activities, or people where none are left.
func (s side) deleteSome(ctx context.Context, r *rand.Rand, n int) error {
	for _, table := range []airtable.TableID{"Activities", "People"} {
		records, err := s.listAll(ctx, table)
		if err != nil {
			return err
		}
		if len(records) < 2*n {
			continue
		}
		var ids []airtable.RecordID
		for _, i := range r.Perm(len(records))[:n] {
			ids = append(ids, records[i].ID)
		}
		if _, err := s.airtable.Delete(ctx, s.token, s.base, table, ids); err != nil {
			return fmt.Errorf("delete from %s: %w", table, err)
		}
		return nil
	}
	return nil
}

// lostWrite is a write of the sync whose answer gets lost.
type lostWrite struct {
	name, method, path string
	cause              func(context.Context) error // makes the sync want to write
}

// lostWrites lists one of each kind that the sync makes.
func (t *torture) lostWrites() []lostWrite {
	target := string(t.target.base)
	return []lostWrite{
		{"record", "PATCH", "/v0/" + target + "/*", func(ctx context.Context) error { return t.source.disturb(ctx, t.rand, false) }},
		{"table", "POST", "/v0/meta/bases/" + target + "/tables", t.addTable},
		{"field", "POST", "/v0/meta/bases/" + target + "/tables/*/fields", t.addField},
		{"delete", "DELETE", "/v0/" + target + "/*", func(ctx context.Context) error { return t.source.deleteSome(ctx, t.rand, 2) }},
	}
}

// addTable gives the source one more table with a few rows.
func (t *torture) addTable(ctx context.Context) error {
	t.made++
	table, err := t.source.airtable.CreateTable(ctx, t.source.token, t.source.base, airtable.NewTable{
		Name: fmt.Sprintf("Extra %d", t.made), Fields: []airtable.NewField{{Name: "Name", Type: "singleLineText"}},
	})
	if err != nil {
		return err
	}
	request := airtable.WriteRequest{}
	for i := range 3 {
		request.Records = append(request.Records, airtable.RecordWrite{
			Fields: map[string]json.RawMessage{"Name": mustJSON(fmt.Sprintf("Row %d", i))}})
	}
	_, err = t.source.airtable.Create(ctx, t.source.token, t.source.base, table.ID, request)
	return err
}

// addField gives the people one more field: a link every second time, since
// Airtable makes its inverse by itself.
func (t *torture) addField(ctx context.Context) error {
	t.made++
	schema, err := t.source.airtable.Schema(ctx, t.source.token, t.source.base)
	if err != nil {
		return err
	}
	people, _ := schema.Table("People")
	companies, _ := schema.Table("Companies")
	field := airtable.NewField{Name: fmt.Sprintf("Extra %d", t.made), Type: "singleLineText"}
	if t.rand.IntN(2) == 0 {
		field.Type, field.Options = "multipleRecordLinks", mustJSON(object{"linkedTableId": companies.ID})
	}
	_, err = t.source.airtable.CreateField(ctx, t.source.token, t.source.base, people.ID, field)
	return err
}
