package airtablesync

import (
	"slices"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
)

// When a generation is to end, what is under way must fit into what it has left,
// twice over.
func TestFewCallsAreUnderWayAtATime(t *testing.T) {
	t.Parallel()
	const perBase = writesInFlight + 2 // the first table is written, another one read and listed
	if basesAtOnce*perBase > (engine.MaxGeneration-engine.LongHistory)/2 {
		t.Errorf("%d calls are under way", basesAtOnce*perBase)
	}
	b := setup(t)
	d, run, w := b.directly()
	j, err := w.takeUp(run, kind.Start[Config, Input]{Config: b.stored})
	b.ok(err)
	b.ok(j.readSchemas(run, plan.Source, b.stored.SourceBases, &j.Schemas.Sources))
	j.Schemas = nil
	j.arrange(run, make([]baseState, 60), nil)
	for _, base := range j.bases {
		base.Phase = 99 // over
	}
	d.long = true
	_, err = w.Run(run, b.next(j.goOn(run, Input{})))
	b.next(err)
	if !slices.Equal(d.parallel, []int{basesAtOnce, basesAtOnce}) {
		t.Errorf("forks at most %v at a time", d.parallel)
	}
}

// Each hundred of missing rows is a listing of its own, which may expire.
func TestEachLookAgainBeginsAnew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, run, w := b.directly()
	ctx, _ := b.attempt(1)
	ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
	b.ok(err)
	j := &job{steps: w.steps, runState: runState{Plan: ref, Token: "run"}}
	table := &tableSync{job: j, tableState: tableState{Target: &reading{}, Gone: goneState{Stage: goneToLookUp, After: "rec1", Lookup: reading{Restarts: 9}}}}
	b.ok(table.lookAgain(run))
	if g := table.Gone; g.Lookup.Restarts != 0 || g.Stage != goneToSync || g.After != "" {
		t.Errorf("%+v", g)
	}
}
