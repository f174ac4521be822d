// Package identity knows who exists: workspaces, principals and service
// keys, all event-sourced. It says who a token belongs to and whether that
// caller may do something. It is not a login page and keeps no passwords.
package identity

import (
	"context"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// Options says where identity lives.
type Options struct {
	Store eventstore.Store
	Clock clock.Clock // nil means the machine's clock
	// Deliver is called at the first start with the admin token, before the
	// token becomes valid: it must keep it durably (a 0600 file). A process
	// killed in between leaves a file with a token that never became valid;
	// the next start replaces it. So there is exactly one valid admin token
	// and whoever has it, has it from Deliver.
	Deliver func(ctx context.Context, token string) error
}

// Service answers who a caller is. It is safe for concurrent use.
type Service struct{}

// FirstStart is what the very first Open made; Token is shown once.
type FirstStart struct {
	Workspace workflow.WorkspaceID
	Key       workflow.KeyID
	Token     string
}

// Open reads the identities. The first Open of a store makes one workspace
// and an admin key and returns them; later ones return nil.
func Open(ctx context.Context, o Options) (*Service, *FirstStart, error) { panic("skeleton") }

// Authenticate returns the caller that token belongs to.
func (s *Service) Authenticate(ctx context.Context, token string) (workflow.Caller, error) {
	panic("skeleton")
}

// CreateKeyRequest asks for a service key.
type CreateKeyRequest struct {
	Name   string
	Scopes []workflow.Permission
	// ExpiresIn is at most 365 days. Zero means 365 days.
	ExpiresIn time.Duration
}

// CreateKey makes a key and returns it with its token, which is never shown again.
func (s *Service) CreateKey(ctx context.Context, c workflow.Caller, r CreateKeyRequest) (workflow.Key, string, error) {
	panic("skeleton")
}

// ListKeys returns the keys of the caller's workspace, newest first.
func (s *Service) ListKeys(ctx context.Context, c workflow.Caller) ([]workflow.Key, error) {
	panic("skeleton")
}

// RevokeKey ends a key at once.
func (s *Service) RevokeKey(ctx context.Context, c workflow.Caller, id workflow.KeyID) error {
	panic("skeleton")
}

// Allow returns nil when the caller holds p, otherwise a forbidden error.
func Allow(c workflow.Caller, p workflow.Permission) error { return c.Require(p) }
