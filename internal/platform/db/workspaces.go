package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// maxWorkspaces bounds the workspaces that are remembered.
const maxWorkspaces = 10_000

// unknownWorkspace is a key that no row has.
const unknownWorkspace = -1

// workspaces translates ids into keys. What a transaction has added is
// remembered when it is committed, so that a key that was rolled back, and may
// be given to another workspace, is never used again.
type workspaces struct {
	sql  *ownSQL
	mu   sync.RWMutex
	keys map[string]int64 // committed
	open map[string]int64 // seen by the open transaction; the writer's goroutine alone uses it
}

func newWorkspaces(sql *ownSQL) *workspaces {
	return &workspaces{sql: sql, keys: map[string]int64{}, open: map[string]int64{}}
}

func (w *workspaces) known(id string) (int64, bool) {
	if id == "" {
		return 0, true
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	key, ok := w.keys[id]
	return key, ok
}

func (w *workspaces) remember(id string, key int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.keys) >= maxWorkspaces {
		clear(w.keys)
	}
	w.keys[id] = key
}

func (w *workspaces) find(ctx context.Context, q Querier, id string) (key int64, err error) {
	err = q.QueryRow(ctx, w.sql.findWorkspace, id).Scan(&key)
	if err != nil && !errors.Is(err, ErrNoRows) {
		err = fmt.Errorf("look up workspace %s: %w", id, err)
	}
	return key, err
}

// read returns the key of a workspace that was committed.
func (w *workspaces) read(ctx context.Context, q Querier, id string) (int64, error) {
	if key, ok := w.known(id); ok {
		return key, nil
	}
	key, err := w.find(ctx, q, id)
	if errors.Is(err, ErrNoRows) {
		return unknownWorkspace, nil
	}
	if err != nil {
		return 0, err
	}
	w.remember(id, key)
	return key, nil
}

// write returns the key of a workspace inside the open transaction and adds the
// workspace when it is new.
func (w *workspaces) write(ctx context.Context, q Querier, id string) (int64, error) {
	if key, ok := w.known(id); ok {
		return key, nil
	}
	if key, ok := w.open[id]; ok {
		return key, nil
	}
	key, err := w.find(ctx, q, id)
	if errors.Is(err, ErrNoRows) {
		if err = q.QueryRow(ctx, w.sql.addWorkspace, id).Scan(&key); err != nil {
			err = fmt.Errorf("add workspace %s: %w", id, err)
		}
	}
	if err != nil {
		return 0, err
	}
	w.open[id] = key
	return key, nil
}

// committed keeps what the transaction has added.
func (w *workspaces) committed() {
	for id, key := range w.open {
		w.remember(id, key)
	}
	clear(w.open)
}

// rolledBack forgets what the transaction, or a savepoint of it, may have added.
func (w *workspaces) rolledBack() { clear(w.open) }
