package enginetest

import (
	"context"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/plaintext"
)

var textCases = []Case{
	{Name: "text/IsFitToBeStoredWhereverItIsPublic", Run: textClean},
}

// dirty is a text that no column of PostgreSQL takes.
const dirty = "Bad\x00Ta\xffble"

// textClean has dirty text in everything that people say and the engine shows.
func textClean(h *H) {
	label := engine.CallOptions{Label: dirty}
	fails := h.step("test/fails", engine.StepOptions[int]{}, func(context.Context, int) (int, error) {
		return 0, failure.New(failure.Validation, dirty, "%s", dirty)
	}).With(label)
	panics := h.step("test/panics", engine.StepOptions[int]{Retry: quick(1)}, func(context.Context, int) (int, error) { panic(dirty) })
	pay := h.step("test/pay", engine.StepOptions[int]{Once: true}, func(context.Context, int) (int, error) { panic(dirty) }).With(label)
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return 0, failure.New(failure.Fatal, "", "%s", dirty) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		run.Progress(engine.Progress{Message: dirty, Items: []engine.ProgressItem{{Name: dirty}}})
		_, _ = fails.Do(run, n)
		_, _ = panics.Do(run, n)
		_, _ = child.Do(run, "", n)
		return pay.Do(run, n)
	})
	h.boot()
	id := h.start(fn, 1)
	h.answer(id, engine.Answer{Verdict: engine.Fail, Message: dirty})
	h.end(id, workflow.Failed)
	for _, e := range h.b.Events(h.T, workspace, id) {
		if strings.Contains(string(e.Data), `\u0000`) || !plaintext.IsClean(string(e.Data)) {
			h.Errorf("%s: %q", e.Type, e.Data)
		}
	}
	if p := h.last(id, engine.EventStepFailed); p.Error == nil || p.Error.Message != plaintext.Clean(dirty) || p.Label != plaintext.Clean(dirty) {
		h.Errorf("the answered step: %+v", p)
	}
	if p := h.progress[0]; p.Message != plaintext.Clean(dirty) || p.Items[0].Name != plaintext.Clean(dirty) {
		h.Errorf("progress: %+v", p)
	}
}
