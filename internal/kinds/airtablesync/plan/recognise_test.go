package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

func TestRecognise(t *testing.T) {
	t.Parallel()
	p := people()
	rows := []airtable.Record{
		row(t, "recT1", `{"fldX":"appS/rec1","fldN":"A","fldF":["recTF"]}`),
		row(t, "recT2", `{"fldX":"appU/rec2"}`), // of another source base
		row(t, "recT3", `{"fldN":"by hand"}`),
		row(t, "recT4", `{"fldN":"D"}`),                 // someone has cleared its ID
		row(t, "recT5", `{"fldX":"appS/rec1"}`),         // a copy of recT1
		row(t, "recT6", `{"fldX":"appS/rec6"}`),         // a copy of a row on an earlier page
		row(t, "recT7", `{"fldX":"appS/rec7"}`),         // a copy; the next one is the one that we know
		row(t, "recT8", `{"fldX":"appS/rec7"}`),         //
		row(t, "recT9", `{"fldX":"appS/not a record"}`), // not an ID of ours
		row(t, "recTa", `{"fldX":7}`),
		row(t, "recTb", `{"fldX":"appS/recB"}`), // read again, as a restarted page does
	}
	listed, duplicates := Recognise(p, rows, Listing{
		Name:    "l",
		Sources: map[airtable.RecordID]airtable.RecordID{"recT4": "rec4", "recT1": "rec9"},
		Known: map[airtable.RecordID]Known{"rec6": {Target: "recTx", Listed: "l"}, "rec7": {Target: "recT8", Listed: "earlier"},
			"recB": {Target: "recTb", Listed: "l"}},
		Linked: Counterparts{"firms": {"recTF": "recF"}},
	})
	var got []string
	for _, l := range listed {
		got = append(got, string(l.Source)+"="+string(l.Target))
	}
	if diff := cmp.Diff([]string{"rec1=recT1", "rec4=recT4", "rec7=recT8", "recB=recTb"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]airtable.RecordID{"recT5", "recT6", "recT7"}, duplicates); diff != "" {
		t.Errorf("duplicates (-want +got):\n%s", diff)
	}
	if want := desired(p, row(t, "rec1", `{"fldName":"A","fldFirm":["recF"]}`)).Hashes; !listed[0].Seen.Equal(want) {
		t.Errorf("recT1 reads %x, want %x", listed[0].Seen, want)
	}
	if listed[1].Seen != nil {
		t.Errorf("a row without its external ID counts as unchanged: %+v", listed[1])
	}
}

// A row that is on two pages, under another ID than the one listed before, is a
// copy only if the earlier page belongs to this listing.
func TestRecogniseForgetsEarlierListings(t *testing.T) {
	t.Parallel()
	known := map[airtable.RecordID]Known{"rec1": {Target: "recOld", Listed: "run.0"}}
	rows := []airtable.Record{row(t, "recNew", `{"fldX":"appS/rec1"}`)}
	for name, want := range map[string]int{"run.0": 0, "run.1": 1} {
		if listed, duplicates := Recognise(people(), rows, Listing{Name: name, Known: known}); len(listed) != want || len(duplicates) != 1-want {
			t.Errorf("listing %s: %+v, the duplicates %v", name, listed, duplicates)
		}
	}
}

func TestWhatAPageRefersTo(t *testing.T) {
	t.Parallel()
	p := people()
	rows := []airtable.Record{
		row(t, "recT1", `{"fldX":"appS/rec1","fldF":["recF2","recF1"],"fldB":["recT2"]}`),
		row(t, "recT2", `{"fldX":"appU/rec2","fldF":["recF2"]}`),
		row(t, "recT3", `{}`),
	}
	if diff := cmp.Diff([]airtable.RecordID{"rec1"}, ClaimedSources(p, rows)); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	want := map[string][]airtable.RecordID{"firms": {"recF1", "recF2"}, "people": {"recT2"}}
	if diff := cmp.Diff(want, LinkedTargets(p, rows)); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
}

// What people type behind an ID makes no other row of it: the row is found, and
// written with its ID again. Of two rows, the one with the exact ID is the row.
func TestRecogniseReadsAnIDWithSomethingBehindIt(t *testing.T) {
	t.Parallel()
	for cell, exact := range map[string]bool{"appS/rec1": true, "appS/rec1 (copy)": false, " appS/rec1": false, "appS/rec1\n": false, "appS/rec1, appS/rec2": false} {
		rows := []airtable.Record{row(t, "recT1", string(marshal(t, map[string]string{"fldX": cell, "fldN": "A"})))}
		listed, _ := Recognise(people(), rows, Listing{Name: "l"})
		if len(listed) != 1 || listed[0].Source != "rec1" || (listed[0].Seen != nil) != exact {
			t.Errorf("%q: %+v", cell, listed)
		}
	}
	rows := []airtable.Record{row(t, "recT1", `{"fldX":"appS/rec1 copy"}`), row(t, "recT2", `{"fldX":"appS/rec1"}`)}
	listed, duplicates := Recognise(people(), rows, Listing{Name: "l"})
	if len(listed) != 1 || listed[0].Target != "recT2" || len(duplicates) != 1 || duplicates[0] != "recT1" {
		t.Errorf("%+v, duplicates %v", listed, duplicates)
	}
}

// What is known in an older form gets the current one as it is read.
func TestRecogniseRenewsAnOlderForm(t *testing.T) {
	t.Parallel()
	p, was, is := people(), row(t, "recT1", `{"fldX":"appS/rec1","fldN":"A","fldR":"x"}`), row(t, "recT1", `{"fldX":"appS/rec1","fldN":"A","fldR":"edited"}`)
	known := map[airtable.RecordID]Known{"rec1": {Target: "recT1", Right: targetHashes(p, was, nil, airtable.FormRounded).pack()}}
	listed, _ := Recognise(p, []airtable.Record{is}, Listing{Name: "l", Known: known})
	want := targetHashes(p, was, nil, airtable.CurrentForm)
	want.again("fldR")
	if diff := cmp.Diff(want.pack(), listed[0].Right); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	known["rec1"] = Known{Target: "recT1", Right: targetHashes(p, was, nil, airtable.CurrentForm).pack()}
	if listed, _ = Recognise(p, []airtable.Record{is}, Listing{Name: "l", Known: known}); listed[0].Right != nil {
		t.Errorf("the current form is written again: %x", listed[0].Right)
	}
}
