// Package identity knows who exists: workspaces, principals and service
// keys, all event-sourced. It says who a token belongs to and whether that
// caller may do something. It is not a login page and keeps no passwords.
package identity

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/auth"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// MaxKeyLife is the longest and the default life of a key.
const MaxKeyLife = 365 * 24 * time.Hour

// maxKeys bounds the keys of one workspace, so that they fit into memory.
const maxKeys = 10_000

// Options says where identity lives.
type Options struct {
	Store eventstore.Store
	Clock clock.Clock // nil means the machine's clock
	// Deliver is called at the first start with the admin token, before the
	// token becomes valid: it must keep it durably (a 0600 file). A process
	// killed in between leaves a token that never became valid; the next
	// start replaces it. So there is exactly one valid admin token, and it is
	// where Deliver put it.
	Deliver func(ctx context.Context, token string) error
}

// Service answers who a caller is. It holds all keys in memory, read from
// the streams when it opens, so an answer costs no query and a revocation
// holds from the moment it is durable. It is safe for concurrent use.
type Service struct {
	store eventstore.Store
	clock clock.Clock

	write      sync.Mutex // one command at a time; readers do not wait for it
	mu         sync.RWMutex
	keys       map[workflow.KeyID]*key
	workspaces map[workflow.WorkspaceID]*workspace
}

type workspace struct {
	version int64 // of its stream
	name    string
	keys    []*key // in order of creation
}

type key struct {
	workflow.Key
	workspace workflow.WorkspaceID
	hash      auth.Hash
	lastUsed  atomic.Int64 // Unix minutes; zero: not since the start
}

// Open reads the identities. The first Open of a store makes one workspace
// and an admin key and returns them; later ones return nil.
func Open(ctx context.Context, o Options) (*Service, *FirstStart, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	s := &Service{store: o.Store, clock: o.Clock,
		keys: map[workflow.KeyID]*key{}, workspaces: map[workflow.WorkspaceID]*workspace{}}
	ids, err := s.readInstallation(ctx)
	if err != nil {
		return nil, nil, err
	}
	if len(ids) == 0 {
		first, err := s.firstStart(ctx, o.Deliver)
		return s, first, err
	}
	for _, id := range ids {
		if err := s.readWorkspace(ctx, id); err != nil {
			return nil, nil, err
		}
	}
	return s, nil, nil
}

// Authenticate returns the caller that token belongs to. What is wrong with
// a token (malformed, unknown, other secret, expired, revoked) is not told
// apart: all give the same unauthorized error, code invalid_token.
func (s *Service) Authenticate(_ context.Context, token string) (workflow.Caller, error) {
	presented, err := auth.Parse(token)
	if err != nil {
		return workflow.Caller{}, errInvalidToken()
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := s.keys[workflow.KeyID("key_"+presented.ID)]
	if k == nil {
		presented.Matches(auth.Hash{}) // the same work as for a known key
		return workflow.Caller{}, errInvalidToken()
	}
	now := s.clock.Now()
	if !presented.Matches(k.hash) || k.RevokedAt != nil || !now.Before(k.ExpiresAt) {
		return workflow.Caller{}, errInvalidToken()
	}
	k.lastUsed.Store(now.Unix() / 60)
	return workflow.Caller{Workspace: k.workspace, Principal: k.Principal, Key: k.ID, Scopes: k.Scopes}, nil
}

func errInvalidToken() error {
	return workflow.Unauthorized("invalid_token", "the token is not valid: it may be mistyped, expired or revoked; use a current one in the Authorization header (Bearer paw_…)")
}
