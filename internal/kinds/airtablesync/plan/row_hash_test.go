package plan

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// A source row and the target row that it becomes have one hash.
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
		want := desired(p, row(t, "rec1", test.source)).Hash
		got, _ := targetHashes(p, row(t, "recT", test.target), sources)
		if (want != got) != test.differ {
			t.Errorf("%s: hashes %s and %s, want them to differ: %t", name, want, got, test.differ)
		}
	}
}

// So a field that is added to the mapping changes only rows that fill it.
func TestAnEmptyCellLeavesNoTrace(t *testing.T) {
	t.Parallel()
	p, q := people(), people()
	q.Fields = append(q.Fields, FieldPair{Source: "fldNew", Target: airtable.Field{ID: "fldY", Type: airtable.SingleLineText}},
		FieldPair{Source: "fldFiles", Target: airtable.Field{ID: "fldA", Type: airtable.MultipleAttachments}})
	r := row(t, "rec1", `{"fldName":"A"}`)
	if hash := desired(q, r).Hash; hash != desired(p, r).Hash || filesOf(hash) != "" {
		t.Errorf("two empty cells make the hash %s", hash)
	}
}

// The response is compared with an earlier response, so links stay as they are.
func TestTheResponseKeepsTargetIDs(t *testing.T) {
	t.Parallel()
	p := people()
	r := row(t, "recT", `{"fldN":"A","fldF":["recT1"]}`)
	hash, response := targetHashes(p, r, Counterparts{"firms": {"recT1": "recS1"}})
	if _, other := targetHashes(p, r, nil); other != response {
		t.Error("the response depends on what is known of linked rows")
	}
	if hash == response {
		t.Error("the hash has the target row's ID")
	}
	if _, unlinked := targetHashes(p, row(t, "recT", `{"fldN":"A"}`), nil); unlinked == response {
		t.Error("the response leaves out links")
	}
}

func TestHashDoesNotDependOnTheOrderOfTheMapping(t *testing.T) {
	t.Parallel()
	p, q := people(), people()
	q.Fields[0], q.Fields[2] = q.Fields[2], q.Fields[0]
	r := row(t, "rec1", `{"fldName":"A","fldSum":7,"fldFirm":["recS1"]}`)
	if desired(p, r).Hash != desired(q, r).Hash {
		t.Error("the hash depends on the order of the fields")
	}
}
