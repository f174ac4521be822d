package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// tools are what the steps work with.
type tools struct {
	airtable access
	blobs    blob.Store // a group per execution
	links    *linkmap.LinkMap
}

// readPlan reads the plan that the step plan has kept.
func (t tools) readPlan(ctx context.Context, ref blob.Ref) (plan.Plan, error) {
	return getJSON[plan.Plan](ctx, t.blobs, ref)
}

// readPair reads the n-th pair of a plan.
func (t tools) readPair(ctx context.Context, ref blob.Ref, n int) (plan.Pair, error) {
	p, err := t.readPlan(ctx, ref)
	if err != nil {
		return plan.Pair{}, err
	}
	return p.Pairs[n], nil
}

// scope is the part of the link map that belongs to a pair.
func scope(ctx context.Context, p plan.Pair) linkmap.Scope { return scopeOf(ctx, p.Key()) }

func scopeOf(ctx context.Context, pairKey string) linkmap.Scope {
	info := engine.InStep(ctx)
	return linkmap.Scope{Workspace: info.Workspace, Workflow: info.Definition, Pair: pairKey}
}
