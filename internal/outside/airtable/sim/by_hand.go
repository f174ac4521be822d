package sim

import (
	"net/http"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// byHand is something that people do in Airtable's own pages and the API cannot. It changes the schema of a table,
// and what it changes is kept.
type byHand func(change *record.Change, t *schema.Table, key string, body []byte) ([]byte, *wire.Error)

// byHandCalls are the calls below /_sim/bases/{base}/tables/{table}, by method and what follows. {key} is an id or a
// name.
var byHandCalls = map[string]byHand{
	"DELETE":              deleteTable,
	"POST fields":         createFieldByHand,
	"PATCH fields/{key}":  shiftField,
	"DELETE fields/{key}": deleteField,
	"POST views":          createView,
	"PATCH views/{key}":   updateView,
	"DELETE views/{key}":  deleteView,
}

// byHandCall finds a call by its method and its path.
func byHandCall(method, escaped string) (call byHand, p path, key string, found bool) {
	parts, ok := unescaped(strings.TrimPrefix(escaped, "/_sim/bases/"))
	if !ok || len(parts) < 3 || len(parts) > 5 || parts[1] != "tables" {
		return nil, path{}, "", false
	}
	name := method
	if len(parts) > 3 {
		name += " " + parts[3]
	}
	if len(parts) == 5 {
		name, key = name+"/{key}", parts[4]
	}
	call, found = byHandCalls[name]
	return call, path{base: parts[0], table: parts[2]}, key, found
}

// serveByHand answers one of these calls when it is on disk.
func (a *admin) serveByHand(w http.ResponseWriter, r *http.Request) {
	call, p, key, found := byHandCall(r.Method, r.URL.EscapedPath())
	if !found {
		respondJSON(w, http.StatusNotFound, noSuchCall)
		return
	}
	body, err := readBody(r)
	var done response
	if err == nil {
		done, err = a.world.writeTable(p, func(change *record.Change, t *schema.Table, _ *record.Evaluator) ([]byte, *wire.Error) {
			return call(change, t, key, body)
		})
	}
	if err != nil {
		respondJSON(w, err.Status, map[string]string{"error": err.Type + ": " + err.Message})
		return
	}
	if err := done.ticket.Wait(); err != nil {
		respondJSON(w, http.StatusInternalServerError, map[string]string{"error": "the simulator cannot save: " + err.Error()})
		return
	}
	writeResponse(w, r, a.world.now(), done.body, nil)
}

func deleteTable(change *record.Change, t *schema.Table, _ string, _ []byte) ([]byte, *wire.Error) {
	return []byte("{}"), change.RemoveTable(t)
}

// createFieldByHand makes a field of any type, also of those that the API refuses.
func createFieldByHand(change *record.Change, t *schema.Table, _ string, body []byte) ([]byte, *wire.Error) {
	in := schema.FieldBody{ByHand: true}
	if err := wire.Decode(body, &in); err != nil {
		return nil, err
	}
	f, err := change.Schema.CreateField(t.Base, t.ID, in)
	if err != nil {
		return nil, err
	}
	return f.Append(nil), nil
}

// shiftField changes the type of a field or its options, such as the choices of a select.
func shiftField(change *record.Change, t *schema.Table, key string, body []byte) ([]byte, *wire.Error) {
	f := t.Field(key)
	if f == nil {
		return nil, wire.UnknownField(key)
	}
	to := schema.Shift{Type: f.Type}
	if err := wire.Decode(body, &to); err != nil {
		return nil, err
	}
	if err := change.ShiftField(t, f, to); err != nil {
		return nil, err
	}
	return f.Append(nil), nil
}

func deleteField(change *record.Change, t *schema.Table, key string, _ []byte) ([]byte, *wire.Error) {
	f := t.Field(key)
	if f == nil {
		return nil, wire.UnknownField(key)
	}
	return []byte("{}"), change.RemoveField(t, f)
}

func createView(change *record.Change, t *schema.Table, _ string, body []byte) ([]byte, *wire.Error) {
	var in schema.ViewBody
	if err := wire.Decode(body, &in); err != nil {
		return nil, err
	}
	v, err := change.Schema.CreateView(t, in)
	return v.Append(nil), err
}

func updateView(change *record.Change, t *schema.Table, key string, body []byte) ([]byte, *wire.Error) {
	var in schema.ViewBody
	if err := wire.Decode(body, &in); err != nil {
		return nil, err
	}
	v, err := change.Schema.UpdateView(t, key, in)
	return v.Append(nil), err
}

func deleteView(change *record.Change, t *schema.Table, key string, _ []byte) ([]byte, *wire.Error) {
	return []byte("{}"), change.Schema.RemoveView(t, key)
}
