package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var storyStream = eventstore.StreamID{Workspace: workspace, Type: engine.StreamType, ID: "ex_killed"}

// suicide ends the process as kill -9 does.
func suicide() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// story registers three steps, two of them undoable, and the workflow that
// runs them. effect is the outside world; attached runs inside b's transaction.
func story(effect func(ctx context.Context, name, key string) error, attached func()) (*engine.Registry, string) {
	reg := engine.NewRegistry()
	do := func(ctx context.Context, n int) (int, error) {
		info := engine.InStep(ctx)
		return n, effect(ctx, info.Step, info.Key)
	}
	undo := func(ctx context.Context, u engine.Undo[int, int]) error {
		info := engine.InStep(ctx)
		return effect(ctx, info.Step, info.Key)
	}
	a := engine.NewStep(reg, "kill/a", engine.StepOptions[int]{}, do)
	rows := engine.NewWrite(reg, "kill/rows", func(ctx context.Context, tx db.Tx, _ engine.WriteInfo, name string) error {
		_, err := tx.Exec(ctx, insertRow, name)
		attached()
		return err
	})
	b := engine.NewUndoable(reg, "kill/b", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		if _, err := do(ctx, n); err != nil {
			return 0, err
		}
		return n, rows.Attach(ctx, "b")
	}, undo)
	c := engine.NewUndoable(reg, "kill/c", engine.StepOptions[int]{}, do, undo)
	w := engine.NewWorkflow(reg, "kill/story", func(run engine.Run, fail bool) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			if _, err := a.Do(run, 1); err != nil {
				return 0, err
			}
			for _, u := range []engine.Undoable[int, int]{b, c} {
				if _, err := u.Do(run, s, 2); err != nil {
					return 0, err
				}
			}
			if fail {
				return 0, failure.New(failure.Validation, "story", "it was to fail")
			}
			return 3, nil
		})
	})
	return reg, w.Name()
}

// nobody hears nothing.
type nobody struct{}

func (nobody) Progress(engine.Info, engine.Progress) {}

// child is one life: it starts the story unless it has begun, and lives until
// its end or its point.
func child(t *testing.T, k Killable) {
	p := childPoint(t)
	world, err := os.OpenFile(os.Getenv(envWorld), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	effect := func(_ context.Context, name, key string) error {
		if p.when == "before" && p.step == name {
			suicide()
		}
		if _, err := fmt.Fprintln(world, name, key); err != nil {
			return err
		}
		if p.when == "after" && p.step == name {
			suicide()
		}
		return nil
	}
	reg, function := story(effect, func() {
		if p.when == "attach" {
			suicide()
		}
	})
	ended := make(chan workflow.ExecutionState, 1)
	life := openLife(t, k, os.Getenv(envURL), reg, nobody{}, func(s eventstore.Store) eventstore.Store {
		return &Ends{Store: &watched{Store: s, p: p}, Ended: func(_, _ string, s workflow.ExecutionState) { ended <- s }}
	})
	defer life.Close()
	_, err = life.Engine.Start(t.Context(), engine.Start{Workspace: storyStream.Workspace, Execution: storyStream.ID, Function: function,
		Kind: "test", Definition: "wf_test", Version: 1, Input: json.RawMessage(os.Getenv(envFail))})
	if err != nil && !errors.Is(err, engine.ErrExists) {
		t.Fatal(err)
	}
	open, failed := life.Engine.Open(t.Context(), engine.OpenAfter{}, 10)
	if failed != nil {
		t.Fatal(failed)
	}
	if len(open) == 0 && err != nil {
		return // it had ended before
	}
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the story does not end")
	}
}

func childPoint(t *testing.T) point {
	raw := os.Getenv(envPoint)
	if raw == "" {
		return point{}
	}
	var parts [3]string
	if err := json.Unmarshal([]byte(raw), &parts); err != nil {
		t.Fatal(err)
	}
	return point{when: parts[0], event: parts[1], step: parts[2]}
}

// watched kills the process before or after an append that has the point's
// event.
type watched struct {
	eventstore.Store
	p point
}

// Submit passes the append on unless the process dies.
func (w *watched) Submit(b eventstore.Batch, done func(eventstore.Appended, error)) {
	hit := w.hits(b)
	if hit && w.p.when == "submit" {
		suicide()
	}
	w.Store.Submit(b, func(a eventstore.Appended, err error) {
		if hit && w.p.when == "commit" {
			suicide()
		}
		done(a, err)
	})
}

func (w *watched) hits(b eventstore.Batch) bool {
	if w.p.event == "" {
		return false
	}
	for _, s := range b.Streams {
		for _, e := range s.Events {
			if e.Type == w.p.event && (w.p.step == "" || strings.Contains(string(e.Data), `"step":"`+w.p.step+`"`)) {
				return true
			}
		}
	}
	return false
}
