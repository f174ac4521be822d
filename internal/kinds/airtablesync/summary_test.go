package airtablesync

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWarningsOfATable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		table      TableSummary
		asked      Mode
		duplicates int64
		want       []string // code and part of the detail
	}{
		"nothing to say":                {TableSummary{Mode: ModeFull}, ModeFull, 0, nil},
		"auto chose a full run":         {TableSummary{Mode: ModeFull}, ModeAuto, 0, nil},
		"incremental, as asked":         {TableSummary{Mode: ModeIncremental}, ModeIncremental, 0, nil},
		"incremental was not possible":  {TableSummary{Mode: ModeFull}, ModeIncremental, 0, []string{"read_in_full 1 no full run"}},
		"deletes wait for a person":     {TableSummary{Held: 3}, ModeFull, 0, []string{`deletes_held 3 {"allow_deletes": true}`}},
		"copies in the target":          {TableSummary{}, ModeFull, 2, []string{"doubled_rows 2 delete the copies"}},
		"links that cannot be followed": {TableSummary{OpenLinks: 4}, ModeFull, 0, []string{"open_links 4 the next run"}},
		"all at once": {TableSummary{Mode: ModeFull, Held: 1, OpenLinks: 1}, ModeIncremental, 1,
			[]string{"read_in_full 1 ", "deletes_held 1 ", "doubled_rows 1 ", "open_links 1 "}},
	} {
		test.table.TargetTable = "People"
		got := test.table.warnings(test.asked, test.duplicates)
		if len(got) != len(test.want) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i, w := range got {
			code, rest, _ := strings.Cut(test.want[i], " ")
			count, says, _ := strings.Cut(rest, " ")
			if w.Code != code || w.Table != "People" || string(rune('0'+w.Count)) != count || !strings.Contains(w.Detail, says) {
				t.Errorf("%s: %+v, want %s", name, w, test.want[i])
			}
		}
	}
}

func TestCallsAreSummed(t *testing.T) {
	t.Parallel()
	got := Calls{Schema: 1, Read: 20, Write: 300, Delete: 4000}.summed()
	if diff := cmp.Diff(Calls{Schema: 1, Read: 20, Write: 300, Delete: 4000, Total: 4321}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
