package cell_test

import (
	"encoding/json"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
)

// FuzzRead writes any JSON to a field of every shape: nothing may panic, and what is stored must be JSON that reads
// back as the same cell.
func FuzzRead(f *testing.F) {
	for _, sent := range []string{`null`, `"a, b"`, `["a",null]`, `{"id":"usrAAAAAAAAAAAAAA"}`, `[{"url":"http://x"}]`, `1e308`, `"12 %"`, `"9999-12-31T23:59:59-23:00"`, `[[]]`, `"\ud800"`, `{"text":"1"}`, `["` + rec1 + `"]`} {
		f.Add([]byte(sent), true)
		f.Add([]byte(sent), false)
	}
	f.Fuzz(func(t *testing.T, sent []byte, typecast bool) {
		if !json.Valid(sent) {
			return
		}
		w := setup(t)
		for _, field := range w.Fields {
			value, err := cell.Reader{Context: w, Typecast: typecast}.Read(field, sent)
			if err != nil || value == nil {
				continue
			}
			stored := cell.Append(nil, value)
			if !json.Valid(stored) {
				t.Fatalf("%s: %q is stored as %q", field.Name, sent, stored)
			}
			if back, err := cell.Decode(field, stored); err != nil || !cell.Same(value, back) {
				t.Fatalf("%s: %q is stored as %q, which reads back as %v (%v)", field.Name, sent, stored, back, err)
			}
			cell.Computable(field, value)
		}
	})
}
