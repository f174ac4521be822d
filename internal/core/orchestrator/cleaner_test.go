package orchestrator_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// sweeps is a clock whose long waits, which are those for the next sweep, end
// when the test says so.
type sweeps struct {
	*shifted
	next chan func()
}

func newSweeps() *sweeps {
	return &sweeps{shifted: &shifted{Clock: clock.System()}, next: make(chan func(), 1)}
}

func (c *sweeps) AfterFunc(d time.Duration, f func()) clock.Timer {
	if d == 6*time.Hour {
		c.next <- f
		d = 1000 * time.Hour
		f = func() {}
	}
	return c.shifted.AfterFunc(d, f)
}

// sweep has the next sweep begin and returns when it is over.
func (c *sweeps) sweep() {
	(<-c.next)()
	c.next <- <-c.next
}

// swept returns when the first sweep of a process is over.
func (c *sweeps) swept() { c.next <- <-c.next }

// cleaned returns when every end before it has been cleaned up after.
func (b *bench) cleaned(id workflow.ID) {
	b.t.Helper()
	x := b.end(b.execute(id, `{}`).ID)
	b.blobs.waitGone(b.t, string(x.ID))
}

func (b *bench) keeps(want bool, x workflow.ExecutionID, when string) {
	b.t.Helper()
	if b.blobs.has(b.t, string(x)) != want {
		b.t.Errorf("%s: has blobs: %t", when, !want)
	}
}

func TestBlobsOfAFailedExecutionStayForItsRedrive(t *testing.T) {
	at := newSweeps()
	b := open(t, func(b *bench) { b.options.Clock = at })
	ctx := t.Context()
	d := b.create(`{}`)
	redriven, discarded, old := b.failed(d.ID, `{"fail":"validation"}`), b.failed(d.ID, `{"fail":"validation"}`), b.failed(d.ID, `{"fail":"validation"}`)
	for _, x := range []workflow.Execution{redriven, discarded, old} {
		b.blobs.add(t, string(x.ID))
	}
	late := b.execute(d.ID, `{"gate":true,"fail":"validation"}`)
	<-b.kind.entered
	b.blobs.add(t, string(late.ID))
	b.letThrough(1)
	b.end(late.ID)
	b.cleaned(d.ID)
	b.keeps(true, late.ID, "after it failed")
	at.sweep()
	for _, x := range []workflow.ExecutionID{redriven.ID, discarded.ID, old.ID, late.ID} {
		b.keeps(true, x, "after a sweep")
	}

	_, err := b.Discard(ctx, admin, discarded.ID)
	b.must(err)
	b.blobs.waitGone(t, string(discarded.ID))
	b.blobs.add(t, string(discarded.ID)) // as if the process had died before it was done
	again := b.redrive(orchestrator.RedriveRequest{Execution: redriven.ID}).Execution
	b.end(again.ID)
	b.cleaned(d.ID)
	at.sweep()
	b.keeps(false, discarded.ID, "after a sweep, discarded")
	b.keeps(true, redriven.ID, "while its redrive can be redriven")
	close(b.kind.allowed)
	b.end(b.redrive(orchestrator.RedriveRequest{Execution: again.ID}).Execution.ID)
	b.blobs.waitGone(t, string(redriven.ID))
	b.blobs.add(t, string(redriven.ID))
	at.sweep()
	b.keeps(false, redriven.ID, "after its last redrive has completed")

	at.by.Store(int64(30*24*time.Hour - time.Hour))
	at.sweep()
	b.keeps(true, old.ID, "before 30 days")
	at.by.Store(int64(30*24*time.Hour + time.Hour))
	at.sweep()
	b.keeps(false, old.ID, "after 30 days")
}

// Blobs may be there before their execution: an input is kept before its start
// commits.
func TestBlobsOfAnUnknownExecutionStayForOneSweep(t *testing.T) {
	at := newSweeps()
	b := open(t, func(b *bench) { b.options.Clock = at })
	at.swept()
	b.blobs.add(t, "ex_new")
	at.sweep()
	b.keeps(true, "ex_new", "after the first sweep that sees it")
	at.sweep()
	b.keeps(false, "ex_new", "after the second")
}

// What a child has kept may be needed by its parent.
func TestBlobsOfAChildStayWhileItsParentIsOpen(t *testing.T) {
	at := newSweeps()
	b := open(t, func(b *bench) { b.options.Clock = at })
	d := b.create(`{}`)
	parent := b.execute(d.ID, `{"child":{"gate":true}}`)
	child := workflow.ExecutionID(<-b.kind.entered)
	b.blobs.add(t, string(child))
	at.sweep()
	b.keeps(true, child, "while the parent is open")
	b.letThrough(1)
	b.end(parent.ID)
	b.cleaned(d.ID)
	at.sweep()
	b.keeps(false, child, "after the parent's end")
}

// askedOutcomes asks of some executions in every sweep whether they have ended.
type askedOutcomes struct {
	ask  []workflow.ExecutionKey
	told []bool
	err  error
}

func (o *askedOutcomes) Sweep(ctx context.Context, ended func(context.Context, workflow.ExecutionKey) (bool, error)) error {
	o.told = nil
	for _, key := range o.ask {
		over, err := ended(ctx, key)
		if err != nil {
			return err
		}
		o.told = append(o.told, over)
	}
	return o.err
}

// Outcomes of rows go with the same sweep, which knows whose execution has ended.
func TestOutcomesOfRowsAreSwept(t *testing.T) {
	at, outcomes, log := newSweeps(), &askedOutcomes{err: errors.New("the disk is slow")}, &logBuffer{}
	b := open(t, func(b *bench) { b.options.Clock, b.options.Outcomes, b.log = at, outcomes, log })
	at.swept()
	d := b.create(`{}`)
	done := b.end(b.execute(d.ID, `{}`).ID)
	running := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	b.shown(done.ID) // the read models hold its end
	outcomes.ask = []workflow.ExecutionKey{{Workspace: admin.Workspace, Execution: done.ID}, {Workspace: admin.Workspace, Execution: running.ID},
		{Workspace: stranger.Workspace, Execution: done.ID}}
	at.sweep()
	if len(outcomes.told) != 3 || !outcomes.told[0] || outcomes.told[1] || outcomes.told[2] {
		t.Errorf("told %v of one that has ended, one that is open, and one that nobody knows", outcomes.told)
	}
	if !strings.Contains(log.String(), "the disk is slow") {
		t.Errorf("the log says %s", log)
	}
	b.letThrough(1)
}
