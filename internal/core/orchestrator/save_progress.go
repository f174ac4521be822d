package orchestrator

import (
	"context"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
)

// progressEvery is how often the last reports are written: at most one write
// a second, however many executions report.
const progressEvery = time.Second

// saveProgress writes the reports until ctx ends, and once more then.
func (s *Service) saveProgress(ctx context.Context) error {
	for {
		select {
		case <-s.hub.progress.Dirty():
		case <-ctx.Done():
			return s.flushProgress(context.WithoutCancel(ctx))
		}
		if err := s.flushProgress(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("progress could not be stored and is tried again", "error", err)
			s.hub.progress.Again()
		}
		s.pause(ctx, progressEvery)
	}
}

func (s *Service) flushProgress(ctx context.Context) error {
	reports := s.hub.progress.Unsaved()
	if len(reports) == 0 {
		return nil
	}
	rows := make([]readmodel.SavedProgress, len(reports))
	for i, r := range reports {
		rows[i] = readmodel.SavedProgress{Workspace: r.Key.Workspace, Execution: r.Key.Execution, Progress: r.Progress}
	}
	if err := s.model.SaveProgress(ctx, rows); err != nil {
		return err
	}
	s.hub.progress.Saved(reports)
	return nil
}
