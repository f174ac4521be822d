package payload

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Keeper keeps inputs that no journal may hold. *Store is the real one.
type Keeper interface {
	// Keep returns the writes that belong into the transaction of the start.
	Keep(ctx context.Context, workspace workflow.WorkspaceID, execution workflow.ExecutionID, input json.RawMessage) ([]db.Write, error)
	// Input returns what was kept.
	Input(ctx context.Context, workspace workflow.WorkspaceID, execution workflow.ExecutionID) (json.RawMessage, error)
}

// keptRef is the reference of an input that is kept for its execution.
const keptRef = "kept"

// keptInput is what stands in a journal for it.
var keptInput = workflow.PayloadInput(keptRef)

// Inputs decides where an input stands: in the journal, or kept apart. It is safe
// for concurrent use.
type Inputs struct {
	kept Keeper

	mu sync.Mutex
	// starting are inputs of executions that are being started: the function may
	// begin in the transaction that keeps its input.
	starting map[workflow.ExecutionKey]json.RawMessage
}

// NewInputs returns inputs that are kept by k; nil refuses large ones.
func NewInputs(k Keeper) *Inputs {
	return &Inputs{kept: k, starting: map[workflow.ExecutionKey]json.RawMessage{}}
}

// Keep returns what the journal gets for an input, and the writes that go with
// it. Until Started is called, the input can be had as if it was stored.
func (i *Inputs) Keep(ctx context.Context, key workflow.ExecutionKey, private bool, input json.RawMessage) (json.RawMessage, []db.Write, error) {
	if !Apart(private, input) {
		return input, nil, nil
	}
	if i.kept == nil {
		return nil, nil, workflow.Invalid("invalid_start", "the start cannot be accepted", workflow.Problem{Pointer: "/input", Code: "too_long",
			Detail: fmt.Sprintf("this server keeps inputs of at most %d KiB", engine.MaxInputBytes>>10)})
	}
	writes, err := i.kept.Keep(ctx, key.Workspace, key.Execution, input)
	if err == nil {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.starting[key] = input
	}
	return keptInput, writes, err
}

// Started ends what Keep has begun, whether the execution was started or not.
func (i *Inputs) Started(key workflow.ExecutionKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.starting, key)
}

// find returns what was kept for an execution.
func (i *Inputs) find(ctx context.Context, key workflow.ExecutionKey) (json.RawMessage, error) {
	i.mu.Lock()
	input, ok := i.starting[key]
	i.mu.Unlock()
	if ok {
		return input, nil
	}
	return i.kept.Input(ctx, key.Workspace, key.Execution)
}

// Apart reports whether an input has no place in a journal, in an answer, or
// in anything that people see.
func Apart(private bool, input json.RawMessage) bool {
	return len(input) > 0 && string(input) != "{}" && (private || len(input) > engine.MaxInputBytes)
}

// Input is what the kinds ask when an execution begins.
func (i *Inputs) Input(ctx context.Context, ws workflow.WorkspaceID, execution workflow.ExecutionID, ref string) (json.RawMessage, error) {
	if i.kept == nil || ref != keptRef {
		return nil, workflow.NotFound("input_not_found", "no input is kept as %q for execution %s", ref, execution)
	}
	return i.find(ctx, workflow.ExecutionKey{Workspace: ws, Execution: execution})
}

// Resolve returns the input itself, for what a journal has. It fails with a
// not-found error if it was kept and does not exist any more.
func (i *Inputs) Resolve(ctx context.Context, key workflow.ExecutionKey, private bool, input json.RawMessage) (json.RawMessage, error) {
	kept := bytes.Equal(input, keptInput)
	if i.kept != nil && (kept || private && len(input) == 0) {
		found, err := i.find(ctx, key)
		if kept || !errors.Is(err, workflow.ErrNotFound) {
			return found, err
		}
	}
	if len(input) == 0 {
		return json.RawMessage(`{}`), nil
	}
	return input, nil
}
