package identity

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/auth"
)

// FirstStart is what the first Open of a store created. Token is shown once.
type FirstStart struct {
	Workspace workflow.WorkspaceID
	Key       workflow.KeyID
	Token     string
}

// firstStart creates the workspace, its admin and the admin's key in one append
// that only an empty installation accepts, so that it happens only once.
func (s *Service) firstStart(ctx context.Context, deliver func(context.Context, string) error) (*FirstStart, error) {
	if deliver == nil {
		return nil, errors.New("identity: the first start needs a Deliver function for the admin token")
	}
	first := &FirstStart{Workspace: workflow.NewWorkspaceID(), Key: workflow.NewKeyID()}
	admin := workflow.NewPrincipalID()
	token, made, err := s.keyEvent(keyCreatedData{Key: first.Key, Name: "admin", Principal: admin,
		Scopes: []workflow.Permission{workflow.Admin}, ExpiresAt: s.expiry(MaxKeyLife)}, eventstore.Actor{Type: "system"})
	if err != nil {
		return nil, err
	}
	if err := deliver(ctx, token); err != nil {
		return nil, fmt.Errorf("deliver the admin token: %w", err)
	}
	first.Token = token
	return first, s.appendFirst(ctx, first.Workspace, admin, made)
}

func (s *Service) appendFirst(ctx context.Context, ws workflow.WorkspaceID, admin workflow.PrincipalID, made eventstore.NewEvent) error {
	workspaceMade, err := newEvent(workspaceCreated, workspaceCreatedData{Workspace: ws, Name: "default"}, made.Meta.Actor)
	if err != nil {
		return err
	}
	adminMade, err := newEvent(principalCreated, principalCreatedData{Principal: admin, Type: "person", Name: "admin"}, made.Meta.Actor)
	if err != nil {
		return err
	}
	done, err := s.store.Append(ctx, eventstore.Batch{Streams: []eventstore.StreamAppend{
		{Stream: installationStream(), Expected: eventstore.NoStream, Events: []eventstore.NewEvent{workspaceMade}},
		{Stream: workspaceStream(ws), Expected: eventstore.NoStream, Events: []eventstore.NewEvent{adminMade, made}},
	}})
	if err != nil {
		return fmt.Errorf("create the first workspace: %w", err)
	}
	s.workspaces[ws] = &workspace{name: "default"}
	return s.applyAll(done.Events, made.Journal)
}

// applyAll folds what was just appended. An appended event may come back
// without its journal column, so the caller passes the journal it has written.
func (s *Service) applyAll(events []eventstore.Event, journal []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		if e.Stream.Type != identityType {
			continue
		}
		if e.Type == keyCreated {
			e.Journal = journal
		}
		if err := s.apply(e); err != nil {
			return err
		}
	}
	return nil
}

// keyEvent creates a token and the event that records its hash.
func (s *Service) keyEvent(d keyCreatedData, by eventstore.Actor) (string, eventstore.NewEvent, error) {
	token, hash, err := auth.New(strings.TrimPrefix(string(d.Key), "key_"))
	if err != nil {
		return "", eventstore.NewEvent{}, err
	}
	e, err := newEvent(keyCreated, d, by)
	if err != nil {
		return "", e, err
	}
	e.Journal, err = json.Marshal(keyCreatedJournal{Hash: hex.EncodeToString(hash[:])})
	return token, e, err
}

// expiry is the moment after d, in the store's precision.
func (s *Service) expiry(d time.Duration) time.Time {
	return s.clock.Now().UTC().Add(d).Truncate(time.Microsecond)
}

func newEvent(typ string, data any, by eventstore.Actor) (eventstore.NewEvent, error) {
	raw, err := json.Marshal(data)
	return eventstore.NewEvent{Type: typ, Schema: 1, Data: raw, Meta: eventstore.Meta{Actor: by}}, err
}
