package airtablesync

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/examples"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/crm"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/stage"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// pair is a stage with two bases and the sync between them.
type pair struct {
	*stage.Stage
	source, target crm.Base
}

// endpoints are the parts of a sync's configuration that name the bases.
type endpoints struct {
	SourceBases []endpoint `json:"source_bases"`
	TargetBases []endpoint `json:"target_bases"`
}

type endpoint struct {
	BaseID string `json:"base_id"`
	APIKey string `json:"api_key"`
}

// exampleConfig returns the configuration of the example.
func exampleConfig() (json.RawMessage, endpoints, error) {
	var ends endpoints
	raw, err := examples.Files.ReadFile("crm-sync.json")
	if err == nil {
		err = json.Unmarshal(raw, &ends)
	}
	if err != nil {
		return nil, ends, fmt.Errorf("examples/crm-sync.json: %w", err)
	}
	return raw, ends, nil
}

// open opens a stage on which both bases of the example can be reached.
func open(ctx context.Context, o stage.Options) (*pair, error) {
	_, ends, err := exampleConfig()
	if err != nil {
		return nil, err
	}
	from, to := ends.SourceBases[0], ends.TargetBases[0]
	o.Tokens = []string{from.APIKey, to.APIKey}
	opened, err := stage.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	reach := opened.Simulator.Client()
	return &pair{
		Stage:  opened,
		source: crm.Base{Airtable: reach, Token: airtable.Token(from.APIKey), ID: airtable.BaseID(from.BaseID)},
		target: crm.Base{Airtable: reach, Token: airtable.Token(to.APIKey), ID: airtable.BaseID(to.BaseID)},
	}, nil
}

// createSync makes the sync and remembers its id.
func (p *pair) createSync(ctx context.Context, config json.RawMessage) error {
	made, err := p.Server.API().CreateWorkflow(ctx, client.Document{Name: "CRM", Type: "airtable_sync", Config: config}, "")
	if err != nil {
		return fmt.Errorf("create the sync: %w", err)
	}
	p.State.Workflow = string(made.ID)
	return nil
}

// The modes of a run. A full run may delete.
const (
	full        = `{"mode":"full","allow_deletes":true}`
	incremental = `{"mode":"incremental"}`
)

// execute starts a run and returns its id.
func (p *pair) execute(ctx context.Context, mode string) (workflow.ExecutionID, error) {
	x, err := p.Server.API().Execute(ctx, workflow.ID(p.State.Workflow), client.Start{Input: json.RawMessage(mode)}, "")
	if err != nil {
		return "", fmt.Errorf("start a run: %w", err)
	}
	return x.ID, nil
}

// written returns how many records a run created and updated.
func written(x workflow.Execution) (int64, error) {
	var summary struct {
		Tables []struct {
			Created int64 `json:"created"`
			Updated int64 `json:"updated"`
		} `json:"tables"`
	}
	if err := json.Unmarshal(x.Output, &summary); err != nil {
		return 0, fmt.Errorf("the run's summary: %w", err)
	}
	var n int64
	for _, t := range summary.Tables {
		n += t.Created + t.Updated
	}
	return n, nil
}

// compare reads both bases and compares them.
func (p *pair) compare(ctx context.Context) (comparison, error) {
	source, err := p.source.Read(ctx)
	if err != nil {
		return comparison{}, fmt.Errorf("read the source base: %w", err)
	}
	target, err := p.target.Read(ctx)
	if err != nil {
		return comparison{}, fmt.Errorf("read the target base: %w", err)
	}
	return compare(p.source.ID, source, target), nil
}
