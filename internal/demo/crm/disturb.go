package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Disturb changes some records as people would: it creates and edits a few, and
// deletes some if it may.
func (b Base) Disturb(ctx context.Context, r *rand.Rand, deletes bool) error {
	table := edited[r.IntN(len(edited))]
	records, err := b.list(ctx, airtable.TableID(table.table))
	if err != nil {
		return err
	}
	if err := b.createSome(ctx, r, 1+r.IntN(10)); err != nil {
		return err
	}
	request := airtable.WriteRequest{}
	for _, i := range r.Perm(len(records))[:min(10, len(records))] {
		request.Records = append(request.Records, airtable.RecordWrite{ID: records[i].ID,
			Fields: map[string]json.RawMessage{table.field: encode(randomValue(r, table.field))}})
	}
	if _, err := b.Airtable.Update(ctx, b.Token, b.ID, airtable.TableID(table.table), request); err != nil {
		return fmt.Errorf("edit %s: %w", table.table, err)
	}
	if !deletes {
		return nil
	}
	return b.DeleteSome(ctx, r, 1+r.IntN(3))
}

func randomValue(r *rand.Rand, field string) any {
	if field == "Amount" {
		return float64(r.IntN(1_000_000)) / 100
	}
	return fmt.Sprintf("Changed to %d", r.IntN(1_000_000_000))
}

// createSome adds people who work for a company that exists.
func (b Base) createSome(ctx context.Context, r *rand.Rand, n int) error {
	page, err := b.Airtable.List(ctx, b.Token, b.ID, "Companies", airtable.ListParams{MaxRecords: 20})
	if err != nil {
		return err
	}
	request := airtable.WriteRequest{}
	for range n {
		cells := map[string]json.RawMessage{"Name": encode(fmt.Sprintf("New person %d", r.IntN(1_000_000_000)))}
		if len(page.Records) > 0 {
			cells["Company"] = encode([]airtable.RecordID{page.Records[r.IntN(len(page.Records))].ID})
		}
		request.Records = append(request.Records, airtable.RecordWrite{Fields: cells})
	}
	if _, err := b.Airtable.Create(ctx, b.Token, b.ID, "People", request); err != nil {
		return fmt.Errorf("create people: %w", err)
	}
	return nil
}

// DeleteSome deletes n activities, or people where none are left.
func (b Base) DeleteSome(ctx context.Context, r *rand.Rand, n int) error {
	for _, table := range []airtable.TableID{"Activities", "People"} {
		records, err := b.list(ctx, table)
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
		if _, err := b.Airtable.Delete(ctx, b.Token, b.ID, table, ids); err != nil {
			return fmt.Errorf("delete from %s: %w", table, err)
		}
		return nil
	}
	return nil
}

// AddTable gives the base one more table, named by a number, with a few rows.
func (b Base) AddTable(ctx context.Context, number int) error {
	table, err := b.Airtable.CreateTable(ctx, b.Token, b.ID, airtable.NewTable{
		Name: fmt.Sprintf("Extra %d", number), Fields: []airtable.NewField{{Name: "Name", Type: "singleLineText"}},
	})
	if err != nil {
		return err
	}
	request := airtable.WriteRequest{}
	for i := range 3 {
		request.Records = append(request.Records, airtable.RecordWrite{
			Fields: map[string]json.RawMessage{"Name": encode(fmt.Sprintf("Row %d", i))}})
	}
	_, err = b.Airtable.Create(ctx, b.Token, b.ID, table.ID, request)
	return err
}

// AddField gives the people one more field, named by a number: a link every
// second time, since Airtable makes its inverse by itself.
func (b Base) AddField(ctx context.Context, r *rand.Rand, number int) error {
	schema, err := b.Airtable.Schema(ctx, b.Token, b.ID)
	if err != nil {
		return err
	}
	people, _ := schema.Table("People")
	companies, _ := schema.Table("Companies")
	added := airtable.NewField{Name: fmt.Sprintf("Extra %d", number), Type: "singleLineText"}
	if r.IntN(2) == 0 {
		added.Type, added.Options = "multipleRecordLinks", encode(object{"linkedTableId": companies.ID})
	}
	_, err = b.Airtable.CreateField(ctx, b.Token, b.ID, people.ID, added)
	return err
}
