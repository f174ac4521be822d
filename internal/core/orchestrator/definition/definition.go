// Package definition holds workflows as their streams say they are: a state, and
// versions that never change. It knows no kind and decides nothing.
package definition

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Definition is a workflow as folded from its stream. Whoever was handed it holds
// it: for reading, which starting an execution does, or for writing, which a
// command does. So nothing starts while a workflow is being archived or paused.
type Definition struct {
	Workspace workflow.WorkspaceID
	ID        workflow.ID
	State     workflow.DefinitionState
	Newest    workflow.VersionData

	mu      sync.RWMutex // is what holding means; guards all but the names
	holders int          // guarded by the cache
	stream  int64        // version of the stream; zero: not read, or there is none
	created time.Time
	updated time.Time
}

func (d *Definition) streamID() eventstore.StreamID { return streamOf(d.Workspace, d.ID) }

func streamOf(ws workflow.WorkspaceID, id workflow.ID) eventstore.StreamID {
	return eventstore.StreamID{Workspace: string(ws), Type: workflow.StreamType, ID: string(id)}
}

// apply folds one event. The caller holds d for writing.
func (d *Definition) apply(e *eventstore.Event) error {
	switch e.Type {
	case workflow.EventCreated, workflow.EventUpdated:
		var v workflow.VersionData
		if err := json.Unmarshal(e.Data, &v); err != nil {
			return fmt.Errorf("workflow %s, event %d: %w", d.ID, e.Position, err)
		}
		d.Newest = v
		if e.Type == workflow.EventCreated {
			d.State, d.created = workflow.Active, e.Time
		}
	case workflow.EventPaused:
		d.State = workflow.Halted
	case workflow.EventResumed:
		d.State = workflow.Active
	case workflow.EventArchived:
		d.State = workflow.Archived
	}
	d.stream = e.Version
	if e.Type != workflow.EventDiscarded { // which is about an execution
		d.updated = e.Time
	}
	return nil
}

// Shown is the workflow as callers see it.
func (d *Definition) Shown() workflow.Definition {
	return shown(d.ID, d.State, d.Newest, d.created, d.updated)
}

// Draft is what a workflow will be shown as whose first version is recorded now.
func Draft(id workflow.ID, v workflow.VersionData, now time.Time) workflow.Definition {
	return shown(id, workflow.Active, v, now, now)
}

func shown(id workflow.ID, state workflow.DefinitionState, v workflow.VersionData, created, updated time.Time) workflow.Definition {
	return workflow.Definition{ID: id, Name: v.Name, Type: v.Kind, Version: v.Version, State: state,
		Config: v.Config, Labels: v.Labels, CreatedAt: created, UpdatedAt: updated}
}
