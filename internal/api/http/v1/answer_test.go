package v1_test

import (
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	e := b.await(t, b.start(t, id, `{"end":"auth"}`).ID, workflow.Parked)
	do := "POST /api/v1/executions/" + string(e.ID) + "/answer"
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anonymous", Do: do, Body: `{"path":"1","verdict":"done"}`, Status: 401},
		{Name: "unknown verdict", Do: do, Token: b.Admin, Body: `{"path":"1","verdict":"maybe"}`, Status: 422, Has: []string{`"/verdict","code":"not_one_of"`}},
		{Name: "no such step", Do: do, Token: b.Admin, Body: `{"path":"99","verdict":"done"}`, Status: 409},
		{Name: "a step that nobody asks about", Do: do, Token: b.Admin, Body: `{"path":"` + e.Parked.Path + `","verdict":"done","result":{}}`, Status: 409},
	})
	t.Run("a result that does not fit", func(t *testing.T) {
		e := b.await(t, b.start(t, id, `{"end":"unknown"}`).ID, workflow.Parked)
		do := "POST /api/v1/executions/" + string(e.ID) + "/answer"
		for result, has := range map[string]string{
			`{"found":5}`: `"pointer":"/result/found","code":"invalid","detail":"must be a text, not a number"`,
			`{"found":"` + strings.Repeat("x", engine.MaxValueBytes) + `"}`: `"pointer":"/result","code":"invalid","detail":"has 262156 bytes`,
		} {
			b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: `{"path":"` + e.Parked.Path + `","verdict":"done","result":` + result + `}`, Status: 422, Has: []string{`"code":"invalid_result"`, has}, HasNot: []string{"json:", "Go "}})
		}
	})
	answered := func(verdict string, state workflow.ExecutionState) workflow.Execution {
		e := b.await(t, b.start(t, id, `{"end":"unknown"}`).ID, workflow.Parked)
		b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(e.ID) + "/answer", Token: b.Key(workflow.WorkflowRun), Body: `{"path":"` + e.Parked.Path + `",` + verdict + `}`, Status: 200})
		return b.await(t, e.ID, state)
	}
	if e := answered(`"verdict":"done","result":{"found":"a record"}`, workflow.Completed); string(e.Output) != `{"greeting":"hello","done":0,"found":"a record"}` {
		t.Errorf("the result of the answer became %s", e.Output)
	}
	if e := answered(`"verdict":"fail","message":"it is gone"`, workflow.Failed); e.Error == nil || !strings.Contains(e.Error.Message, "it is gone") {
		t.Errorf("the message of the answer became %+v", e.Error)
	}
}
