package v1_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	"github.com/pyairtable/pyairtable-workflows/internal/core/identity"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func (b *testBundle) start(t *testing.T, id, input string) workflow.Execution {
	t.Helper()
	if input != "" {
		input = `{"input":` + input + `}`
	}
	w := b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + id + "/execute", Token: b.Admin, Body: input, Status: 202})
	return scenario.Decode[workflow.Execution](t, w)
}

// await follows the events of an execution until it is in a state; nothing
// here sleeps.
func (b *testBundle) await(t *testing.T, id workflow.ExecutionID, state workflow.ExecutionState) workflow.Execution {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := b.listen(t, ctx, id, "")
	for {
		w := b.run(t, scenario.Case{Do: "GET /api/v1/executions/" + string(id), Token: b.Admin, Status: 200})
		if e := scenario.Decode[workflow.Execution](t, w); e.State == state {
			return e
		}
		if !s.next() {
			t.Fatalf("%s did not become %s", id, state)
		}
	}
}

// stream is a live view read over a real connection.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
	id    string
	event string
	data  string
}

func (b *testBundle) listen(t *testing.T, ctx context.Context, id workflow.ExecutionID, after string) *stream {
	t.Helper()
	server := httptest.NewServer(b.handler)
	t.Cleanup(server.Close)
	return listenTo(t, ctx, server, b.Admin, id, after)
}

func listenTo(t *testing.T, ctx context.Context, server *httptest.Server, token string, id workflow.ExecutionID, after string) *stream {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/v1/executions/"+string(id)+"/events/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream answered %d %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
	return &stream{t: t, lines: bufio.NewScanner(response.Body)}
}

// next reads one message; false means that the stream has ended.
func (s *stream) next() bool {
	s.id, s.event, s.data = "", "", ""
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id":
			s.id = value
		case "event":
			s.event = value
		case "data":
			s.data = value
		case "":
			if value == "" && s.event != "" {
				return true
			}
		}
	}
	return false
}

// told reads to the end and returns the types of all messages but progress.
func (s *stream) told() (told, ids []string, progress int) {
	for s.next() {
		if s.event == "progress" {
			if s.id != "" {
				s.t.Errorf("progress has the id %s", s.id)
			}
			progress++
			continue
		}
		told = append(told, strings.TrimPrefix(s.event, "execution."))
		ids = append(ids, s.id)
	}
	return told, ids, progress
}

func TestExecute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	do := "POST /api/v1/workflows/" + id + "/execute"
	before := len(b.events(t))
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anonymous", Do: do, Status: 401},
		{Name: "wrong role", Do: do, Token: b.Key(workflow.WorkflowWrite, workflow.ExecutionRead), Status: 403},
		{Name: "unknown workflow", Do: "POST /api/v1/workflows/wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e/execute", Token: b.Admin, Status: 404},
		{Name: "not an object", Do: do, Token: b.Admin, Body: `[1]`, Status: 422, Has: []string{`"code":"wrong_type"`}},
		{Name: "input not an object", Do: do, Token: b.Admin, Body: `{"input":[1]}`, Status: 422, Has: []string{`"pointer":"/input"`, `"code":"wrong_type"`}},
		{Name: "the bare input", Do: do, Token: b.Admin, Body: `{"work":1}`, Status: 422, Has: []string{`"pointer":"/work"`, `"code":"unknown_field"`}},
		{Name: "input that the kind refuses", Do: do, Token: b.Admin, Body: `{"input":{"work":-1}}`, Status: 422, Has: []string{`"pointer":"/input/work"`, `"code":"invalid"`}},
		{Name: "input of a byte too much", Do: do, Token: b.Admin, Body: `{"input":{"x":"` + strings.Repeat("x", 1<<20-7) + `"}}`, Status: 422, Has: []string{`"pointer":"/input"`, "1024 KiB"}},
		{Name: "priority out of range", Do: do, Token: b.Admin, Body: `{"priority":101}`, Status: 422, Has: []string{`"pointer":"/priority"`}},
		{Name: "unknown version", Do: do, Token: b.Admin, Body: `{"version":9}`, Status: 404, Has: []string{`"code":"version_not_found"`}},
		{Name: "version zero", Do: do, Token: b.Admin, Body: `{"version":0}`, Status: 422, Has: []string{`"pointer":"/version"`, `"code":"out_of_range"`}},
		{Name: "version in quotes", Do: do, Token: b.Admin, Body: `{"version":"1"}`, Status: 422, Has: []string{`"pointer":"/version"`, `"code":"not_one_of"`}},
		{Name: "version as a parameter", Do: do + "?version=1", Token: b.Admin, Status: 422, Has: []string{`"parameter":"version"`}},
	})
	if got := b.events(t); len(got) != before {
		t.Fatalf("refused requests caused %v", got[before:])
	}
	w := b.run(t, scenario.Case{Do: do, Token: b.Key(workflow.WorkflowRun), Body: `{"priority":7,"version":1,"input":{"work":2}}`, Status: 202})
	e := scenario.Decode[workflow.Execution](t, w)
	if e.WorkflowVersion != 1 || e.Priority != 7 || string(e.Input) != `{"work":2}` {
		t.Errorf("the answer is %s", w.Body)
	}
	if want := "/api/v1/executions/" + string(e.ID); w.Header().Get("Location") != want {
		t.Errorf("Location is %q, want %q", w.Header().Get("Location"), want)
	}
	done := b.await(t, e.ID, workflow.Completed)
	if string(done.Output) != `{"greeting":"hello","done":2}` || done.StepsCompleted != 3 {
		t.Errorf("the execution is %+v, output %s", done, done.Output)
	}
	b.run(t, scenario.Case{Do: "GET /api/v1/executions/" + string(e.ID) + "/events", Token: b.Admin, Status: 200, Has: []string{`"priority":7`}})
	b.run(t, scenario.Case{Do: "GET /api/v1/executions/" + string(e.ID) + "/steps", Token: b.Admin, Status: 200, Has: []string{`"name":"test_kind/work"`, `"state":"completed"`}})
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows/" + id + "/executions?state=completed", Token: b.Admin, Status: 200, Has: []string{string(e.ID)}})
	b.run(t, scenario.Case{Do: "GET /api/v1/executions", Token: b.Admin, Status: 200, Has: []string{string(e.ID)}})
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows/" + id + "/executions?state=failed", Token: b.Admin, Status: 200, Has: []string{`"items":[]`}})
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows/" + id + "/metrics", Token: b.Admin, Status: 200, Has: []string{`"completed":1`, `"success_rate":1`}})
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows/" + id + "/health", Token: b.Admin, Status: 200, Has: []string{`"status":"healthy"`}})
}

// An input may have its 1 MiB, with room for what stands around it in the body.
func TestTheLargestInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	failed := b.await(t, b.start(t, id, `{"end":"fail"}`).ID, workflow.Failed)
	body := func(bytes int) string {
		return `{"priority":1,"input":{"end":"` + strings.Repeat("x", bytes-len(`{"end":""}`)) + `"}}`
	}
	for _, do := range []string{"POST /api/v1/workflows/" + id + "/execute", "POST /api/v1/executions/" + string(failed.ID) + "/redrive"} {
		b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: body(1<<20 + 1), Status: 422, Has: []string{`"pointer":"/input"`, "1024 KiB"}})
		b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: body(1<<20 + 1<<15), Status: 413, Has: []string{`"code":"body_too_large"`, "1040 KiB"}})
		b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: body(1 << 20), Status: 202})
	}
}

func TestEventsInPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.start(t, string(b.workflow(t)), `{"work":3}`)
	b.await(t, e.ID, workflow.Completed)
	path := "GET /api/v1/executions/" + string(e.ID) + "/events"
	whole := scenario.Decode[workflow.Page[workflow.Event]](t, b.run(t, scenario.Case{Do: path, Token: b.Admin, Status: 200, HasNot: []string{"journal."}}))
	for _, cursor := range []string{"abc", "cC0x", "eDE", "cA", "cHg"} { // abc is not base64; p-1, x1, p and px are
		b.run(t, scenario.Case{Do: path + "?cursor=" + cursor, Token: b.Admin, Status: 422, Has: []string{`"code":"invalid_cursor"`, `"parameter":"cursor"`}})
	}
	pieces := pages[workflow.Event](t, b, path+"?limit=2")
	if len(whole.Items) < 8 || len(pieces) != len(whole.Items) {
		t.Fatalf("%d events in pages, %d at once", len(pieces), len(whole.Items))
	}
	for i, event := range pieces {
		if event.Position != whole.Items[i].Position || i > 0 && event.Position <= pieces[i-1].Position {
			t.Errorf("event %d has position %d, at once %d", i, event.Position, whole.Items[i].Position)
		}
	}
}

func TestSteerAnExecution(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	e := b.start(t, id, `{"hold":true}`)
	path := "/api/v1/executions/" + string(e.ID)
	b.run(t, scenario.Case{Do: "POST " + path + "/pause", Token: b.Admin, Status: 200})
	b.Release(e.ID)
	b.await(t, e.ID, workflow.Paused)
	b.run(t, scenario.Case{Do: "POST " + path + "/resume", Token: b.Admin, Status: 200})
	b.await(t, e.ID, workflow.Completed)
	for _, verb := range []string{"pause", "resume", "cancel"} {
		b.run(t, scenario.Case{Do: "POST " + path + "/" + verb, Token: b.Admin, Status: 409})
	}

	held := b.start(t, id, `{"hold":true}`)
	b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(held.ID) + "/cancel", Token: b.Admin, Status: 202})
	b.Release(held.ID)
	b.await(t, held.ID, workflow.Cancelled)

	all := b.start(t, id, `{"hold":true}`)
	b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + id + "/cancel", Token: b.Admin, Status: 202, Has: []string{`"cancelling":1`}})
	b.Release(all.ID)
	b.await(t, all.ID, workflow.Cancelled)
}

// What failed or waits says why, and what to do.
func TestFailuresSayTheFix(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	failed := b.await(t, b.start(t, id, `{"end":"fail"}`).ID, workflow.Failed)
	if failed.Error == nil || failed.Error.Class != "validation" || failed.Error.Code != "unknown_table" || !strings.Contains(failed.Error.Message, "correct its name") {
		t.Errorf("the failure is %+v", failed.Error)
	}
	parked := b.await(t, b.start(t, id, `{"end":"auth"}`).ID, workflow.Parked)
	if parked.Parked == nil || parked.Parked.Reason != workflow.ReasonNeedsReauth || parked.Parked.Fix == "" || parked.Parked.Error == nil {
		t.Errorf("the parking is %+v", parked.Parked)
	}
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows/" + id + "/health", Token: b.Admin, Status: 200, Has: []string{`"reasons":[`, `"fix":`}})
}

func TestStepsInPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.await(t, b.start(t, string(b.workflow(t)), `{"work":4}`).ID, workflow.Completed)
	var got []string
	for _, s := range pages[workflow.Step](t, b, "GET /api/v1/executions/"+string(e.ID)+"/steps?limit=2") {
		got = append(got, s.Path+" "+s.Name)
	}
	if want := []string{"1 test_kind/work", "2 test_kind/work", "3 test_kind/work", "4 test_kind/work", "5 test_kind/end"}; !slices.Equal(got, want) {
		t.Errorf("the steps are %v, want %v", got, want)
	}
}

// Lists of executions hold what the query says, and no more.
func TestListExecutions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, other := string(b.workflow(t)), string(b.workflow(t))
	var made []workflow.ExecutionID
	for range 3 {
		made = append(made, b.await(t, b.start(t, one, "").ID, workflow.Completed).ID)
	}
	failed := b.await(t, b.start(t, one, `{"end":"fail"}`).ID, workflow.Failed).ID
	elsewhere := b.await(t, b.start(t, other, "").ID, workflow.Completed).ID
	slices.Reverse(made) // newest first
	for path, want := range map[string][]workflow.ExecutionID{
		"/workflows/" + one + "/executions?":                   append([]workflow.ExecutionID{failed}, made...),
		"/workflows/" + one + "/executions?state=completed&":   made,
		"/workflows/" + one + "/executions?state=failed&":      {failed},
		"/workflows/" + other + "/executions?state=completed&": {elsewhere},
		"/executions?state=completed&":                         append([]workflow.ExecutionID{elsewhere}, made...),
		"/executions?state=failed&":                            {failed},
		"/executions?":                                         append([]workflow.ExecutionID{elsewhere, failed}, made...),
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			var got []workflow.ExecutionID
			for _, e := range pages[workflow.Execution](t, b, "GET /api/v1"+path+"limit=2") {
				got = append(got, e.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("the list is %v, want %v", got, want)
			}
		})
	}
}

// pages reads a list page by page, two items each.
func pages[T any](t *testing.T, b *testBundle, do string) []T {
	t.Helper()
	var out []T
	cursor := ""
	for range 20 {
		page := scenario.Decode[workflow.Page[T]](t, b.run(t, scenario.Case{Do: do + "&cursor=" + cursor, Token: b.Admin, Status: 200}))
		if len(page.Items) > 2 {
			t.Errorf("a page of %d items", len(page.Items))
		}
		out = append(out, page.Items...)
		if cursor = page.Next; cursor == "" {
			return out
		}
	}
	t.Error("the list has no end")
	return out
}

func TestStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	unknown := "/api/v1/executions/ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e/events/stream"
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anonymous", Do: "GET " + unknown, Status: 401},
		{Name: "unknown execution", Do: "GET " + unknown, Token: b.Admin, Status: 404},
		{Name: "not a position", Do: "GET " + unknown, Token: b.Admin, Header: map[string]string{"Last-Event-ID": "x"}, Status: 422, Has: []string{`"parameter":"Last-Event-ID"`}},
	})
	e := b.start(t, id, `{"work":3,"hold":true}`)
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "beyond the last event", Do: "GET /api/v1/executions/" + string(e.ID) + "/events/stream", Token: b.Admin, Header: map[string]string{"Last-Event-ID": "99999999999"}, Status: 422,
			Has: []string{`"parameter":"Last-Event-ID"`, `"code":"position_beyond_end"`, "position 99999999999 is beyond the last event"}},
	})
	live := b.listen(t, t.Context(), e.ID, "")
	progressed := live.next() && live.event == "progress" // the last word of before, if there was one
	if progressed && !live.next() || live.event != "execution.created" || live.id == "" {
		t.Fatalf("the stream begins with %q %q", live.event, live.id)
	}
	b.Release(e.ID)
	told, ids, progress := live.told()
	want := []string{"started", "step_started", "test_kind.worked", "step_completed"}
	if len(told) < 6 || !slices.Equal(told[:4], want) || told[len(told)-2] != "completed" || told[len(told)-1] != "end" {
		t.Fatalf("the stream told %v", told)
	}
	if ids[len(ids)-1] != "" {
		t.Errorf("end has the id %s", ids[len(ids)-1])
	}
	if progress == 0 && !progressed {
		t.Error("the stream told no progress")
	}
	t.Run("from the middle", func(t *testing.T) {
		rest, restIDs, _ := b.listen(t, t.Context(), e.ID, ids[2]).told()
		if !slices.Equal(rest, told[3:]) || !slices.Equal(restIDs, ids[3:]) {
			t.Errorf("after %s came %v %v, want %v %v", ids[2], rest, restIDs, told[3:], ids[3:])
		}
	})
	t.Run("after the end", func(t *testing.T) {
		rest, _, _ := b.listen(t, t.Context(), e.ID, ids[len(ids)-2]).told()
		if !slices.Equal(rest, []string{"end"}) {
			t.Errorf("came %v", rest)
		}
	})
}

// S9: a revoked key ends at once what it has opened.
func TestS9StreamEndsWithItsKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := httptest.NewServer(b.handler)
	t.Cleanup(server.Close)
	e := b.start(t, string(b.workflow(t)), `{"hold":true}`)
	key, token, err := b.Identity.CreateKey(t.Context(), b.Caller, identity.CreateKeyRequest{Name: "watcher", Scopes: []workflow.Permission{workflow.ExecutionRead}})
	if err != nil {
		t.Fatal(err)
	}
	s := listenTo(t, t.Context(), server, token, e.ID, "")
	for s.next() && s.event != "execution.created" {
	}
	if err := b.Identity.RevokeKey(t.Context(), b.Caller, key.ID); err != nil {
		t.Fatal(err)
	}
	told, _, _ := s.told() // returns although the execution is held
	if slices.Contains(told, "end") {
		t.Error("the end of the key reads like the end of the execution")
	}
	b.Release(e.ID)
}
