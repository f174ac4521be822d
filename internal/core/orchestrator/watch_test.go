package orchestrator_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// drain reads a watch to its end.
func drain(t *testing.T, w *query.Watch) (events []*workflow.Event, progress []*query.ExecutionProgress) {
	t.Helper()
	defer w.Close()
	for {
		f, err := w.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return events, progress
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.Event != nil {
			events = append(events, f.Event)
		} else {
			progress = append(progress, f.Progress)
		}
	}
}

func TestAWatchShowsEveryEventOnceAndEnds(t *testing.T) { // I12
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"gate":true,"steps":2,"report":true}`)
	w, err := b.Watch(ctx, admin, query.WatchRequest{Execution: x.ID})
	b.must(err)
	<-b.kind.entered
	b.letThrough(1)
	events, progress := drain(t, w)
	if len(progress) == 0 || progress[0].Execution != x.ID || progress[0].Message != "begun" || progress[0].Items[0].Name != "a" {
		t.Errorf("progress %v", progress)
	}
	if len(events) < 6 || events[0].Type != engine.EventCreated || events[len(events)-1].Type != engine.EventCompleted {
		t.Fatalf("%d events, %v", len(events), events)
	}
	for i, e := range events {
		if e.Execution != x.ID || e.Workflow != d.ID || i > 0 && e.Position <= events[i-1].Position {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	got, err := b.Execution(ctx, admin, x.ID)
	b.must(err)
	if got.State != workflow.Completed {
		t.Errorf("who saw the end reads %s", got.State)
	}
	from := events[3].Position
	w, err = b.Watch(ctx, admin, query.WatchRequest{Execution: x.ID, After: from})
	b.must(err)
	rest, _ := drain(t, w)
	if len(rest) != len(events)-4 || rest[0].Position != events[4].Position {
		t.Errorf("from position %d: %d events, want %d", from, len(rest), len(events)-4)
	}
	for _, after := range []int64{query.Now, events[len(events)-1].Position} {
		w, err = b.Watch(ctx, admin, query.WatchRequest{Execution: x.ID, After: after})
		b.must(err)
		if rest, _ := drain(t, w); len(rest) != 0 {
			t.Errorf("after the end, from %d: %d events", after, len(rest))
		}
	}
	for _, of := range []query.WatchRequest{{Execution: x.ID}, {Workflow: d.ID}, {}} {
		head, err := b.store.Head(ctx)
		b.must(err)
		of.After = head + 1
		w, err := b.Watch(ctx, admin, of)
		if err == nil {
			w.Close()
		}
		if e := wants(t, err, workflow.CategoryInvalid, query.CodeBeyondEnd); !strings.Contains(e.Message, fmt.Sprintf("is at %d", head)) {
			t.Error(e.Message)
		}
	}
	page, err := b.Events(ctx, admin, query.EventsRequest{Execution: x.ID, Limit: 2})
	b.must(err)
	if len(page.Items) != 2 || page.Next == "" || page.Items[1].Position != events[1].Position {
		t.Errorf("page %+v", page)
	}
}

// The story of what is over is told in its order, and progress has its place in it.
func TestAWatchOfWhatHasEndedIsInOrder(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"gate":true,"steps":2,"report":true}`)
	<-b.kind.entered
	b.letThrough(1)
	b.end(x.ID)
	for _, restart := range []bool{false, true} {
		if restart {
			b.restart()
		}
		w, err := b.Watch(t.Context(), admin, query.WatchRequest{Execution: x.ID})
		b.must(err)
		var told []string
		for {
			f, err := w.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			b.must(err)
			if f.Event != nil {
				told = append(told, f.Event.Type)
			} else {
				told = append(told, "progress")
			}
		}
		w.Close()
		if progress := slices.Index(told, "progress"); progress != 2 || told[1] != engine.EventStarted || told[len(told)-1] != engine.EventCompleted {
			t.Errorf("after a restart %v: %v", restart, told)
		}
	}
}

func TestTheLastProgressIsShownAfterARestart(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"gate":true,"report":true}`)
	<-b.kind.entered
	before, err := b.Execution(ctx, admin, x.ID)
	b.must(err)
	b.restart()
	<-b.kind.entered
	after, err := b.Execution(ctx, admin, x.ID)
	b.must(err)
	if before.Progress == nil || after.Progress == nil || !after.Progress.UpdatedAt.Equal(before.Progress.UpdatedAt) || after.Progress.Message != "begun" {
		t.Errorf("progress before %+v, after %+v", before.Progress, after.Progress)
	}
	w, err := b.Watch(ctx, admin, query.WatchRequest{Execution: x.ID, After: query.Now})
	b.must(err)
	defer w.Close()
	f, err := w.Next(ctx)
	b.must(err)
	if f.Progress == nil || f.Progress.Done != 1 {
		t.Errorf("the first frame is %+v", f)
	}
	b.letThrough(1)
	b.end(x.ID)
}

func TestAWatchOfAWorkflowShowsItsExecutionsOnly(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d, other := b.create(`{}`), b.create(`{}`)
	w, err := b.Watch(ctx, admin, query.WatchRequest{Workflow: d.ID, After: query.Now})
	b.must(err)
	defer w.Close()
	all, err := b.Watch(ctx, admin, query.WatchRequest{})
	b.must(err)
	defer all.Close()
	b.end(b.execute(other.ID, `{"steps":1,"report":true}`).ID)
	x := b.execute(d.ID, `{"steps":1}`)
	for {
		f, err := w.Next(ctx)
		b.must(err)
		if f.Event == nil || f.Event.Execution != x.ID {
			t.Fatalf("frame %+v of another workflow", f)
		}
		if f.Event.Type == engine.EventCompleted {
			break
		}
	}
	seen := map[workflow.ID]bool{}
	for !seen[d.ID] {
		f, err := all.Next(ctx)
		b.must(err)
		if f.Event != nil {
			seen[f.Event.Workflow] = true
		}
	}
	if !seen[other.ID] {
		t.Error("a watch of the workspace missed a workflow")
	}
}

func TestAWatchEndsWhenTheServerStops(t *testing.T) {
	t.Parallel()
	b := open(t)
	w, err := b.Watch(t.Context(), admin, query.WatchRequest{})
	b.must(err)
	defer w.Close()
	b.stop()
	if _, err := w.Next(t.Context()); workflow.AsError(err).Category != workflow.CategoryUnavailable {
		t.Errorf("got %v", err)
	}
	w.Close()
	if _, err := b.Create(t.Context(), admin, orchestrator.CreateRequest{}); workflow.AsError(err).Category != workflow.CategoryUnavailable {
		t.Errorf("a stopped service answers %v", err)
	}
}

// Whoever watches a workspace sees the progress of no other one.
func TestAWatchOfAWorkspaceShowsItsProgressOnly(t *testing.T) { // I29
	t.Parallel()
	b := open(t)
	const reporting = `{"gate":true,"report":true}`
	foreign := b.create(`{}`)
	for range 8 {
		b.execute(foreign.ID, reporting)
		<-b.kind.entered
	}
	made, err := b.Create(t.Context(), stranger, orchestrator.CreateRequest{Name: "own", Type: "fake", Config: []byte(`{}`)})
	b.must(err)
	own, err := b.Execute(t.Context(), stranger, orchestrator.ExecuteRequest{Workflow: made.Definition.ID, Input: []byte(reporting)})
	b.must(err)
	<-b.kind.entered
	w, err := b.Watch(t.Context(), stranger, query.WatchRequest{After: query.Now})
	b.must(err)
	defer w.Close()
	f, err := w.Next(t.Context())
	b.must(err)
	if f.Progress == nil || f.Progress.Execution != own.Execution.ID {
		t.Errorf("the first frame is %+v", f.Progress)
	}
	close(b.kind.gate)
	for {
		f, err := w.Next(t.Context())
		b.must(err)
		switch {
		case f.Progress != nil && f.Progress.Execution != own.Execution.ID, f.Event != nil && f.Event.Execution != own.Execution.ID:
			t.Fatalf("a foreign frame: %+v, %+v", f.Progress, f.Event)
		case f.Event != nil && f.Event.Type == engine.EventCompleted:
			return
		}
	}
}

// A watch that is refused takes no place: once others are closed, there is room.
func TestWatchesAreBounded(t *testing.T) {
	t.Parallel()
	b := open(t)
	var open []*query.Watch
	watch := func(principal int) error {
		c := admin
		c.Principal = workflow.PrincipalID(fmt.Sprint("pr_", principal))
		w, err := b.Watch(t.Context(), c, query.WatchRequest{After: query.Now})
		if err == nil {
			open = append(open, w)
		}
		return err
	}
	defer func() {
		for _, w := range open {
			w.Close()
		}
	}()
	for n := range 1000 {
		if n%100 == 0 && n > 0 { // one key leaves the others theirs
			wants(t, watch(n/100-1), workflow.CategoryTooMany, "too_many_watches")
		}
		b.must(watch(n / 100))
	}
	for range 3 {
		wants(t, watch(10), workflow.CategoryTooMany, "too_many_watches")
	}
	for _, w := range open[:2] { // of the first key
		w.Close()
		w.Close()
	}
	b.must(watch(0))
	b.must(watch(10))
	wants(t, watch(10), workflow.CategoryTooMany, "too_many_watches")
}
