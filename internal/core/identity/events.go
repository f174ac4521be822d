package identity

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Stream types. The installation has one stream, outside any workspace, that
// lists the workspaces; each workspace has one with its principals and keys.
const (
	installationType = "installation"
	identityType     = "identity"
)

// Types of events.
const (
	workspaceCreated = "workspace.created"
	principalCreated = "principal.created"
	keyCreated       = "key.created"
	keyRevoked       = "key.revoked"
)

type workspaceCreatedData struct {
	Workspace workflow.WorkspaceID `json:"workspace"`
	Name      string               `json:"name"`
}

type principalCreatedData struct {
	Principal workflow.PrincipalID `json:"principal"`
	Type      string               `json:"kind"` // person or service_account
	Name      string               `json:"name"`
}

type keyCreatedData struct {
	Key       workflow.KeyID        `json:"key"`
	Name      string                `json:"name"`
	Principal workflow.PrincipalID  `json:"principal"`
	Scopes    []workflow.Permission `json:"scopes"`
	CreatedBy workflow.PrincipalID  `json:"created_by,omitempty"`
	ExpiresAt time.Time             `json:"expires_at"`
}

// keyCreatedJournal is stored in the private column: subscribers never see even
// the hash.
type keyCreatedJournal struct {
	Hash string `json:"sha256"`
}

type keyRevokedData struct {
	Key       workflow.KeyID       `json:"key"`
	RevokedBy workflow.PrincipalID `json:"revoked_by"`
}

func installationStream() eventstore.StreamID {
	return eventstore.StreamID{Type: installationType, ID: "installation"}
}

func workspaceStream(ws workflow.WorkspaceID) eventstore.StreamID {
	return eventstore.StreamID{Workspace: string(ws), Type: identityType, ID: string(ws)}
}
