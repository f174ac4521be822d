package v1

import (
	"context"
	"net/http"
	"time"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/core/identity"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const tagKeys = "Keys"

// Keys manages service keys. *identity.Service is the real one.
type Keys interface {
	CreateKey(ctx context.Context, c workflow.Caller, r identity.CreateKeyRequest) (workflow.Key, string, error)
	ListKeys(ctx context.Context, c workflow.Caller) ([]workflow.Key, error)
	RevokeKey(ctx context.Context, c workflow.Caller, id workflow.KeyID) error
}

// keys is the service keys of the caller's workspace.
type keys struct{ service Keys }

func (h keys) mount(api *kit.API) {
	kit.Handle(api, workflow.KeyManage, kit.Route{Method: http.MethodPost, Path: prefix + "/keys", ID: "create-key", Tag: tagKeys, Status: http.StatusCreated,
		Summary: "Create a service key", About: "The token is in this answer and never again. A key cannot give more rights than its maker has."}, h.create)
	kit.Handle(api, workflow.KeyManage, kit.Route{Method: http.MethodGet, Path: prefix + "/keys", ID: "list-keys", Tag: tagKeys,
		Summary: "List the service keys", About: "Newest first, without their tokens."}, h.list)
	kit.Handle(api, workflow.KeyManage, kit.Route{Method: http.MethodDelete, Path: prefix + "/keys/{id}", ID: "revoke-key", Tag: tagKeys, Status: http.StatusNoContent,
		Summary: "Revoke a service key", About: "It stops working at once."}, h.revoke)
}

type createKeyIn struct {
	Body request.JSON[createKey]
}

type createKey struct {
	_             struct{}              `additionalProperties:"false"`
	Name          string                `json:"name" nonempty:"true" maxLength:"200" doc:"What the key is for: one line, without control and format characters" example:"nightly sync"`
	Scopes        []workflow.Permission `json:"scopes" minItems:"1" maxItems:"20" doc:"What it may do"`
	ExpiresInDays int                   `json:"expires_in_days,omitempty" minimum:"1" maximum:"365" default:"365" doc:"Days until it stops working"`
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

func (h keys) create(ctx context.Context, c workflow.Caller, in *createKeyIn) (*createKeyOut, error) {
	k := in.Body.Value
	key, token, err := h.service.CreateKey(ctx, c, identity.CreateKeyRequest{
		Name: k.Name, Scopes: k.Scopes, ExpiresIn: time.Duration(k.ExpiresInDays) * 24 * time.Hour,
	})
	if err != nil {
		return nil, err
	}
	return &createKeyOut{Location: location("keys", key.ID), Body: NewKey{Key: key, Token: token}}, nil
}

func (h keys) list(ctx context.Context, c workflow.Caller, _ *struct{}) (*kit.Reply[workflow.Page[workflow.Key]], error) {
	found, err := h.service.ListKeys(ctx, c)
	return pageOf(workflow.Page[workflow.Key]{Items: found}, err)
}

type keyPath struct {
	ID workflow.KeyID `path:"id" maxLength:"100" doc:"Id of the key"`
}

func (h keys) revoke(ctx context.Context, c workflow.Caller, in *keyPath) (*kit.NoContent, error) {
	return &kit.NoContent{}, h.service.RevokeKey(ctx, c, in.ID)
}
