package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// definition is a workflow as folded from its stream. Starting an execution
// holds it for reading, a command for writing: nothing starts while a
// workflow is being archived or paused.
type definition struct {
	workspace workflow.WorkspaceID
	id        workflow.ID
	holders   int // guarded by the cache

	mu      sync.RWMutex
	stream  int64 // version of the stream; zero: not read, or there is none
	state   workflow.DefinitionState
	newest  workflow.VersionData
	created time.Time
	updated time.Time
}

func (d *definition) streamID() eventstore.StreamID { return workflowStream(d.workspace, d.id) }

func workflowStream(ws workflow.WorkspaceID, id workflow.ID) eventstore.StreamID {
	return eventstore.StreamID{Workspace: string(ws), Type: workflow.StreamType, ID: string(id)}
}

// apply folds one event. The caller holds mu for writing.
func (d *definition) apply(e *eventstore.Event) error {
	switch e.Type {
	case workflow.EventCreated, workflow.EventUpdated:
		var v workflow.VersionData
		if err := json.Unmarshal(e.Data, &v); err != nil {
			return fmt.Errorf("workflow %s, event %d: %w", d.id, e.Position, err)
		}
		d.newest = v
		if e.Type == workflow.EventCreated {
			d.state, d.created = workflow.Active, e.Time
		}
	case workflow.EventPaused:
		d.state = workflow.Halted
	case workflow.EventResumed:
		d.state = workflow.Active
	case workflow.EventArchived:
		d.state = workflow.Archived
	}
	d.stream = e.Version
	if e.Type != workflow.EventDiscarded { // which is about an execution
		d.updated = e.Time
	}
	return nil
}

func (d *definition) shown() workflow.Definition {
	return workflow.Definition{ID: d.id, Name: d.newest.Name, Type: d.newest.Kind, Version: d.newest.Version, State: d.state,
		Config: d.newest.Config, Labels: d.newest.Labels, CreatedAt: d.created, UpdatedAt: d.updated}
}

// definitions keeps the workflows that are in use in memory. Only this
// process writes to the store, so what it keeps is what stands there.
type definitions struct {
	store eventstore.Store
	most  int

	mu   sync.Mutex
	held map[definitionKey]*definition
}

type definitionKey struct {
	workspace workflow.WorkspaceID
	id        workflow.ID
}

// maxHeldDefinitions bounds the definitions in memory that nobody is using.
const maxHeldDefinitions = 5_000

// with calls use with the workflow; write says how it is held. It fails with
// a not-found error, the same for what another workspace has.
func (s *definitions) with(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID, write bool, use func(*definition) error) error {
	d := s.take(ws, id)
	defer s.release(d)
	if err := s.load(ctx, d); err != nil {
		return err
	}
	if write {
		d.mu.Lock()
		defer d.mu.Unlock()
	} else {
		d.mu.RLock()
		defer d.mu.RUnlock()
	}
	return use(d)
}

func (s *definitions) take(ws workflow.WorkspaceID, id workflow.ID) *definition {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := definitionKey{ws, id}
	d := s.held[key]
	if d == nil {
		d = &definition{workspace: ws, id: id}
		s.held[key] = d
	}
	d.holders++
	return d
}

// release forgets what does not exist, and something that nobody uses when
// there is too much.
func (s *definitions) release(d *definition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.holders--
	if d.holders == 0 && d.stream == 0 {
		delete(s.held, definitionKey{d.workspace, d.id})
	}
	for key, other := range s.held {
		if len(s.held) <= s.most {
			return
		}
		if other.holders == 0 {
			delete(s.held, key)
		}
	}
}

// load reads the stream once.
func (s *definitions) load(ctx context.Context, d *definition) error {
	d.mu.RLock()
	known := d.stream > 0
	d.mu.RUnlock()
	if known {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stream > 0 {
		return nil
	}
	err := eachEvent(ctx, s.store, d.streamID(), d.apply)
	if err == nil && d.stream == 0 {
		err = noWorkflow(d.id)
	}
	return err
}

// version returns one version of d, which the caller holds.
func (s *definitions) version(ctx context.Context, d *definition, number int) (workflow.VersionData, error) {
	if number == 0 || number == d.newest.Version {
		return d.newest, nil
	}
	found, err := s.stored(ctx, d.streamID(), number)
	if errors.Is(err, workflow.ErrNotFound) {
		err = workflow.NotFound("version_not_found", "workflow %s has no version %d; the newest is %d", d.id, number, d.newest.Version)
	}
	return found, err
}

// stored reads one version from a workflow's stream.
func (s *definitions) stored(ctx context.Context, id eventstore.StreamID, number int) (found workflow.VersionData, err error) {
	err = eachEvent(ctx, s.store, id, func(e *eventstore.Event) error {
		if e.Type != workflow.EventCreated && e.Type != workflow.EventUpdated {
			return nil
		}
		var v workflow.VersionData
		if err := json.Unmarshal(e.Data, &v); err != nil {
			return err
		}
		if v.Version == number {
			found = v
		}
		return nil
	})
	if err == nil && found.Version == 0 {
		err = workflow.NotFound("version_not_found", "workflow %s has no version %d", id.ID, number)
	}
	return found, err
}

// eachEvent reads a stream from its beginning.
func eachEvent(ctx context.Context, store eventstore.Store, id eventstore.StreamID, use func(*eventstore.Event) error) error {
	const limit = 200
	for after := int64(0); ; {
		events, err := store.ReadStream(ctx, id, after, limit)
		if err != nil {
			return err
		}
		for i := range events {
			if err := use(&events[i]); err != nil {
				return err
			}
			after = events[i].Version
		}
		if len(events) < limit {
			return nil
		}
	}
}

func noWorkflow(id workflow.ID) error {
	return workflow.NotFound("workflow_not_found", "there is no workflow %s in this workspace", id)
}

func noExecution(id workflow.ExecutionID) error {
	return workflow.NotFound("execution_not_found", "there is no execution %s in this workspace", id)
}
