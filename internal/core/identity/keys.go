package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// CreateKeyRequest asks for a service key.
type CreateKeyRequest struct {
	Name   string
	Scopes []workflow.Permission
	// ExpiresIn is at most 365 days. Zero means 365 days.
	ExpiresIn time.Duration
}

// CreateKey creates a service account with a key and returns the key with its
// token, which is never shown again. Callers can only grant scopes that they hold
// themselves.
func (s *Service) CreateKey(ctx context.Context, c workflow.Caller, r CreateKeyRequest) (workflow.Key, string, error) {
	if err := c.Require(workflow.KeyManage); err != nil {
		return workflow.Key{}, "", err
	}
	if err := checkRequest(c, &r); err != nil {
		return workflow.Key{}, "", err
	}
	s.write.Lock()
	defer s.write.Unlock()
	ws, err := s.workspace(c)
	if err != nil {
		return workflow.Key{}, "", err
	}
	if len(ws.keys) >= maxKeys {
		return workflow.Key{}, "", workflow.Conflict("too_many_keys", "this workspace has %d keys, the most it can have", len(ws.keys))
	}
	by := actor(c)
	account := workflow.NewPrincipalID()
	accountMade, err := newEvent(principalCreated, principalCreatedData{Principal: account, Type: "service_account", Name: r.Name}, by)
	if err != nil {
		return workflow.Key{}, "", err
	}
	id := workflow.NewKeyID()
	token, made, err := s.keyEvent(keyCreatedData{Key: id, Name: r.Name, Principal: account, Scopes: r.Scopes,
		CreatedBy: c.Principal, ExpiresAt: s.expiry(r.ExpiresIn)}, by)
	if err != nil {
		return workflow.Key{}, "", err
	}
	if err := s.append(ctx, c.Workspace, ws.version, made.Journal, accountMade, made); err != nil {
		return workflow.Key{}, "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.keys[id].shown(), token, nil
}

// ListKeys returns the keys of the caller's workspace, newest first, including
// revoked ones.
func (s *Service) ListKeys(_ context.Context, c workflow.Caller) ([]workflow.Key, error) {
	if err := c.Require(workflow.KeyManage); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	ws := s.workspaces[c.Workspace]
	if ws == nil {
		return nil, nil
	}
	out := make([]workflow.Key, 0, len(ws.keys))
	for _, k := range slices.Backward(ws.keys) {
		out = append(out, k.shown())
	}
	return out, nil
}

// RevokeKey ends a key at once and permanently. Revoking it again is not an error.
// The last valid admin key cannot be revoked: it would lock everyone out.
func (s *Service) RevokeKey(ctx context.Context, c workflow.Caller, id workflow.KeyID) error {
	if err := c.Require(workflow.KeyManage); err != nil {
		return err
	}
	s.write.Lock()
	defer s.write.Unlock()
	ws, err := s.workspace(c)
	if err != nil {
		return err
	}
	k := s.keys[id] // only commands change it, and write lets in one at a time
	if k == nil || k.workspace != c.Workspace {
		return workflow.NotFound("key_not_found", "there is no key %s in this workspace", id)
	}
	if k.RevokedAt != nil {
		return nil
	}
	if slices.Contains(k.Scopes, workflow.Admin) {
		if !c.Can(workflow.Admin) {
			return workflow.Forbidden("insufficient_scope", "only an admin may revoke an admin's key")
		}
		if s.lastAdmin(ws, k) {
			return workflow.Conflict("last_admin_key", "%s is the last valid admin key; create another one before you revoke it", id)
		}
	}
	e, err := newEvent(keyRevoked, keyRevokedData{Key: id, RevokedBy: c.Principal}, actor(c))
	if err != nil {
		return err
	}
	return s.append(ctx, c.Workspace, ws.version, nil, e)
}

// append writes to the workspace's stream and folds what was written. The
// caller holds write, so version is the newest one.
func (s *Service) append(ctx context.Context, id workflow.WorkspaceID, version int64, journal []byte, events ...eventstore.NewEvent) error {
	done, err := s.store.Append(ctx, eventstore.Batch{Streams: []eventstore.StreamAppend{
		{Stream: workspaceStream(id), Expected: version, Events: events}}})
	if errors.Is(err, eventstore.ErrConflict) {
		return workflow.Conflict("changed_meanwhile", "someone changed the keys at the same time; try again")
	}
	if err != nil {
		return fmt.Errorf("write identities: %w", err)
	}
	return s.applyAll(done.Events, journal)
}

func (s *Service) workspace(c workflow.Caller) (*workspace, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if ws := s.workspaces[c.Workspace]; ws != nil {
		return ws, nil
	}
	return nil, workflow.NotFound("workspace_not_found", "there is no such workspace")
}

func (s *Service) lastAdmin(ws *workspace, leaving *key) bool {
	now := s.clock.Now()
	for _, k := range ws.keys {
		if k != leaving && k.RevokedAt == nil && now.Before(k.ExpiresAt) && slices.Contains(k.Scopes, workflow.Admin) {
			return false
		}
	}
	return true
}

// checkRequest reports everything that is wrong with r and fills in defaults.
func checkRequest(c workflow.Caller, r *CreateKeyRequest) error {
	var faults []workflow.Problem
	r.Name, faults = workflow.CheckName(r.Name)
	if len(r.Scopes) == 0 {
		faults = append(faults, workflow.Problem{Pointer: "/scopes", Code: "required", Detail: fmt.Sprintf("name at least one of the scopes %v", workflow.Permissions())})
	}
	for i, scope := range r.Scopes {
		if !scope.Known() {
			faults = append(faults, workflow.Problem{Pointer: fmt.Sprintf("/scopes/%d", i), Code: "unknown_scope",
				Detail: fmt.Sprintf("%q is not a scope; the scopes are %v", scope, workflow.Permissions())})
		}
	}
	if r.ExpiresIn == 0 {
		r.ExpiresIn = MaxKeyLife
	}
	if r.ExpiresIn < 0 || r.ExpiresIn > MaxKeyLife {
		faults = append(faults, workflow.Problem{Pointer: "/expires_in_days", Code: "range", Detail: "a key is valid for at most 365 days"})
	}
	if len(faults) > 0 {
		return workflow.Invalid("invalid_key", "the key cannot be created", faults...)
	}
	for _, scope := range r.Scopes {
		if !c.Can(scope) {
			return workflow.Forbidden("insufficient_scope", "you cannot grant the scope %q, because your own key does not have it", scope)
		}
	}
	slices.Sort(r.Scopes)
	r.Scopes = slices.Compact(r.Scopes)
	return nil
}

// shown returns the part of a key that callers may see.
func (k *key) shown() workflow.Key {
	out := k.Key
	out.Scopes = slices.Clone(k.Scopes)
	if m := k.lastUsed.Load(); m > 0 {
		at := time.Unix(m*60, 0).UTC()
		out.LastUsed = &at
	}
	return out
}

func actor(c workflow.Caller) eventstore.Actor {
	return eventstore.Actor{Type: "principal", ID: string(c.Principal)}
}
