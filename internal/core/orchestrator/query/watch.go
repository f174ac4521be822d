package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/progress"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// CodeBeyondEnd: a watch is to begin after a position that no event has yet.
const CodeBeyondEnd = "position_beyond_end"

// Watch delivers frames in order: the last progress, then events from the
// position asked for, and progress as it is reported. The last progress of an
// execution that has ended comes among its events, where it was reported. Next
// belongs to one goroutine; Close may be called from any.
type Watch struct {
	reader   *Reader
	caller   workflow.Caller
	request  WatchRequest
	sub      *eventstore.Subscription
	progress *progress.Watcher
	first    *Frame // the stored progress, if nothing newer is in memory
	batches  chan []eventstore.Event
	current  []eventstore.Event
	past     bool // the execution had ended when the watch began
	over     bool

	cancel context.CancelFunc
	pump   sync.WaitGroup
	once   sync.Once
	err    error // why batches was closed; read after it is
}

// Watch follows an execution, a workflow or the workspace. It needs
// workflow.ExecutionRead. The caller closes it.
func (q *Reader) Watch(ctx context.Context, c workflow.Caller, r WatchRequest) (*Watch, error) {
	if err := q.Look(ctx, c, workflow.ExecutionRead); err != nil {
		return nil, err
	}
	ended, err := q.watchable(ctx, c, r)
	if err != nil {
		return nil, err
	}
	after, err := q.watchedFrom(ctx, r.After)
	if err != nil {
		return nil, err
	}
	r.After = after
	if err := q.watches.open(c); err != nil {
		return nil, err
	}
	// A watch reads one batch ahead: what slow readers hold must stay small.
	w := &Watch{reader: q, caller: c, request: r, past: ended, batches: make(chan []eventstore.Event)}
	w.sub = q.store.Subscribe(r.After, watchFilter(c, r))
	w.progress = q.progress.Watch(func(k workflow.ExecutionKey, of workflow.ID) bool { return concerns(c, r, k, of) })
	if err := errors.Join(w.storedProgress(ctx, c), w.afterEnd(ctx, c)); err != nil {
		w.Close()
		return nil, err
	}
	pumping, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.pump.Go(func() { w.read(pumping) })
	return w, nil
}

// watchedFrom is the position after which a watch begins. One beyond the last event
// is refused: the watch would wait for ever, and pass over all that comes until
// then. It is that of another store, or of this one before it was restored.
func (q *Reader) watchedFrom(ctx context.Context, after int64) (int64, error) {
	head, err := q.store.Head(ctx)
	switch {
	case err != nil:
		return 0, err
	case after < 0:
		return head, nil
	case after > head:
		return 0, workflow.Invalid(CodeBeyondEnd, fmt.Sprintf("position %d is beyond the last event of this server, which is at %d; begin without a position", after, head))
	}
	return after, nil
}

// watchable refuses what the caller's workspace does not have, and says whether an
// execution has ended.
func (q *Reader) watchable(ctx context.Context, c workflow.Caller, r WatchRequest) (ended bool, err error) {
	switch {
	case r.Execution != "":
		x, err := q.Find(ctx, c, r.Execution)
		return x.State.Ended(), err
	case r.Workflow != "":
		return false, q.definitions.Read(ctx, c.Workspace, r.Workflow, func(*definition.Definition) error { return nil })
	}
	return false, nil
}

func watchFilter(c workflow.Caller, r WatchRequest) eventstore.Filter {
	return eventstore.Filter{Workspace: string(c.Workspace), StreamType: engine.StreamType, StreamID: string(r.Execution)}
}

// concerns says whether a progress report belongs to a watch.
func concerns(c workflow.Caller, r WatchRequest, k workflow.ExecutionKey, of workflow.ID) bool {
	return k.Workspace == c.Workspace && (r.Execution == "" || r.Execution == k.Execution) && (r.Workflow == "" || r.Workflow == of)
}

// storedProgress makes the progress from before a restart the first frame.
func (w *Watch) storedProgress(ctx context.Context, c workflow.Caller) error {
	id := w.request.Execution
	if id == "" || w.reader.progress.Get(workflow.ExecutionKey{Workspace: c.Workspace, Execution: id}) != nil {
		return nil
	}
	p, err := w.reader.model.Progress(ctx, c.Workspace, id)
	if p != nil {
		w.first = &Frame{Progress: &ExecutionProgress{Execution: id, Progress: *p}}
	}
	return err
}

// afterEnd ends a watch at once whose execution has ended before the position
// asked for: no event will come.
func (w *Watch) afterEnd(ctx context.Context, c workflow.Caller) error {
	if w.request.Execution == "" || w.request.After == 0 {
		return nil
	}
	if err := w.reader.WaitFor(ctx, w.request.After); err != nil {
		return err
	}
	x, err := w.reader.Find(ctx, c, w.request.Execution)
	if err != nil || !x.State.Ended() {
		return err
	}
	rest, err := w.reader.store.ReadAll(ctx, w.request.After, 1, watchFilter(c, w.request))
	w.over = len(rest) == 0
	return err
}

// read hands batches on, as fast as they are taken.
func (w *Watch) read(ctx context.Context) {
	defer close(w.batches)
	for {
		events, err := w.sub.Next(ctx)
		if err != nil {
			w.err = err
			return
		}
		select {
		case w.batches <- events:
		case <-ctx.Done():
			w.err = ctx.Err()
			return
		}
	}
}

// Next waits for the next frame. It returns io.EOF after the end of the
// watched execution and when the watch was closed, an unavailable error when
// the server stops, and ctx's error when ctx ends.
func (w *Watch) Next(ctx context.Context) (Frame, error) {
	if w.first != nil && (!w.past || w.over) {
		return w.takeFirst(), nil
	}
	for {
		if f, ok := w.before(); ok {
			return f, nil
		}
		if e := w.take(); e != nil {
			return Frame{Event: e}, nil
		}
		if w.over {
			return Frame{}, io.EOF
		}
		reported := w.progress.Ready()
		if w.past {
			reported = nil // nothing comes any more, and what there is has its place among the events
		}
		select {
		case <-reported:
			if f, ok := w.reported(); ok {
				return f, nil
			}
		case batch, ok := <-w.batches:
			if !ok {
				return Frame{}, w.ended()
			}
			w.current = batch
		case <-ctx.Done():
			return Frame{}, ctx.Err()
		}
	}
}

func (w *Watch) takeFirst() Frame {
	f := *w.first
	w.first = nil
	return f
}

// reported returns the newest progress that was not taken yet.
func (w *Watch) reported() (Frame, bool) {
	r, ok := w.progress.Next()
	return Frame{Progress: &ExecutionProgress{Execution: r.Key.Execution, Progress: r.Progress}}, ok
}

// before returns the progress that belongs before the next event: nothing is
// reported after the end, and what was stored is older than what came then. The
// beginning is written a moment after what it has reported already.
func (w *Watch) before() (Frame, bool) {
	if w.request.Execution == "" || len(w.current) == 0 || w.over {
		return Frame{}, false
	}
	e := &w.current[0]
	end, begin := engine.IsEnd(e.Type), e.Type == engine.EventCreated || e.Type == engine.EventStarted
	if w.first != nil && (end || !begin && e.Time.After(w.first.Progress.UpdatedAt)) {
		return w.takeFirst(), true
	}
	if end {
		return w.reported()
	}
	return Frame{}, false
}

// take returns the next event of the current batch that the watch is about.
func (w *Watch) take() *workflow.Event {
	for len(w.current) > 0 && !w.over {
		e := &w.current[0]
		w.current = w.current[1:]
		if w.request.Workflow != "" && engine.DecodeLabels(e.Labels).Definition != string(w.request.Workflow) {
			continue
		}
		out := shownEvent(e)
		w.over = w.request.Execution != "" && engine.IsEnd(e.Type)
		return &out
	}
	return nil
}

func (w *Watch) ended() error {
	if errors.Is(w.err, eventstore.ErrClosed) {
		return workflow.Unavailable("stopping", "the server is stopping; go on from the last event after its restart")
	}
	if errors.Is(w.err, context.Canceled) {
		return io.EOF
	}
	return w.err
}

// Close frees the watch and waits for its reader. It may be called twice.
func (w *Watch) Close() {
	w.once.Do(func() {
		if w.cancel != nil {
			w.cancel()
		}
		w.sub.Close()
		w.progress.Close()
		w.pump.Wait()
		w.reader.watches.close(w.caller)
	})
}
