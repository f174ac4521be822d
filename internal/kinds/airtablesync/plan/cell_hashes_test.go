package plan

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// A source row and the target row that it becomes have the same hashes.
func TestHashesAgree(t *testing.T) {
	t.Parallel()
	p := people()
	sources := Counterparts{"firms": {"recT1": "recS1", "recT2": "recS2"}, "people": {"recT1": "recP1"}}
	for name, test := range map[string]struct {
		source, target string
		differ         bool
	}{
		"equal":                   {`{"fldName":"A","fldSum":7}`, `{"fldN":"A","fldS":"7"}`, false},
		"text differs":            {`{"fldName":"A"}`, `{"fldN":"a"}`, true},
		"empty is absent":         {`{"fldName":"","fldDone":false,"fldNote":"\n"}`, `{}`, false},
		"the external ID":         {`{"fldName":"A"}`, `{"fldN":"A","fldX":"appS/rec1"}`, false},
		"a field not mapped":      {`{"fldName":"A","fldOther":"x"}`, `{"fldN":"A","fldElse":1}`, false},
		"a lost checkbox":         {`{"fldDone":true}`, `{}`, true},
		"a cell moved":            {`{"fldName":"A"}`, `{"fldS":"A"}`, true},
		"two cells exchanged":     {`{"fldName":"A","fldSum":"B"}`, `{"fldN":"B","fldS":"A"}`, true},
		"links":                   {`{"fldFirm":["recS1","recS2"]}`, `{"fldF":["recT1","recT2"]}`, false},
		"links in another order":  {`{"fldFirm":["recS2","recS1"]}`, `{"fldF":["recT1","recT2"]}`, true},
		"a link to someone else":  {`{"fldFirm":["recS1"]}`, `{"fldF":["recT1","recT9"]}`, true},
		"a link that is gone":     {`{"fldFirm":["recS1"]}`, `{}`, true},
		"another link field":      {`{"fldFirm":["recS1"]}`, `{"fldB":["recT1"]}`, true},
		"a link of another pair":  {`{"fldBoss":["recP1"]}`, `{"fldB":["recT1"]}`, false},
		"skipped links":           {`{"fldName":"A","fldOut":["recO"]}`, `{"fldN":"A"}`, false},
		"rich text in two styles": {`{"fldNote":"hello"}`, `{"fldR":"hello\n"}`, false},
	} {
		want := sourceHashes(p, row(t, "rec1", test.source), airtable.CurrentForm).pack()
		got := targetHashes(p, row(t, "recT", test.target), sources, airtable.CurrentForm).pack()
		if want.Equal(got) == test.differ {
			t.Errorf("%s: %x and %x, want them to differ: %t", name, want, got, test.differ)
		}
	}
}

// So a field that is added to the mapping changes only rows that fill it.
func TestAnEmptyCellLeavesNoTrace(t *testing.T) {
	t.Parallel()
	q := people()
	q.Fields = append(q.Fields, FieldPair{Source: "fldNew", Target: airtable.Field{ID: "fldY", Type: airtable.SingleLineText}},
		FieldPair{Source: "fldFiles", Target: airtable.Field{ID: "fldA", Type: airtable.MultipleAttachments}})
	r := row(t, "rec1", `{"fldName":"A"}`)
	if !desired(q, r).Hashes.Equal(desired(people(), r).Hashes) {
		t.Error("two empty cells leave a trace")
	}
}

func TestHashesDoNotDependOnTheOrderOfTheMapping(t *testing.T) {
	t.Parallel()
	p, q := people(), people()
	q.Fields[0], q.Fields[2] = q.Fields[2], q.Fields[0]
	r := row(t, "rec1", `{"fldName":"A","fldSum":7,"fldFirm":["recS1"]}`)
	if !desired(p, r).Hashes.Equal(desired(q, r).Hashes) {
		t.Error("the hashes depend on the order of the fields")
	}
}

func TestPackedHashes(t *testing.T) {
	t.Parallel()
	h := newHashed(airtable.CurrentForm)
	for i := range 40 {
		h.add(airtable.FieldID(fmt.Sprintf("fld%d", i)), []byte(`"x"`))
	}
	h.again("fld7", "fldEmpty")
	if diff := cmp.Diff(h.cells, h.pack().unpack().cells); diff != "" {
		t.Errorf("(-packed +unpacked):\n%s", diff)
	}
	if n := len(h.pack()); n != 1+41*entryBytes {
		t.Errorf("41 cells take %d bytes", n)
	}
	if !bytes.Equal(h.pack(), h.pack().unpack().pack()) {
		t.Error("packing is not stable")
	}
	for _, bad := range []CellHashes{nil, {}, {2, 1}, h.pack()[:20]} {
		if bad.unpack().known() {
			t.Errorf("%x is read", bad)
		}
	}
	if empty := newHashed(airtable.CurrentForm).pack(); !empty.unpack().known() {
		t.Error("a row without cells counts as unknown")
	}
}

// Two fields of one key share an entry: a change of either changes it.
func TestFieldsOfOneKey(t *testing.T) {
	t.Parallel()
	key := keyOf("fldA")
	one := newHashed(airtable.CurrentForm)
	one.add("fldA", []byte(`1`))
	two := newHashed(airtable.CurrentForm)
	two.add("fldA", []byte(`1`))
	two.cells[key] ^= 12345 // as a second field would
	if one.cells[key] == two.cells[key] {
		t.Error("the second field leaves no trace")
	}
}

// Hashes of an older form are compared in that form, once.
func TestAnOlderFormIsRenewed(t *testing.T) {
	t.Parallel()
	p := people()
	p.Fields = append(p.Fields, FieldPair{Source: "fldNum", Target: airtable.Field{ID: "fldNo", Type: airtable.Number, Options: []byte(`{"precision":0}`)}})
	was := row(t, "rec1", `{"fldName":"A","fldNum":1.6,"fldNote":"x"}`)
	kept := sourceHashes(p, was, airtable.FormRounded)
	renew := func(fields string) hashed {
		return kept.inCurrentForm(func(f airtable.Form) hashed { return sourceHashes(p, row(t, "rec1", fields), f) })
	}
	if diff := cmp.Diff(sourceHashes(p, was, airtable.CurrentForm).cells, renew(`{"fldName":"A","fldNum":1.6,"fldNote":"x"}`).cells); diff != "" {
		t.Errorf("unchanged (-want +got):\n%s", diff)
	}
	changed := renew(`{"fldName":"B","fldNum":1.6}`)
	want := sourceHashes(p, was, airtable.CurrentForm)
	want.again("fldN", "fldR")
	if diff := cmp.Diff(want.cells, changed.cells); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}
