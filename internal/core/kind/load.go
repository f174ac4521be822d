package kind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Codes of an execution that cannot begin, or a step that cannot go on, because
// of what was stored.
const (
	// CodeVersionMissing: the version of the workflow does not exist.
	CodeVersionMissing = "version_missing"
	// CodeVersionUnreadable: this build cannot decode the version.
	CodeVersionUnreadable = "version_unreadable"
)

// Versions reads versions of workflows.
type Versions interface {
	// Version returns the n-th version of a workflow, or an error that matches
	// workflow.ErrNotFound. Any other error counts as temporary.
	Version(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID, n int) (workflow.VersionData, error)
}

// Inputs reads inputs that are too large or too private for a journal.
type Inputs interface {
	// Input returns what was stored under a reference for an execution, or an
	// error that matches workflow.ErrNotFound. Any other error counts as
	// temporary. The execution that asks may be a redrive of the one that the
	// input was stored for.
	Input(ctx context.Context, ws workflow.WorkspaceID, execution workflow.ExecutionID, ref string) (json.RawMessage, error)
}

// source reads what executions begin with.
type source struct {
	versions Versions
	inputs   Inputs
	cache    cache
}

// errNotBound: the engine runs before Set.Bind was called.
var errNotBound = failure.New(failure.Transient, "not_bound", "the kinds of this process are not bound to its workflows yet; call Set.Bind before the engine runs")

// config returns the decoded configuration of the version that an execution is
// pinned to. It is shared.
func (s *source) config(ctx context.Context, k *Kind, info engine.Info) (any, error) {
	if s == nil || s.versions == nil {
		return nil, errNotBound
	}
	key := versionKey{info.Workspace, info.Definition, info.Version}
	if config, ok := s.cache.get(key); ok && config.kind == k.name {
		return config.value, nil
	}
	v, err := s.versions.Version(ctx, workflow.WorkspaceID(info.Workspace), workflow.ID(info.Definition), info.Version)
	switch {
	case errors.Is(err, workflow.ErrNotFound):
		return nil, failure.New(failure.Fatal, CodeVersionMissing, "version %d of workflow %s does not exist", info.Version, info.Definition)
	case err != nil:
		return nil, temporary(fmt.Errorf("read version %d of workflow %s: %w", info.Version, info.Definition, err))
	case v.Kind != k.name:
		return nil, failure.New(failure.Fatal, CodeVersionUnreadable, "workflow %s is of the kind %s, but its execution runs %s", info.Definition, v.Kind, info.Function)
	}
	config, err := k.config.stored(v.Config)
	if err != nil {
		return nil, failure.Wrap(err, failure.Validation, CodeVersionUnreadable,
			"this build cannot read version %d of workflow %s: %v; save the workflow again, then start a new execution", info.Version, info.Definition, err)
	}
	s.cache.put(key, decoded{kind: k.name, value: config, bytes: len(v.Config)})
	return config, nil
}

// input returns the input of an execution, also one that was stored apart.
func (s *source) input(ctx context.Context, info engine.Info, raw json.RawMessage) (json.RawMessage, error) {
	ref, ok := workflow.PayloadRef(raw)
	if !ok {
		return raw, nil
	}
	if s.inputs == nil {
		return nil, errNotBound
	}
	stored, err := s.inputs.Input(ctx, workflow.WorkspaceID(info.Workspace), workflow.ExecutionID(info.Execution), ref)
	switch {
	case errors.Is(err, workflow.ErrNotFound):
		return nil, failure.Wrap(err, failure.Fatal, engine.CodeInputMissing, "the input, which is stored apart as %s, cannot be read back: %v", ref, err)
	case err != nil:
		return nil, temporary(fmt.Errorf("read the input of execution %s: %w", info.Execution, err))
	}
	return stored, nil
}

// temporary is what the engine tries again after, whatever class the cause has:
// a disk that fails now does not end an execution.
func temporary(err error) error {
	return failure.Wrap(err, failure.Transient, failure.CodeOf(err), "%v", err)
}

// ConfigOf returns, within a step, the configuration of the version that the
// step's execution is pinned to. It is shared with other executions and must not
// be changed. C is the configuration of the kind k, to which the step belongs.
func ConfigOf[C any](ctx context.Context, k *Kind) (C, error) {
	var none C
	info := engine.InStep(ctx)
	if info.Execution == "" {
		return none, engine.ErrNotInStep
	}
	config, err := k.source.config(ctx, k, info.Info)
	if err != nil {
		return none, err
	}
	typed, ok := config.(C)
	if !ok {
		return none, failure.New(failure.Fatal, "wrong_config_type", "step %s asks for a configuration of type %T, but that of %s is %T", info.Step, none, k.name, config)
	}
	return typed, nil
}
