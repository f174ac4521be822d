package engine

import (
	"context"
	"encoding/json"
	"fmt"
)

// SaveCheckpoint keeps how far a step has come, so that its next attempt can go
// on from there. Only the newest one is kept, and at most one a second is
// written: the next attempt finds this one or an older one. A checkpoint that is
// written resets the count of interruptions. It returns the reason when the step
// should stop: its time is up, or its branch was cancelled.
func SaveCheckpoint(ctx context.Context, v any) error {
	a, ok := ctx.Value(attemptKey{}).(*Attempt)
	if !ok {
		return ErrNotInStep
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	raw, err := encode(v)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	raw = a.hidden.JSON(raw)
	a.mu.Lock()
	a.Checkpoint = raw
	a.mu.Unlock()
	if a.Save != nil {
		a.Save(raw)
	}
	return nil
}

// LoadCheckpoint decodes the last checkpoint of the step into v and reports
// whether there is one that fits.
func LoadCheckpoint(ctx context.Context, v any) bool {
	a, ok := ctx.Value(attemptKey{}).(*Attempt)
	if !ok {
		return false
	}
	a.mu.Lock()
	raw := a.Checkpoint
	a.mu.Unlock()
	return len(raw) > 0 && json.Unmarshal(raw, v) == nil
}
