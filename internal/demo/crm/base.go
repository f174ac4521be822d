// Package crm is the customer base that demos and stress tests use: companies,
// people, deals and activities. It fills a base, edits it as people would and reads
// it back, all through Airtable's API.
package crm

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// workspace is the simulated workspace that bases are made in.
const workspace = "wspDemo0000000000"

// Base is a base and how to reach it.
type Base struct {
	Airtable *airtable.Client
	Token    airtable.Token
	ID       airtable.BaseID
}

// Contents is a base as read: records by table name.
type Contents struct {
	Schema  *airtable.Base
	Records map[string][]airtable.Record
}

// CreateEmpty creates the base as "start from scratch" does in Airtable: with one
// unused table.
func (b Base) CreateEmpty(ctx context.Context, name string) error {
	_, err := b.Airtable.CreateBase(ctx, b.Token, airtable.NewBase{
		ID: b.ID, Name: name, WorkspaceID: workspace,
		Tables: []airtable.NewTable{{Name: "Table 1", Fields: []airtable.NewField{{Name: "Name", Type: "singleLineText"}}}},
	})
	if err != nil {
		return fmt.Errorf("create the base %s: %w", name, err)
	}
	return nil
}

// Read reads the whole base.
func (b Base) Read(ctx context.Context) (Contents, error) {
	schema, err := b.Airtable.Schema(ctx, b.Token, b.ID)
	if err != nil {
		return Contents{}, err
	}
	all := Contents{Schema: schema, Records: map[string][]airtable.Record{}}
	for _, t := range schema.Tables {
		records, err := b.list(ctx, t.ID)
		if err != nil {
			return Contents{}, fmt.Errorf("table %s: %w", t.Name, err)
		}
		all.Records[t.Name] = records
	}
	return all, nil
}

// list reads all records of a table, given by its id or its name.
func (b Base) list(ctx context.Context, table airtable.TableID) ([]airtable.Record, error) {
	var all []airtable.Record
	for offset := ""; ; {
		page, err := b.Airtable.List(ctx, b.Token, b.ID, table, airtable.ListParams{Offset: offset})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Records...)
		if offset = page.Offset; offset == "" {
			return all, nil
		}
	}
}

// encode writes a value made in this package as JSON.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // values made here always encode
	}
	return b
}
