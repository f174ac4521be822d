package identity_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/identity"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// shifted is a clock that a test can move.
type shifted struct {
	clock.Clock
	by atomic.Int64
}

func (c *shifted) Now() time.Time { return c.Clock.Now().Add(time.Duration(c.by.Load())) }

type site struct {
	t     *testing.T
	store eventstore.Store
	clock *shifted
	*identity.Service
	delivered []string
}

func newSite(t *testing.T) (*site, *identity.FirstStart) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	store, err := sqlite.Open(t.Context(), d, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s := &site{t: t, store: store, clock: &shifted{Clock: clock.System()}}
	return s, s.open()
}

// open starts the next process on the same store.
func (s *site) open() *identity.FirstStart {
	s.t.Helper()
	service, first, err := identity.Open(s.t.Context(), identity.Options{Store: s.store, Clock: s.clock,
		Deliver: func(_ context.Context, token string) error { s.delivered = append(s.delivered, token); return nil }})
	if err != nil {
		s.t.Fatal(err)
	}
	s.Service = service
	return first
}

func (s *site) caller(token string) workflow.Caller {
	s.t.Helper()
	c, err := s.Authenticate(s.t.Context(), token)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *site) refused(token string) {
	s.t.Helper()
	_, err := s.Authenticate(s.t.Context(), token)
	if e := workflow.AsError(err); err == nil || e.Category != workflow.CategoryUnauthorized || e.Code != "invalid_token" {
		s.t.Errorf("got %v, want unauthorized", err)
	}
}

func (s *site) wants(err error, category workflow.ErrorCategory, code string) {
	s.t.Helper()
	if e := workflow.AsError(err); err == nil || e.Category != category || e.Code != code {
		s.t.Errorf("got %v, want %s, %s", err, category, code)
	}
}

func TestTheFirstStartCreatesOneAdmin(t *testing.T) {
	t.Parallel()
	s, first := newSite(t)
	if first == nil || len(s.delivered) != 1 || s.delivered[0] != first.Token {
		t.Fatalf("first %+v, delivered %d", first, len(s.delivered))
	}
	admin := s.caller(first.Token)
	if admin.Workspace != first.Workspace || admin.Key != first.Key || !admin.Can(workflow.KeyManage) {
		t.Errorf("caller %+v", admin)
	}
	if again := s.open(); again != nil || len(s.delivered) != 1 {
		t.Errorf("the second start created another admin: %+v", again)
	}
	if got := s.caller(first.Token); got.Principal != admin.Principal {
		t.Errorf("after a restart the caller is %+v", got)
	}
}

// A process that dies after the token was delivered and before it became
// valid leaves nothing valid behind.
func TestAFirstStartThatDiedIsRepeated(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	store, err := sqlite.Open(t.Context(), d, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var lost string
	died := errors.New("died")
	_, _, err = identity.Open(t.Context(), identity.Options{Store: store, Deliver: func(_ context.Context, token string) error { lost = token; return died }})
	if !errors.Is(err, died) {
		t.Fatalf("got %v", err)
	}
	service, first, err := identity.Open(t.Context(), identity.Options{Store: store, Deliver: func(context.Context, string) error { return nil }})
	if err != nil || first == nil {
		t.Fatalf("first %+v, %v", first, err)
	}
	if _, err := service.Authenticate(t.Context(), lost); err == nil {
		t.Error("a token that was never recorded is valid")
	}
	if _, err := service.Authenticate(t.Context(), first.Token); err != nil {
		t.Error(err)
	}
	if _, _, err := identity.Open(t.Context(), identity.Options{Store: store}); err != nil {
		t.Errorf("a later start needs no delivery: %v", err)
	}
}

func TestAKeyHasItsScopesAndNoOthers(t *testing.T) {
	t.Parallel()
	s, first := newSite(t)
	admin := s.caller(first.Token)
	made, token, err := s.CreateKey(t.Context(), admin, identity.CreateKeyRequest{Name: "reader", Scopes: []workflow.Permission{workflow.WorkflowRead, workflow.KeyManage, workflow.WorkflowRead}})
	if err != nil {
		t.Fatal(err)
	}
	c := s.caller(token)
	if c.Workspace != admin.Workspace || c.Principal == admin.Principal || !c.Can(workflow.WorkflowRead) || !c.Can(workflow.Public) || c.Can(workflow.WorkflowRun) || len(made.Scopes) != 2 {
		t.Errorf("caller %+v, key %+v", c, made)
	}
	s.wants(c.Require(workflow.WorkflowRun), workflow.CategoryForbidden, "insufficient_scope")
	_, _, err = s.CreateKey(t.Context(), c, identity.CreateKeyRequest{Name: "more", Scopes: []workflow.Permission{workflow.Admin}})
	s.wants(err, workflow.CategoryForbidden, "insufficient_scope")
	s.wants(s.RevokeKey(t.Context(), c, first.Key), workflow.CategoryForbidden, "insufficient_scope")
	c.Scopes = []workflow.Permission{workflow.WorkflowRead}
	_, _, err = s.CreateKey(t.Context(), c, identity.CreateKeyRequest{Name: "x", Scopes: c.Scopes})
	s.wants(err, workflow.CategoryForbidden, "insufficient_scope")
	_, err = s.ListKeys(t.Context(), c)
	s.wants(err, workflow.CategoryForbidden, "insufficient_scope")
	s.wants(s.RevokeKey(t.Context(), c, made.ID), workflow.CategoryForbidden, "insufficient_scope")
}

func TestARevokedKeyIsRefusedAtOnceAndPermanently(t *testing.T) {
	t.Parallel()
	s, first := newSite(t)
	ctx := t.Context()
	admin := s.caller(first.Token)
	made, token, err := s.CreateKey(ctx, admin, identity.CreateKeyRequest{Name: "k", Scopes: []workflow.Permission{workflow.WorkflowRead}})
	if err != nil {
		t.Fatal(err)
	}
	s.caller(token)
	if err := s.RevokeKey(ctx, admin, made.ID); err != nil {
		t.Fatal(err)
	}
	s.refused(token)
	if err := s.RevokeKey(ctx, admin, made.ID); err != nil {
		t.Errorf("revoking twice: %v", err)
	}
	s.open()
	s.refused(token)
	s.wants(s.RevokeKey(ctx, admin, workflow.NewKeyID()), workflow.CategoryNotFound, "key_not_found")
	s.wants(s.RevokeKey(ctx, admin, first.Key), workflow.CategoryConflict, "last_admin_key")
	stranger := admin
	stranger.Workspace = workflow.NewWorkspaceID()
	s.wants(s.RevokeKey(ctx, stranger, first.Key), workflow.CategoryNotFound, "workspace_not_found")
	if keys, err := s.ListKeys(ctx, stranger); err != nil || len(keys) != 0 {
		t.Errorf("a stranger lists %v, %v", keys, err)
	}
}

func TestAKeyExpires(t *testing.T) {
	t.Parallel()
	s, first := newSite(t)
	admin := s.caller(first.Token)
	_, token, err := s.CreateKey(t.Context(), admin, identity.CreateKeyRequest{Name: "k", Scopes: []workflow.Permission{workflow.WorkflowRead}, ExpiresIn: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s.clock.by.Store(int64(time.Hour - time.Second))
	s.caller(token)
	s.clock.by.Store(int64(time.Hour))
	s.refused(token)
	s.clock.by.Store(int64(identity.MaxKeyLife))
	s.refused(first.Token)
}

func TestAWrongKeyRequestIsRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	s, first := newSite(t)
	_, _, err := s.CreateKey(t.Context(), s.caller(first.Token), identity.CreateKeyRequest{Name: " ", Scopes: []workflow.Permission{"everything", workflow.Public}, ExpiresIn: 366 * 24 * time.Hour})
	s.wants(err, workflow.CategoryInvalid, "invalid_key")
	var pointers []string
	for _, p := range workflow.AsError(err).Problems {
		pointers = append(pointers, p.Pointer)
	}
	if got := strings.Join(pointers, " "); got != "/name /scopes/0 /scopes/1 /expires_in_days" {
		t.Errorf("pointers %s", got)
	}
}

// A dump of the store contains no usable key.
func TestNoTokenIsStored(t *testing.T) {
	t.Parallel()
	s, first := newSite(t)
	admin := s.caller(first.Token)
	_, token, err := s.CreateKey(t.Context(), admin, identity.CreateKeyRequest{Name: "k", Scopes: []workflow.Permission{workflow.WorkflowRead}})
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.store.ReadAll(t.Context(), 0, 100, eventstore.Filter{Private: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if strings.Contains(string(e.Data)+string(e.Journal), token[37:]) || strings.Contains(string(e.Data), "sha256") {
			t.Errorf("event %s holds a token, or shows a hash", e.Type)
		}
	}
	keys, err := s.ListKeys(t.Context(), admin)
	if err != nil || len(keys) != 2 || keys[0].Name != "k" || keys[1].LastUsed == nil || keys[0].LastUsed != nil {
		t.Errorf("keys %+v, %v", keys, err)
	}
}

func TestARefusalDoesNotSayWhatIsWrongWithAToken(t *testing.T) {
	t.Parallel()
	s, first := newSite(t)
	other := []byte(first.Token)
	other[len(other)-1] ^= 1
	unknown := strings.Replace(first.Token, first.Token[4:8], "ffff", 1)
	for _, token := range []string{"", "nonsense", string(other), unknown, strings.Repeat("x", 1<<20)} {
		s.refused(token)
	}
}
