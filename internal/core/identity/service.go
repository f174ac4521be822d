// Package identity keeps workspaces, principals and service keys, all of them
// event-sourced. It says who a token belongs to and what that caller may do. It
// has no login page and stores no passwords.
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

// MaxKeyLife is how long a key is valid at most, and by default.
const MaxKeyLife = 365 * 24 * time.Hour

// maxKeys bounds the keys of one workspace, so that they fit into memory.
const maxKeys = 10_000

// Options says where identity lives.
type Options struct {
	Store eventstore.Store
	Clock clock.Clock // nil means the machine's clock
	// Deliver is called on the first start with the admin token, before the
	// token becomes valid, and must store it durably (in a 0600 file). If the
	// process is killed in between, that token never becomes valid and the next
	// start replaces it. So there is exactly one valid admin token, and it is
	// where Deliver put it.
	Deliver func(ctx context.Context, token string) error
}

// Service tells who a caller is. It holds all keys in memory, read from the
// streams when it opens, so authentication costs no query and a revocation
// applies as soon as it is durable. It is safe for concurrent use.
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
	lastUsed  atomic.Int64 // Unix minutes; zero: not since the process started
}

// Open reads the identities. The first Open of a store creates a workspace and
// an admin key and returns them; later ones return nil.
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

// Authenticate returns the caller that token belongs to. It does not say what is
// wrong with a token: a malformed, unknown, mistyped, expired or revoked one all
// get the same unauthorized error, code invalid_token.
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
