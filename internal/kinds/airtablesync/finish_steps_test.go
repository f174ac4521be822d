package airtablesync

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// named is people with another target table.
func named(table airtable.TableID) plan.Pair {
	p := people()
	p.Target.Table = table
	return p
}

func TestTheEndOfARunMovesTheMarks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, left := b.attempt(1)
	at := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	full, incremental, clockless := named("tblFull"), named("tblIncremental"), named("tblClockless")
	for _, p := range []plan.Pair{full, incremental, clockless} {
		b.earlier(func(ctx context.Context, _ string) error {
			return errors.Join(b.links.Sweep(ctx, p.Key(), "run", swept("recSeen")),
				b.links.Sweep(ctx, p.Key(), "earlier", swept("recGone")))
		})
	}
	ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{full, incremental, clockless}})
	b.ok(err)
	_, err = finishSteps{b.tools}.completeRun(ctx, completeRequest{Plan: ref, Pairs: []completedPair{
		{Pair: 0, Mark: at, Sweep: "run", Listing: "run.0"}, {Pair: 1, Mark: at.Add(time.Minute)}, {Pair: 2, Sweep: "run", Listing: "run.0"}}})
	b.ok(err)
	b.commit(left)
	for _, want := range []struct {
		pair   plan.Pair
		marked time.Time
		rows   int
	}{{full, at, 1}, {incremental, at.Add(time.Minute), 2}, {clockless, time.Time{}, 1}} {
		mark, ok, err := b.links.Mark(ctx, scope(ctx, want.pair.Key()))
		b.ok(err)
		if ok == want.marked.IsZero() || ok && mark != (linkmap.Mark{At: want.marked, Fingerprint: want.pair.Fingerprint()}) {
			t.Errorf("%s: mark %+v %t", want.pair.Target.Table, mark, ok)
		}
		known, err := b.links.Known(ctx, scope(ctx, want.pair.Key()), []airtable.RecordID{"recSeen", "recGone"})
		if b.ok(err); len(known) != want.rows {
			t.Errorf("%s: the link map holds %v", want.pair.Target.Table, known)
		}
	}
}
