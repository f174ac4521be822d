// Package payload keeps inputs of executions that no journal may hold: large
// ones, and those of kinds whose inputs are private. They are encrypted. It knows
// nothing of what they mean.
package payload

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations sql
var files embed.FS

// Sealer encrypts data of a workspace for one place: it opens nowhere else.
type Sealer interface {
	SealData(ctx context.Context, workspace, place string, plain []byte) (string, error)
	OpenData(ctx context.Context, workspace, place, sealed string) ([]byte, error)
}

// Store keeps inputs. It is safe for concurrent use.
type Store struct {
	db     *db.DB
	sealer Sealer
	blobs  blob.Store
	sql    struct{ keep, read string }
}

// Open brings the table up to date.
func Open(ctx context.Context, d *db.DB, s Sealer, b blob.Store) (*Store, error) {
	store := &Store{db: d, sealer: s, blobs: b}
	if err := d.Migrate(ctx, "payload", files); err != nil {
		return nil, err
	}
	return store, d.Statements(files, map[string]*string{"keep": &store.sql.keep, "read": &store.sql.read})
}

// place is what an input is sealed for.
func place(execution workflow.ExecutionID) string { return "execution_inputs/" + string(execution) }

// Keep seals an input and returns the write that belongs into the transaction of
// the start. A large one is a blob by then, owned by the execution.
func (s *Store) Keep(ctx context.Context, ws workflow.WorkspaceID, execution workflow.ExecutionID, input json.RawMessage) ([]db.Write, error) {
	sealed, err := s.sealer.SealData(ctx, string(ws), place(execution), input)
	if err != nil {
		return nil, fmt.Errorf("seal the input of %s: %w", execution, err)
	}
	column := ""
	if len(input) > engine.MaxInputBytes {
		ref, err := s.blobs.Put(ctx, blob.Owner{Kind: blob.Execution, ID: string(execution)}, strings.NewReader(sealed))
		if err != nil {
			return nil, fmt.Errorf("keep the input of %s: %w", execution, err)
		}
		raw, err := json.Marshal(ref)
		if err != nil {
			return nil, err
		}
		sealed, column = "", string(raw)
	}
	return []db.Write{func(ctx context.Context, tx db.Tx) error {
		workspace, err := tx.Workspace(ctx, string(ws))
		if err == nil {
			_, err = tx.Exec(ctx, s.sql.keep, workspace, string(execution), sealed, column)
		}
		return err
	}}, nil
}

// Input returns what was kept for an execution, or an error that matches
// workflow.ErrNotFound: nothing was, or it is lost.
func (s *Store) Input(ctx context.Context, ws workflow.WorkspaceID, execution workflow.ExecutionID) (json.RawMessage, error) {
	workspace, err := s.db.Workspace(ctx, string(ws))
	if err != nil {
		return nil, err
	}
	var sealed, column string
	err = s.db.Read().QueryRow(ctx, s.sql.read, workspace, string(execution)).Scan(&sealed, &column)
	if errors.Is(err, db.ErrNoRows) {
		return nil, workflow.NotFound("input_not_found", "no input is kept for execution %s", execution)
	}
	if err == nil && column != "" {
		sealed, err = s.fromBlob(ctx, column)
	}
	if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrDamaged) {
		return nil, &workflow.Error{Category: workflow.CategoryNotFound, Code: "input_lost", Cause: err,
			Message: fmt.Sprintf("the input of execution %s is lost: its file is missing or damaged; start a new execution", execution)}
	}
	if err != nil {
		return nil, fmt.Errorf("read the input of %s: %w", execution, err)
	}
	return s.sealer.OpenData(ctx, string(ws), place(execution), sealed)
}

func (s *Store) fromBlob(ctx context.Context, column string) (string, error) {
	var ref blob.Ref
	if err := json.Unmarshal([]byte(column), &ref); err != nil {
		return "", err
	}
	r, err := s.blobs.Open(ctx, ref)
	if err != nil {
		return "", err
	}
	defer r.Close()
	var text bytes.Buffer
	_, err = io.Copy(&text, r)
	return text.String(), err
}
