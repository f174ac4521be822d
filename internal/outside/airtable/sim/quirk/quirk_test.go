package quirk_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/quirk"
)

func TestSwitchesThatCannotMeanAnythingAreRefused(t *testing.T) {
	t.Parallel()
	below := -1
	for want, s := range map[string]quirk.Set{
		"loopback, all or none": {FetchAttachments: "some"}, "short, long": {UpsertAnswer: "none"}, "attachment_delay_ms": {AttachmentDelayMS: -1},
		"a limit of records": {MaxRecordsPerBase: &below}, "a limit of records is": {MaxRecordsPerTable: &below}, "a member has no id": {Members: &[]quirk.Member{{Email: "a@x"}}},
	} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := (quirk.Set{}).Check(); err != nil {
		t.Error(err)
	}
}

func TestFetches(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"http://127.0.0.1:80/a": "loopback all", "http://[::1]/a": "loopback all", "http://localhost:5/a": "loopback all",
		"https://example.com/a": "all", "https://127.0.0.1.example.com/a": "all", "http://10.0.0.1/a": "all",
	} {
		got := ""
		for _, from := range []string{"", "none", "all"} {
			if (quirk.Set{FetchAttachments: from}).Fetches(url) {
				got += map[string]string{"": "loopback ", "none": "none ", "all": "all"}[from]
			}
		}
		if got != want {
			t.Errorf("%s: got %q", url, got)
		}
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	ann := quirk.Member{ID: "usrAAAAAAAAAAAAAA", Email: "Ann@example.com", Name: "Ann"}
	s := quirk.Set{Members: &[]quirk.Member{ann}}
	for _, c := range []struct {
		id, email string
		listed    bool
	}{{ann.ID, "", true}, {"", "ann@EXAMPLE.com", true}, {"usrB", "ann@example.com", false}, {"", "bob@example.com", false}, {"", "", false}} {
		if got, listed, anyone := s.Member(c.id, c.email); listed != c.listed || anyone || listed && got != ann {
			t.Errorf("%v: got %v %v %v", c, got, listed, anyone)
		}
	}
	if _, _, anyone := (quirk.Set{}).Member("usrB", ""); !anyone {
		t.Error("without a list not everyone may pass")
	}
}

func TestACloneIsApart(t *testing.T) {
	t.Parallel()
	n := 1
	s := quirk.Set{Members: &[]quirk.Member{{ID: "a"}}, MaxRecordsPerBase: &n, ReadOnlyFields: []string{"a"}, NoCreateTables: []string{"a"}, FailingAttachments: []string{"a"}}
	c := s.Clone()
	(*c.Members)[0].ID, *c.MaxRecordsPerBase, c.ReadOnlyFields[0], c.NoCreateTables[0], c.FailingAttachments[0] = "b", 2, "b", "b", "b"
	want := quirk.Set{Members: &[]quirk.Member{{ID: "a"}}, MaxRecordsPerBase: &n, ReadOnlyFields: []string{"a"}, NoCreateTables: []string{"a"}, FailingAttachments: []string{"a"}}
	if diff := cmp.Diff(want, s); diff != "" || n != 1 {
		t.Error(diff)
	}
	if !s.ReadOnly("x", "a") || !s.ReadOnly("a", "x") || s.ReadOnly("x", "y") || !s.NoCreate("a", "x") || !s.Fails("a") || s.Fails("b") {
		t.Error("a name or an id is not found")
	}
}
