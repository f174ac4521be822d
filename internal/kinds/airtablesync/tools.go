package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// tools are what the steps work with.
type tools struct {
	airtable access
	blobs    blob.Store
	links    *linkmap.LinkMap
	events   events
	outcomes kind.OutcomeRecorder
	// config returns the configuration of the step's execution. It is shared.
	config func(context.Context) (Config, error)
}

// newTools declares events and rows on a kind and returns what its steps work with.
func newTools(k *kind.Kind, client Airtable, secrets kind.Secrets, blobs blob.Store, links *linkmap.LinkMap) tools {
	links.Declare(k)
	config := func(ctx context.Context) (Config, error) { return kind.ConfigOf[Config](ctx, k) }
	return tools{
		airtable: access{client: client, secrets: secrets, config: config},
		blobs:    blobs, links: links, events: declareEvents(k), outcomes: kind.RowOutcomes(k), config: config,
	}
}

// readPlan reads the plan that the step plan has kept.
func (t tools) readPlan(ctx context.Context, ref kind.Ref) (plan.Plan, error) {
	return kind.GetJSON[plan.Plan](ctx, t.blobs, ref)
}

// readPair reads the n-th pair of a plan.
func (t tools) readPair(ctx context.Context, ref kind.Ref, n int) (plan.Pair, error) {
	p, err := t.readPlan(ctx, ref)
	if err != nil {
		return plan.Pair{}, err
	}
	return p.Pairs[n], nil
}

// scope is the part of the link map that belongs to a pair.
func scope(ctx context.Context, pairKey string) linkmap.Scope {
	info := engine.InStep(ctx)
	return linkmap.Scope{Workspace: info.Workspace, Workflow: info.Definition, Pair: pairKey}
}
