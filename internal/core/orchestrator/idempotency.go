package orchestrator

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// responsesKept is how long an idempotency key is remembered.
const responsesKept = 24 * time.Hour

// errResponded says that another request with the same key was faster.
var errResponded = errors.New("a request with this idempotency key was answered already")

// command identifies a request that carries an idempotency key: who asked for
// what.
type command struct {
	workspace, principal, scope, key, hash string
}

// newCommand checks the key; an empty one gives nil, which remembers nothing.
func newCommand(c workflow.Caller, scope, key string, body any) (*command, error) {
	if key == "" {
		return nil, nil
	}
	if len(key) > 255 || !printable(key) {
		return nil, workflow.Invalid("idempotency_key_malformed", "an idempotency key has 1 to 255 printable ASCII characters")
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(canonical(raw))
	return &command{string(c.Workspace), string(c.Principal), scope, key, hex.EncodeToString(sum[:])}, nil
}

func printable(s string) bool {
	for _, r := range []byte(s) {
		if r < 0x20 || r > 0x7e {
			return false
		}
	}
	return true
}

// canonical writes JSON with sorted keys and without spaces; numbers stay as
// they are written.
func canonical(raw []byte) []byte {
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

// recall fills response with what the first request of this key was answered
// and reports whether there was one. Another body under the same key is an
// error.
func (s *Service) recall(ctx context.Context, q *command, response any) (bool, error) {
	if q == nil {
		return false, nil
	}
	workspace, err := s.db.Workspace(ctx, q.workspace)
	if err != nil {
		return false, err
	}
	var hash, raw string
	err = s.db.Read().QueryRow(ctx, s.sql.recallResponse, workspace, q.principal, q.scope, q.key).Scan(&hash, &raw)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if hash != q.hash {
		return false, workflow.Invalid("idempotency_key_reused", "this idempotency key was used with another request; take a new key for a new request")
	}
	return true, json.Unmarshal([]byte(raw), response)
}

// remember returns the inline writers that store the response with the effect.
func (s *Service) remember(q *command, response any) ([]db.Write, error) {
	if q == nil {
		return nil, nil
	}
	raw, err := json.Marshal(response)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now().UnixMicro()
	return []db.Write{func(ctx context.Context, tx db.Tx) error {
		workspace, err := tx.Workspace(ctx, q.workspace)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, s.sql.rememberResponse, workspace, q.principal, q.scope, q.key, q.hash, string(raw), now)
		if err == nil && n == 0 {
			err = errResponded
		}
		return err
	}}, nil
}

// forgetResponses drops the responses that are older than a day.
func (s *Service) forgetResponses(ctx context.Context) error {
	before := s.clock.Now().Add(-responsesKept).UnixMicro()
	return s.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, s.sql.forgetResponses, before)
		return err
	})
}
