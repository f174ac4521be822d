package record

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func TestBodies(t *testing.T) {
	t.Parallel()
	record := `{"id":"recAAAAAAAAAAAAAA","fields":{}}`
	many := func(n int) string { return `{"records":[` + strings.Repeat(record+",", n-1) + record + `]}` }
	for _, c := range []struct {
		body           string
		create, update *wire.Error
	}{
		{many(1), nil, nil},
		{many(10), nil, nil},
		{many(11), errCreateTooMany(11), errUpdateShape()},
		{`{"records":[]}`, errCreateShape(), errUpdateShape()},
		{`{"records":{}}`, errCreateShape(), errUpdateShape()},
		{`{"records":[1]}`, errCreateShape(), errUpdateShape()},
		{`{"records":[{"id":"recAAAAAAAAAAAAAA"}]}`, errCreateShape(), errUpdateShape()},
		{`{"records":[{"fields":{}}]}`, nil, errUpdateShape()},
		{`{"records":[{"id":"x","fields":{}}]}`, nil, errUpdateShape()},
		{`{"records":[{"fields":{}}],"performUpsert":{}}`, nil, nil},
		{`{"records":[{"id":"x","fields":{}}],"performUpsert":{}}`, nil, errUpdateShape()},
		{`{"fields":{}}`, nil, errUpdateShape()},
		{`{}`, errNoFields(), errUpdateShape()},
	} {
		var b Body
		if err := json.Unmarshal([]byte(c.body), &b); err != nil {
			t.Fatal(err)
		}
		if _, err := b.ToCreate(); cmp.Diff(c.create, err) != "" {
			t.Errorf("create %.60s: got %v", c.body, err)
		}
		if _, err := b.ToUpdate(); cmp.Diff(c.update, err) != "" {
			t.Errorf("update %.60s: got %v", c.body, err)
		}
	}
	if _, err := (Body{}).ToUpdateOne(); cmp.Diff(errNoFields(), err) != "" {
		t.Errorf("update one: got %v", err)
	}
}

func TestIDsToDelete(t *testing.T) {
	t.Parallel()
	const id = "recAAAAAAAAAAAAAA"
	for text, want := range map[string]*wire.Error{
		"records[]=" + id:                        nil,
		"records[0]=" + id + "&records[1]=" + id: nil,
		strings.Repeat("records[]="+id+"&", 10):  nil,
		strings.Repeat("records[]="+id+"&", 11):  errDeleteIDs(),
		"":                                       errDeleteIDs(),
		"records[]=x":                            errDeleteIDs(),
		"records[]=tblAAAAAAAAAAAAAA":            errDeleteIDs(),
		"records=" + id:                          errDeleteNoArray(),
	} {
		query, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		got, refused := ToDelete(query)
		if cmp.Diff(want, refused) != "" || want == nil && (len(got) == 0 || got[0] != id) {
			t.Errorf("%.60s: got %v, %v", text, got, refused)
		}
	}
}
