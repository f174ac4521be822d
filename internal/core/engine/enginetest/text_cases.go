package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/plaintext"
)

var textCases = []Case{
	{Name: "text/IsFitToBeStoredWhereverItIsPublic", Run: textClean},
	{Name: "text/HidesTheCredentialThatAStepWasShown", Run: textHidden},
	{Name: "text/OfAnErrorIsBoundedWhereverItIsPublic", Run: textBounded},
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

// textBounded has a huge message in every error that the engine shows.
func textBounded(h *H) {
	huge := strings.Repeat("é", 1<<20)
	detail, _ := json.Marshal(huge)
	fails := h.step("test/fails", engine.StepOptions[int]{Retry: quick(2)}, func(context.Context, int) (int, error) {
		return 0, &failure.Error{Class: failure.Transient, Message: huge, Detail: detail}
	})
	panics := h.step("test/panics", engine.StepOptions[int]{Retry: quick(1)}, func(context.Context, int) (int, error) { panic(huge) })
	auth := h.failing(engine.StepOptions[int]{}, failure.New(failure.Auth, "", "%s", huge))
	pay := h.step("test/pay", engine.StepOptions[int]{Once: true}, func(context.Context, int) (int, error) { return 0, failure.New(failure.UnknownOutcome, "", "%s", huge) })
	child := engine.NewWorkflow(h.reg, "test/child", func(engine.Run, int) (int, error) { return 0, errors.New(huge) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		run.Progress(engine.Progress{Message: huge, Items: []engine.ProgressItem{{Name: huge}}})
		_, _ = fails.Do(run, n)
		_, _ = panics.Do(run, n)
		_, _ = auth.Do(run, n)
		_, err := child.Do(run, "", n)
		if _, failed := pay.Do(run, n); failed != nil {
			err = fmt.Errorf("%s: %w", huge, errors.Join(err, failed))
		}
		return 0, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.resume(id)
	h.has(id, engine.EventParked, 2)
	h.answer(id, engine.Answer{Verdict: engine.Fail, Message: huge})
	h.end(id, workflow.Failed)
	for _, e := range append(h.b.Events(h.T, workspace, id), h.b.Events(h.T, workspace, h.child(id))...) {
		if most := 2*engine.MaxMessageBytes + engine.MaxDetailBytes; len(e.Data) > most || len(e.Journal) > most {
			h.Errorf("%s has %d and %d bytes", e.Type, len(e.Data), len(e.Journal))
		}
	}
	if e := h.last(id, engine.EventFailed).Error; len(e.Message) > engine.MaxMessageBytes || !strings.HasSuffix(e.Message, " bytes)") {
		h.Errorf("ended with a message of %d bytes", len(e.Message))
	}
	if p := h.progress[0]; len(p.Message) > engine.MaxMessageBytes || len(p.Items[0].Name) > engine.MaxLabelBytes {
		h.Errorf("progress of %d bytes", len(p.Message))
	}
}

// shown is the credential that leaking steps were shown.
const shown = `patCANARY0123456789."CANARY`

// leaking registers a step that was shown a credential and has it in everything
// that it leaves behind.
func (h *H) leaking(name string, fail func() error) engine.Step[int, string] {
	return engine.NewStep(h.reg, "test/"+name, engine.StepOptions[int]{Retry: quick(2)}, func(ctx context.Context, n int) (string, error) {
		engine.Hide(ctx, shown)
		if err := engine.Record(ctx, engine.Event{Type: "test.leaked", Data: map[string]string{"text": "key " + shown}}); err != nil {
			return "", err
		}
		if err := engine.SaveCheckpoint(ctx, shown); err != nil {
			return "", err
		}
		return "result " + shown, fail()
	})
}

func textHidden(h *H) {
	detail, _ := json.Marshal(map[string]string{"header": "Bearer " + shown})
	classified := &failure.Error{Class: failure.Validation, Code: "refused", Message: "refused " + shown, Detail: detail}
	works := h.leaking("works", func() error { return nil })
	fails := h.leaking("fails", func() error { return fmt.Errorf("call %q: %w", shown, classified) })
	retries := h.leaking("retries", func() error {
		return failure.New(failure.Transient, "", "%s%s", strings.Repeat("x", engine.MaxMessageBytes-30), shown)
	})
	panics := h.leaking("panics", func() error { panic("cannot use " + shown) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		out, err := works.Do(run, n)
		if err != nil || out != "result ***" {
			h.Errorf("the result is %s, %v", out, err)
		}
		if _, err = fails.Do(run, n); !errors.Is(err, &engine.Error{Class: failure.Validation, Code: "refused"}) || !strings.Contains(err.Error(), `call "***": refused ***`) {
			h.Errorf("the error is %v", err)
		}
		_, _ = retries.Do(run, n)
		_, err = panics.Do(run, n)
		return 0, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Failed)
	for _, e := range h.b.Events(h.T, workspace, id) {
		if text := string(e.Data) + string(e.Journal); strings.Contains(text, "CANARY") || strings.Contains(text, "patC") {
			h.Errorf("%s: %s", e.Type, text)
		}
	}
	if n := h.count(id, "test.leaked"); n != 1 {
		h.Errorf("%d events of the step", n)
	}
}
