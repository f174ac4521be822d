package http

import (
	"context"
	"net/http"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/identity"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const tagKeys = "Keys"

// keys registers the service keys of the caller's workspace.
func (f *face) keys() {
	handle(f, workflow.KeyManage, route{method: http.MethodPost, path: v1 + "/keys", id: "create-key", tag: tagKeys, status: http.StatusCreated,
		summary: "Create a service key", about: "The token is in this answer and never again. A key cannot give more rights than its maker has."}, f.createKey)
	handle(f, workflow.KeyManage, route{method: http.MethodGet, path: v1 + "/keys", id: "list-keys", tag: tagKeys,
		summary: "List the service keys", about: "Newest first, without their tokens."}, f.listKeys)
	handle(f, workflow.KeyManage, route{method: http.MethodDelete, path: v1 + "/keys/{id}", id: "revoke-key", tag: tagKeys, status: http.StatusNoContent,
		summary: "Revoke a service key", about: "It stops working at once."}, f.revokeKey)
}

type createKeyIn struct {
	Body struct {
		_             struct{}              `additionalProperties:"false"`
		Name          string                `json:"name" minLength:"1" maxLength:"200" doc:"What the key is for" example:"nightly sync"`
		Scopes        []workflow.Permission `json:"scopes" minItems:"1" maxItems:"20" doc:"What it may do: workflows:read, workflows:write, workflows:run, executions:read, keys:manage, system:manage, admin"`
		ExpiresInDays int                   `json:"expires_in_days,omitempty" minimum:"1" maximum:"365" default:"365" doc:"Days until it stops working"`
	} `nameHint:"CreateKey"`
}

// NewKey is a key together with its token.
type NewKey struct {
	workflow.Key
	Token string `json:"token" doc:"The credential; keep it, it is not shown again"`
}

type createKeyOut struct {
	Location string `header:"Location"`
	Body     NewKey
}

func (f *face) createKey(ctx context.Context, c workflow.Caller, in *createKeyIn) (*createKeyOut, error) {
	key, token, err := f.Identity.CreateKey(ctx, c, identity.CreateKeyRequest{
		Name: in.Body.Name, Scopes: in.Body.Scopes, ExpiresIn: time.Duration(in.Body.ExpiresInDays) * 24 * time.Hour,
	})
	if err != nil {
		return nil, err
	}
	return &createKeyOut{Location: location("keys", key.ID), Body: NewKey{Key: key, Token: token}}, nil
}

func (f *face) listKeys(ctx context.Context, c workflow.Caller, _ *struct{}) (*body[workflow.Page[workflow.Key]], error) {
	keys, err := f.Identity.ListKeys(ctx, c)
	return answerOf(workflow.Page[workflow.Key]{Items: keys}, err)
}

// KeyPath names a key.
type KeyPath struct {
	ID workflow.KeyID `path:"id" maxLength:"100" doc:"Id of the key"`
}

func (f *face) revokeKey(ctx context.Context, c workflow.Caller, in *KeyPath) (*none, error) {
	return &none{}, f.Identity.RevokeKey(ctx, c, in.ID)
}
