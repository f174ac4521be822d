package progress_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/progress"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

var (
	one = workflow.KeyOf("ws_a", "ex_1")
	two = workflow.KeyOf("ws_a", "ex_2")
)

func at(done int64) workflow.Progress { return workflow.Progress{Message: fmt.Sprint(done)} }

// saving runs Save with a store, in a bubble.
func saving(t *testing.T, store func(context.Context, []workflow.ProgressReport) error, test func(*progress.Board)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := progress.New(clock.System())
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Save(ctx, slog.New(slog.DiscardHandler), store) }()
		test(b)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// What is reported while the one before is being stored is stored too, although
// both have the same time.
func TestAReportDuringASaveIsNotLost(t *testing.T) {
	t.Parallel()
	var board *progress.Board
	var stored []string
	saving(t, func(_ context.Context, reports []workflow.ProgressReport) error {
		for _, r := range reports {
			stored = append(stored, r.Progress.Message)
		}
		if len(stored) == 1 {
			board.Report(one, "wf_1", at(2))
			board.Ended(one)
		}
		return nil
	}, func(b *progress.Board) {
		board = b
		b.Report(one, "wf_1", at(1))
		time.Sleep(5 * time.Second)
		if fmt.Sprint(stored) != "[1 2]" {
			t.Errorf("stored: %v", stored)
		}
		if p := b.Get(one); p != nil {
			t.Errorf("%+v is kept after the end", p)
		}
	})
}

func TestAFailedSaveIsRepeated(t *testing.T) {
	t.Parallel()
	tries := 0
	saving(t, func(context.Context, []workflow.ProgressReport) error {
		if tries++; tries == 1 {
			return errors.New("the disk is full")
		}
		return nil
	}, func(b *progress.Board) {
		b.Report(one, "wf_1", at(1))
		time.Sleep(5 * time.Second)
		if tries != 2 {
			t.Errorf("%d tries", tries)
		}
	})
}

// At most one write a second, and one at the end with what is left, which is not
// cut off by the end itself.
func TestReportsAreGathered(t *testing.T) {
	t.Parallel()
	writes, last := 0, ""
	saving(t, func(ctx context.Context, reports []workflow.ProgressReport) error {
		writes++
		last = reports[len(reports)-1].Progress.Message
		return ctx.Err()
	}, func(b *progress.Board) {
		for i := range int64(100) {
			b.Report(one, "wf_1", at(i))
			time.Sleep(30 * time.Millisecond)
		}
	})
	if writes > 5 || last != "99" {
		t.Errorf("%d writes, the last one %s", writes, last)
	}
}

// What was reported last is shown until it is stored, also after the end.
func TestAReportOutlivesItsExecutionUntilItIsStored(t *testing.T) {
	t.Parallel()
	stored := 0
	saving(t, func(context.Context, []workflow.ProgressReport) error {
		stored++
		return nil
	}, func(b *progress.Board) {
		b.Report(one, "wf_1", at(1))
		time.Sleep(100 * time.Millisecond) // the first is stored, the next a second later
		b.Report(one, "wf_1", at(2))
		b.Ended(one)
		if p := b.Get(one); stored != 1 || p == nil || p.Message != "2" {
			t.Errorf("after the end, and %d writes: %+v", stored, p)
		}
		time.Sleep(2 * time.Second)
		if p := b.Get(one); stored != 2 || p != nil {
			t.Errorf("after %d writes: %+v", stored, p)
		}
	})
}

// A slow watcher gets the last report of each execution, not all of them.
func TestWatchersGetTheLastReport(t *testing.T) {
	t.Parallel()
	b := progress.New(clock.System())
	b.Report(one, "wf_1", at(1))
	w := b.Watch(func(_ workflow.ExecutionKey, of workflow.ID) bool { return of == "wf_1" })
	b.Report(one, "wf_1", at(2))
	b.Report(two, "wf_1", at(3))
	b.Report(workflow.KeyOf("ws_a", "ex_3"), "wf_2", at(4))
	got := map[workflow.ExecutionKey]string{}
	for range 2 {
		<-w.Ready()
		r, ok := w.Next()
		if !ok {
			t.Fatal("ready, and nothing to say")
		}
		got[r.Key] = r.Progress.Message
	}
	if len(got) != 2 || got[one] != "2" || got[two] != "3" {
		t.Errorf("%v", got)
	}
	if r, ok := w.Next(); ok {
		t.Errorf("there is more: %v", r)
	}
	w.Close()
	b.Report(one, "wf_1", at(5))
	if _, ok := w.Next(); ok {
		t.Error("a closed watcher goes on")
	}
}
