package readmodel

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// SaveProgress stores the last reports of several executions. They are not
// folded from events and a rebuild leaves them alone.
func (m *Model) SaveProgress(ctx context.Context, reports []workflow.ProgressReport) error {
	return m.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, r := range reports {
			raw, err := json.Marshal(r.Progress)
			if err != nil {
				return err
			}
			workspace, err := tx.Workspace(ctx, string(r.Key.Workspace))
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, m.sql.upsertProgress, workspace, string(r.Key.Execution), string(raw), r.Progress.UpdatedAt.UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Progress returns the last stored report of an execution, nil when there is none.
func (m *Model) Progress(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (*workflow.Progress, error) {
	workspace, err := m.db.Workspace(ctx, string(ws))
	if err != nil {
		return nil, err
	}
	var raw string
	err = m.db.Read().QueryRow(ctx, m.sql.readProgress, workspace, string(id)).Scan(&raw)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &workflow.Progress{}
	return p, json.Unmarshal([]byte(raw), p)
}
