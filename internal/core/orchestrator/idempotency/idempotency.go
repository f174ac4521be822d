// Package idempotency lets a request that carries a key have its effect once: the
// response to the first one is stored in the transaction of its effect, and is
// what the same request gets again. It knows nothing of the requests.
package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations/*.sql sql/*.sql
var files embed.FS

// kept is how long a key is remembered.
const kept = 24 * time.Hour

// errResponded says that another request with the same key was faster.
var errResponded = errors.New("a request with this idempotency key was answered already")

// Request identifies a request that carries a key: who asked for what. Nil is one
// without a key; nothing is remembered of it.
type Request struct {
	workspace, principal, scope, key, hash string
}

// New checks a key; an empty one gives nil. The scope is what was asked for, such
// as the method and path of a call.
func New(c workflow.Caller, scope, key string, body any) (*Request, error) {
	if key == "" {
		return nil, nil
	}
	if len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, workflow.Invalid("idempotency_key_malformed", "an idempotency key has 1 to 255 printable ASCII characters")
	}
	raw, err := json.Marshal(body)
	if err != nil { // it has raw JSON that is none
		return nil, workflow.Invalid("malformed", "the request holds a document that is not JSON")
	}
	sum := sha256.Sum256(Canonical(raw))
	return &Request{string(c.Workspace), string(c.Principal), scope, key, hex.EncodeToString(sum[:])}, nil
}

// Canonical writes JSON with sorted keys and without spaces; numbers stay as they
// are written. What is not JSON stays as it is.
func Canonical(raw []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return raw
	}
	out, err := json.Marshal(value)
	if err != nil {
		return raw
	}
	return out
}

// Memory remembers responses. It is safe for concurrent use.
type Memory struct {
	db    *db.DB
	clock clock.Clock
	sql   struct{ recall, remember, forget string }
}

// Open brings the table up to date.
func Open(ctx context.Context, d *db.DB, c clock.Clock) (*Memory, error) {
	m := &Memory{db: d, clock: c}
	if err := d.Migrate(ctx, "orchestrator", files); err != nil {
		return nil, err
	}
	return m, d.Statements(files, map[string]*string{
		"recall_answer": &m.sql.recall, "remember_answer": &m.sql.remember, "forget_answers": &m.sql.forget,
	})
}

// Once calls do, which commits what Remember returns with its effect, unless the
// same request was answered before: then it returns that response. Another
// request under the same key is refused as invalid.
func Once[T any](ctx context.Context, m *Memory, r *Request, do func() (T, error)) (response T, replayed bool, err error) {
	if replayed, err = m.recall(ctx, r, &response); replayed || err != nil {
		return response, replayed, err
	}
	done, failed := do()
	if failed == nil {
		return done, false, nil
	}
	// It may have failed because the same request was faster.
	if replayed, err = m.recall(ctx, r, &response); !replayed && err == nil {
		err = failed
	}
	return response, replayed, err
}

// recall fills response with what the first request of a key was answered and
// reports whether there was one.
func (m *Memory) recall(ctx context.Context, r *Request, response any) (bool, error) {
	if r == nil {
		return false, nil
	}
	workspace, err := m.db.Workspace(ctx, r.workspace)
	if err != nil {
		return false, err
	}
	var hash, raw string
	err = m.db.Read().QueryRow(ctx, m.sql.recall, workspace, r.principal, r.scope, r.key).Scan(&hash, &raw)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if hash != r.hash {
		return false, workflow.Invalid("idempotency_key_reused", "this idempotency key was used with another request; take a new key for a new request")
	}
	return true, json.Unmarshal([]byte(raw), response)
}

// Remember returns the writes that store a response with its effect. They fail if
// the same request was faster.
func (m *Memory) Remember(r *Request, response any) ([]db.Write, error) {
	if r == nil {
		return nil, nil
	}
	raw, err := json.Marshal(response)
	if err != nil {
		return nil, err
	}
	now := m.clock.Now().UnixMicro()
	return []db.Write{func(ctx context.Context, tx db.Tx) error {
		workspace, err := tx.Workspace(ctx, r.workspace)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, m.sql.remember, workspace, r.principal, r.scope, r.key, r.hash, string(raw), now)
		if err == nil && n == 0 {
			err = errResponded
		}
		return err
	}}, nil
}

// Keep stores a response whose effect cannot be committed with it, since something
// else commits that. The effect must be one that is had once even if the same
// request is carried out again.
func (m *Memory) Keep(ctx context.Context, r *Request, response any) error {
	writes, err := m.Remember(r, response)
	for _, w := range writes {
		err = errors.Join(err, m.db.Write(ctx, w))
	}
	return err
}

// Forget drops the responses that are older than a day.
func (m *Memory) Forget(ctx context.Context) error {
	before := m.clock.Now().Add(-kept).UnixMicro()
	return m.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, m.sql.forget, before)
		return err
	})
}
