package progress

import (
	"context"
	"log/slog"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// saveEvery is how often the last reports are written: at most one write a
// second, however many executions report.
const saveEvery = time.Second

// Save has store write the reports until ctx ends, and once more then.
func (b *Board) Save(ctx context.Context, log *slog.Logger, store func(context.Context, []workflow.ProgressReport) error) error {
	for {
		select {
		case <-b.dirty:
		case <-ctx.Done():
			return b.flush(context.WithoutCancel(ctx), store)
		}
		if err := b.flush(ctx, store); err != nil && ctx.Err() == nil {
			log.Warn("progress could not be stored and is tried again", "error", err)
			signal(b.dirty)
		}
		clock.Sleep(ctx, b.clock, saveEvery)
	}
}

func (b *Board) flush(ctx context.Context, store func(context.Context, []workflow.ProgressReport) error) error {
	entries := b.unsaved()
	if len(entries) == 0 {
		return nil
	}
	reports := make([]workflow.ProgressReport, len(entries))
	for i, e := range entries {
		reports[i] = workflow.ProgressReport{Key: e.key, Progress: e.progress}
	}
	err := store(ctx, reports)
	if err == nil {
		b.saved(entries)
	}
	return err
}
