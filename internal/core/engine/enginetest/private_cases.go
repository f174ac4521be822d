package enginetest

import (
	"context"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var privateCases = []Case{
	{Name: "private/NothingOfItIsPublic", Run: privateHides},
	{Name: "private/ItsRedriveIsPrivate", Run: privateRedrive},
}

// canary is what must not be seen.
const canary = "canary-4711"

// secretive registers a workflow that has the canary everywhere, and a step that
// fails while broken says so.
func (h *H) secretive(broken *bool) string {
	say := engine.NewStep(h.reg, "test/say", engine.StepOptions[string]{}, func(_ context.Context, s string) (string, error) { return s + "-said", nil })
	last := h.keyed("last", broken)
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, s string) (string, error) { return say.Do(run, s) })
	tell := engine.NewSignal[string](h.reg, "test/tell")
	return engine.NewWorkflow(h.reg, "test/main", func(run engine.Run, s string) (string, error) {
		if run.Info().Generation == 1 && run.Info().Root.Execution == run.Info().Execution {
			return "", engine.ContinueAsNew(s)
		}
		told, err := tell.Wait(run, engine.Forever)
		if err != nil {
			return "", err
		}
		said, err := child.Do(run, "", s+told)
		if err != nil {
			return "", err
		}
		_, err = last.Do(run, 1)
		return said, err
	}).Name()
}

// hidden fails the case if the canary stands in public data.
func (h *H) hidden(id string) {
	h.Helper()
	seen := 0
	for _, e := range h.b.Events(h.T, workspace, id) {
		if strings.Contains(string(e.Data)+string(e.Labels), canary) {
			h.Errorf("%s of %s: %s", e.Type, id, e.Data)
		}
		seen++
	}
	if seen == 0 {
		h.Errorf("%s has no events", id)
	}
}

func (h *H) startPrivate(fn string) string {
	h.Helper()
	id := h.nextID()
	s := h.startOf(id, fn, canary)
	s.Private = true
	h.ok(h.process.Engine.Start(h.Context(), s))
	h.send(id, "test/tell", "s1", canary)
	return id
}

func privateHides(h *H) {
	broken := false
	fn := h.secretive(&broken)
	h.boot()
	id := h.startPrivate(fn)
	h.restart()
	h.end(id, workflow.Completed)
	h.hidden(id)
	h.hidden(h.child(id))
	open := h.startOf("ex_open", fn, canary)
	h.ok(h.process.Engine.Start(h.Context(), open))
	if got := string(h.b.Events(h.T, workspace, "ex_open")[0].Data); !strings.Contains(got, canary) {
		h.Errorf("the input of one that is not private is missing: %s", got)
	}
}

func privateRedrive(h *H) {
	broken := true
	fn := h.secretive(&broken)
	h.boot()
	origin := h.startPrivate(fn)
	h.end(origin, workflow.Failed)
	broken = false
	id := h.redrive(fn, origin)
	h.end(id, workflow.Completed)
	h.hidden(id)
}
