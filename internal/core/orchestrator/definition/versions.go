package definition

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// VersionOf returns one version of d, which the caller holds. Zero is the newest.
func (c *Cache) VersionOf(ctx context.Context, d *Definition, number int) (workflow.VersionData, error) {
	if number == 0 || number == d.Newest.Version {
		return d.Newest, nil
	}
	found, err := c.Version(ctx, d.Workspace, d.ID, number)
	if errors.Is(err, workflow.ErrNotFound) {
		err = workflow.NotFound("version_not_found", "workflow %s has no version %d; the newest is %d", d.ID, number, d.Newest.Version)
	}
	return found, err
}

// Version reads one version from a workflow's stream, without holding the
// workflow: whoever starts an execution holds it already.
func (c *Cache) Version(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID, number int) (found workflow.VersionData, err error) {
	err = c.eachVersion(ctx, ws, id, func(_ *eventstore.Event, v workflow.VersionData) {
		if v.Version == number {
			found = v
		}
	})
	if err == nil && found.Version == 0 {
		err = workflow.NotFound("version_not_found", "workflow %s has no version %d", id, number)
	}
	return found, err
}

// Versions reads all versions of a workflow, oldest first.
func (c *Cache) Versions(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (all []workflow.Version, err error) {
	err = c.eachVersion(ctx, ws, id, func(e *eventstore.Event, v workflow.VersionData) {
		all = append(all, workflow.Version{Workflow: id, Number: v.Version, Name: v.Name, Config: v.Config, Labels: v.Labels,
			CreatedAt: e.Time, CreatedBy: workflow.PrincipalID(e.Meta.Actor.ID)})
	})
	if err == nil && len(all) == 0 {
		err = workflow.NoWorkflow(id)
	}
	return all, err
}

func (c *Cache) eachVersion(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID, use func(*eventstore.Event, workflow.VersionData)) error {
	return eachEvent(ctx, c.store, streamOf(ws, id), func(e *eventstore.Event) error {
		if e.Type != workflow.EventCreated && e.Type != workflow.EventUpdated {
			return nil
		}
		var v workflow.VersionData
		err := json.Unmarshal(e.Data, &v)
		if err == nil {
			use(e, v)
		}
		return err
	})
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
