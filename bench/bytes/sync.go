package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/bench/core"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim"
)

const (
	rowCount = 40
	token    = airtable.Token("patBench")
	sourceID = airtable.BaseID("appSource00000001")
	targetID = airtable.BaseID("appTarget00000001")
)

// base is a simulated Airtable with a base of forty rows and an empty one.
type base struct {
	client    *airtable.Client
	simulator *sim.Sim
	server    *httptest.Server
}

func openBase(ctx context.Context) (_ fixture, err error) {
	b := &base{}
	if b.simulator, err = sim.Open(sim.Config{NoRateLimit: true, Tokens: []sim.Token{{Value: string(token)}}}); err != nil {
		return fixture{}, err
	}
	b.server = httptest.NewServer(b.simulator.Handler())
	b.client = airtable.New(airtable.Options{BaseURL: b.server.URL, RequestsPerSecond: 1e6, TokenRequestsPerSecond: 1e6})
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if err := b.create(ctx, sourceID, "People"); err != nil {
		return fixture{}, err
	}
	if err := b.create(ctx, targetID, "Unused"); err != nil {
		return fixture{}, err
	}
	return fixture{kinds: b.kinds, define: b.define, close: b.close}, b.fill(ctx)
}

func (b *base) close() {
	b.client.CloseIdleConnections()
	b.server.Close()
	_ = b.simulator.Close()
}

func (b *base) create(ctx context.Context, id airtable.BaseID, table string) error {
	_, err := b.client.CreateBase(ctx, token, airtable.NewBase{ID: id, Name: string(id), WorkspaceID: "wspBench000000001", Tables: []airtable.NewTable{
		{Name: table, Fields: []airtable.NewField{{Name: "Name", Type: airtable.SingleLineText}, {Name: "City", Type: airtable.SingleLineText}}},
	}})
	return err
}

func (b *base) fill(ctx context.Context) error {
	var rows []airtable.RecordWrite
	for i := range rowCount {
		var w airtable.RecordWrite
		if err := json.Unmarshal(fmt.Appendf(nil, `{"Name":"Person %d","City":"Berlin"}`, i), &w.Fields); err != nil {
			return err
		}
		rows = append(rows, w)
	}
	for chunk := range slices.Chunk(rows, airtable.MaxBatch) {
		if _, err := b.client.Create(ctx, token, sourceID, "People", airtable.WriteRequest{Records: chunk}); err != nil {
			return err
		}
	}
	return nil
}

// kinds is the sync, with this Airtable behind it.
func (b *base) kinds(_ context.Context, c *core.Core) ([]*kind.Kind, error) {
	return []*kind.Kind{airtablesync.New(airtablesync.Options{Airtable: b.client, Secrets: c.Secrets, Blobs: c.Blobs, DB: c.DB})}, nil
}

// define creates the sync and runs it until nothing is left to write.
func (b *base) define(ctx context.Context, c *core.Core) (workflow.ID, error) {
	config := fmt.Appendf(nil, `{"source_bases":[{"base_id":%q,"api_key":%q}],"target_bases":[{"base_id":%q,"api_key":%q}]}`,
		sourceID, string(token), targetID, string(token))
	id, err := c.Define(ctx, airtablesync.Name, config)
	if err != nil {
		return "", err
	}
	for range 2 {
		if err := c.Run(ctx, id, json.RawMessage(`{"mode":"full"}`)); err != nil {
			return "", err
		}
	}
	return id, nil
}
