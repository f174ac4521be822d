package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// What is lost is told once, when the row is written, and not in every run that
// finds the row unchanged.
func TestLinksThatLeadOutAreLostWhenARowIsWritten(t *testing.T) {
	t.Parallel()
	p := people()
	rows := []airtable.Record{
		row(t, "rec1", `{"fldName":"A","fldOut":["recO1","recO2"]}`),
		row(t, "rec2", `{"fldName":"B","fldOut":["recO1"]}`),
		row(t, "rec3", `{"fldName":"C"}`),
	}
	known := map[airtable.RecordID]Known{"rec2": {Target: "recT2", Left: desired(p, rows[1]).Hashes}}
	got := Compare(p, rows, known, "s", "")
	if diff := cmp.Diff([]Loss{{Row: "rec1", Field: "Out", Code: LossSkippedLinks, Links: 2}}, got.Losses); diff != "" || got.SkippedLinks != 3 || got.Listed != 0 {
		t.Errorf("%d links skipped, want 3, %d listed (-want +got):\n%s", got.SkippedLinks, got.Listed, diff)
	}
}

func TestLostLinks(t *testing.T) {
	t.Parallel()
	p := people()
	changes := []RowChange{
		desired(p, row(t, "rec1", `{"fldName":"A","fldBoss":["rec2","rec3"],"fldFirm":["recF1","recF2"]}`)),
		desired(p, row(t, "rec2", `{"fldFirm":["recF1"]}`)),
	}
	targets := Counterparts{"firms": {"recF1": "recTF1"}, "people": {"rec2": "recT2"}}
	firm := Loss{Row: "rec1", Field: "Firm", Code: LossOpenLinks, Links: 1}
	for pass, want := range map[Pass][]Loss{
		PassRows:  {firm}, // the boss may still come
		PassLinks: {{Row: "rec1", Field: "Boss", Code: LossOpenLinks, Links: 1}, firm},
	} {
		if diff := cmp.Diff(want, LostLinks(p, changes, targets, pass)); diff != "" {
			t.Errorf("pass %s (-want +got):\n%s", pass, diff)
		}
	}
}
