package identity

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const readBatch = 500

// readInstallation returns the workspaces in order of creation.
func (s *Service) readInstallation(ctx context.Context) ([]workflow.WorkspaceID, error) {
	var ids []workflow.WorkspaceID
	err := s.readStream(ctx, installationStream(), func(e eventstore.Event) error {
		if e.Type != workspaceCreated {
			return nil
		}
		var d workspaceCreatedData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return err
		}
		ids = append(ids, d.Workspace)
		s.workspaces[d.Workspace] = &workspace{name: d.Name}
		return nil
	})
	return ids, err
}

func (s *Service) readWorkspace(ctx context.Context, id workflow.WorkspaceID) error {
	return s.readStream(ctx, workspaceStream(id), func(e eventstore.Event) error { return s.apply(e) })
}

func (s *Service) readStream(ctx context.Context, id eventstore.StreamID, apply func(eventstore.Event) error) error {
	for after := int64(0); ; {
		events, err := s.store.ReadStream(ctx, id, after, readBatch)
		if err != nil {
			return fmt.Errorf("read identities: %w", err)
		}
		for _, e := range events {
			if err := apply(e); err != nil {
				return fmt.Errorf("read identities: event %d (%s): %w", e.Position, e.Type, err)
			}
			after = e.Version
		}
		if len(events) < readBatch {
			return nil
		}
	}
}

// apply folds one event of a workspace's stream into the state. The caller
// holds mu, or no one else has s yet.
func (s *Service) apply(e eventstore.Event) error {
	ws := s.workspaces[workflow.WorkspaceID(e.Stream.Workspace)]
	switch e.Type {
	case keyCreated:
		k, err := newKey(e)
		if err != nil {
			return err
		}
		s.keys[k.ID] = k
		ws.keys = append(ws.keys, k)
	case keyRevoked:
		var d keyRevokedData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return err
		}
		if k := s.keys[d.Key]; k != nil {
			at := e.Time
			k.RevokedAt = &at
		}
	}
	ws.version = e.Version
	return nil
}

func newKey(e eventstore.Event) (*key, error) {
	var d keyCreatedData
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return nil, err
	}
	var j keyCreatedJournal
	if err := json.Unmarshal(e.Journal, &j); err != nil {
		return nil, err
	}
	k := &key{workspace: workflow.WorkspaceID(e.Stream.Workspace), Key: workflow.Key{ID: d.Key, Name: d.Name, Principal: d.Principal,
		Scopes: d.Scopes, CreatedAt: e.Time, CreatedBy: d.CreatedBy, ExpiresAt: d.ExpiresAt}}
	if n, err := hex.Decode(k.hash[:], []byte(j.Hash)); err != nil || n != len(k.hash) {
		return nil, fmt.Errorf("key %s has no usable hash", d.Key)
	}
	return k, nil
}
