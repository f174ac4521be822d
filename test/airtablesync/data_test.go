package airtablesync_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// config syncs all tables of the source into the target; more adds members.
func config(more string) string {
	c := `{"source_bases":[{"base_id":"` + string(sourceID) + `","api_key":"secret:sec_source"}],` +
		`"target_bases":[{"base_id":"` + string(targetID) + `","api_key":"secret:sec_target"}]`
	if more != "" {
		c += "," + more
	}
	return c + "}"
}

// base creates a base.
func (b *testBundle) base(id airtable.BaseID, tables ...airtable.NewTable) *airtable.Base {
	b.Helper()
	made, err := b.client.CreateBase(b.Context(), sourceToken, airtable.NewBase{ID: id, Name: string(id), WorkspaceID: "wspTest0000000001", Tables: tables})
	b.ok(err)
	return made
}

// emptyTarget creates the target with one table that is not synced.
func (b *testBundle) emptyTarget() {
	b.Helper()
	b.base(targetID, table("Unused", text("Name")))
}

func table(name string, fields ...airtable.NewField) airtable.NewTable {
	return airtable.NewTable{Name: name, Fields: fields}
}

func text(name string) airtable.NewField {
	return airtable.NewField{Name: name, Type: airtable.SingleLineText}
}

func field(name string, typ airtable.FieldType, options string) airtable.NewField {
	return airtable.NewField{Name: name, Type: typ, Options: raw(options)}
}

func (b *testBundle) schema(id airtable.BaseID) *airtable.Base {
	b.Helper()
	s, err := b.client.Schema(b.Context(), sourceToken, id)
	b.ok(err)
	return s
}

// link creates a link field.
func (b *testBundle) link(id airtable.BaseID, from, name, to string) *airtable.Field {
	b.Helper()
	s := b.schema(id)
	source, _ := s.Table(from)
	linked, _ := s.Table(to)
	f, err := b.client.CreateField(b.Context(), sourceToken, id, source.ID, airtable.NewField{Name: name,
		Type: airtable.MultipleRecordLinks, Options: airtable.NewLinkOptions(linked.ID)})
	b.ok(err)
	return f
}

// insert creates rows from JSON objects and returns their IDs.
func (b *testBundle) insert(id airtable.BaseID, table string, rows ...string) []airtable.RecordID {
	b.Helper()
	var ids []airtable.RecordID
	for chunk := range slices.Chunk(rows, airtable.MaxBatch) {
		var request airtable.WriteRequest
		for _, r := range chunk {
			var w airtable.RecordWrite
			b.ok(json.Unmarshal([]byte(r), &w.Fields))
			request.Records = append(request.Records, w)
		}
		request.Typecast = true
		made, err := b.client.Create(b.Context(), sourceToken, id, airtable.TableID(table), request)
		b.ok(err)
		for _, r := range made.Records {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (b *testBundle) update(id airtable.BaseID, table string, record airtable.RecordID, fields string) {
	b.Helper()
	w := airtable.RecordWrite{ID: record}
	b.ok(json.Unmarshal([]byte(fields), &w.Fields))
	_, err := b.client.Update(b.Context(), sourceToken, id, airtable.TableID(table), airtable.WriteRequest{Records: []airtable.RecordWrite{w}, Typecast: true})
	b.ok(err)
}

func (b *testBundle) remove(id airtable.BaseID, table string, records ...airtable.RecordID) {
	b.Helper()
	for chunk := range slices.Chunk(records, airtable.MaxBatch) {
		_, err := b.client.Delete(b.Context(), sourceToken, id, airtable.TableID(table), chunk)
		b.ok(err)
	}
}

func (b *testBundle) rows(id airtable.BaseID, table string) []airtable.Record {
	b.Helper()
	var rows []airtable.Record
	for offset := ""; ; {
		page, err := b.client.List(b.Context(), sourceToken, id, airtable.TableID(table), airtable.ListParams{Offset: offset})
		b.ok(err)
		rows = append(rows, page.Records...)
		if offset = page.Offset; offset == "" {
			return rows
		}
	}
}

// readable writes the rows of a table down in short lines, without external IDs
// and with the names of linked rows instead of their IDs: two equal tables read
// the same.
func (b *testBundle) readable(id airtable.BaseID, tableName string) []string {
	b.Helper()
	schema := b.schema(id)
	names := map[string]string{}
	for _, t := range schema.Tables {
		for _, r := range b.rows(id, t.Name) {
			names[string(r.ID)] = string(r.Fields[t.Primary().Name])
			if id == targetID && t.Primary().Name == airtablesync.DefaultExternalIDField {
				names[string(r.ID)] = "?"
			}
		}
	}
	var lines []string
	for _, r := range b.rows(id, tableName) {
		line := []string{}
		for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
			if name == airtablesync.DefaultExternalIDField {
				continue
			}
			line = append(line, name+"="+readableCell(r.Fields[name], names))
		}
		lines = append(lines, strings.Join(line, " "))
	}
	slices.Sort(lines)
	return lines
}

// readableCell names linked rows, ordered by name: the order within an inverse
// link field is up to Airtable.
func readableCell(cell json.RawMessage, names map[string]string) string {
	var linked []string
	for _, id := range airtable.Links(cell) {
		if _, known := names[string(id)]; !known {
			return string(cell)
		}
		linked = append(linked, names[string(id)])
	}
	if linked == nil {
		return string(cell)
	}
	slices.Sort(linked)
	return fmt.Sprint(linked)
}

// faults sets the simulator's faults.
func (b *testBundle) faults(faults ...string) {
	b.Helper()
	b.admin(http.MethodPut, "/_sim/faults", `{"faults":[`+strings.Join(faults, ",")+`]}`)
}

func (b *testBundle) admin(method, path, body string) []byte {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(body))
	b.ok(err)
	response, err := http.DefaultClient.Do(request)
	b.ok(err)
	defer response.Body.Close()
	var all bytes.Buffer
	_, err = all.ReadFrom(response.Body)
	b.ok(err)
	if response.StatusCode != http.StatusOK {
		b.Fatalf("%s %s: %s", method, path, all.String())
	}
	return all.Bytes()
}

// met returns how many calls met a fault.
func (b *testBundle) met() int {
	b.Helper()
	var plan struct{ Faults []struct{ Met int } }
	b.ok(json.Unmarshal(b.admin(http.MethodGet, "/_sim/faults", ""), &plan))
	met := 0
	for _, f := range plan.Faults {
		met += f.Met
	}
	return met
}

// calls returns the calls since the last time, as the simulator counts them.
func (b *testBundle) calls() map[string]int {
	b.Helper()
	var stats struct{ Calls map[string]int }
	b.ok(json.Unmarshal(b.admin(http.MethodGet, "/_sim/stats", ""), &stats))
	b.admin(http.MethodDelete, "/_sim/stats", "")
	return stats.Calls
}
