package airtablesync

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
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
	table := &tableSync{job: j, tableState: tableState{Target: &reading{}, Gone: goneState{Stage: goneToLookUp, After: "rec1", Lookup: reading{At: airtable.Position{Reading: airtable.ReadAll, Done: true}, Restarts: 9}}}}
	b.ok(table.lookAgain(run))
	if g := table.Gone; g.Lookup.Restarts != 0 || g.Stage != goneToSync || g.After != "" {
		t.Errorf("%+v", g)
	}
}

// Once the history is long, no branch makes a further call: what it has to do
// stays for the next generation.
func TestALongHistoryMakesNoCalls(t *testing.T) {
	t.Parallel()
	b := setup(t)
	parts := []part{{Ref: kind.Ref{Name: "a"}, To: 13}, {Ref: kind.Ref{Name: "b"}, To: 7, Folded: true}}
	todo := func() tableState {
		return tableState{Source: reading{At: airtable.StartAll()}, Target: &reading{At: airtable.StartAll()}, Unmet: 1, Pages: parts, Changes: parts, Later: parts}
	}
	deleting := func(stage goneStage) tableState {
		s := todo()
		s.Gone = goneState{Stage: stage, Rows: []linkmap.Gone{{Source: "rec1", Target: "rec2"}}}
		return s
	}
	for phase := range 5 {
		for stage := goneToCount; stage < goneDone; stage++ {
			d, run, w := b.directly()
			d.long = true
			j := &job{steps: w.steps}
			want := []tableState{deleting(stage), deleting(stage)}
			j.arrange(run, []baseState{{Tables: []int{0, 1}, Phase: phase}}, want)
			b.ok(j.bases[0].sync(run))
			for i, table := range j.tables {
				if diff := cmp.Diff(want[i], table.tableState); diff != "" || d.steps > 0 || j.bases[0].Phase != phase {
					t.Errorf("phase %d, stage %d: %d calls, then phase %d (-want +got):\n%s", phase, stage, d.steps, j.bases[0].Phase, diff)
				}
			}
		}
	}
	read := []baseSchema{{Base: "appS"}}
	for name, s := range map[string]schemaState{
		"nothing is read":       {},
		"the sources are":       {Sources: read},
		"everything is":         {Sources: read, Targets: read},
		"there is a plan":       {Sources: read, Targets: read, Made: &planMade{Changes: []changeInfo{{}, {}}}, Change: 1},
		"the last change is up": {Sources: read, Targets: read, Made: &planMade{Changes: []changeInfo{{}}}, Change: 1},
	} {
		d, run, w := b.directly()
		d.long = true
		j := &job{steps: w.steps, config: b.stored, runState: runState{Schemas: &s}}
		before := s
		b.ok(j.settleSchemas(run))
		if diff := cmp.Diff(before, s); diff != "" || d.steps > 0 {
			t.Errorf("%s: %d calls (-want +got):\n%s", name, d.steps, diff)
		}
	}
}
