package airtable_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// pages is a Lister that answers from a list and notes what it was asked.
type pages struct {
	asked []airtable.ListParams
	next  []*airtable.Page
	err   error
}

func (p *pages) List(_ context.Context, _ airtable.Token, _ airtable.BaseID, _ airtable.TableID, l airtable.ListParams) (*airtable.Page, error) {
	p.asked = append(p.asked, l)
	if p.err != nil {
		return nil, p.err
	}
	page := p.next[0]
	p.next = p.next[1:]
	return page, nil
}

func at(minute int) time.Time { return time.Date(2026, 11, 24, 10, minute, 0, 0, time.UTC) }

func page(minute int, offset string) *airtable.Page {
	return &airtable.Page{Response: airtable.Response{ServerDate: at(minute)}, Offset: offset, Records: []airtable.Record{{ID: "rec1"}}}
}

func TestAReadGoesFromPositionToPosition(t *testing.T) {
	t.Parallel()
	p := &pages{next: []*airtable.Page{page(10, "itr/1"), page(20, "itr/2"), page(30, "")}}
	r := airtable.NewReader(p)
	pos := airtable.StartChanged(at(0))
	options := airtable.ReadOptions{PageSize: 50, Fields: []string{"fld1"}, Overlap: 2 * time.Minute}
	for range 3 {
		// as between two steps: the position is all that survives
		stored, err := json.Marshal(pos)
		if err != nil {
			t.Fatal(err)
		}
		pos = airtable.Position{}
		if err := json.Unmarshal(stored, &pos); err != nil {
			t.Fatal(err)
		}
		if _, pos, err = r.Read(t.Context(), token, "app1", "tbl1", pos, options); err != nil {
			t.Fatal(err)
		}
	}
	want := airtable.Position{Reading: airtable.ReadChanged, Since: at(0), Mark: at(8), Done: true}
	if diff := cmp.Diff(want, pos); diff != "" {
		t.Error(diff)
	}
	formula := `OR(IS_AFTER(LAST_MODIFIED_TIME(), DATETIME_PARSE("2026-11-24T10:00:00.000Z")), IS_AFTER(CREATED_TIME(), DATETIME_PARSE("2026-11-24T10:00:00.000Z")))`
	for i, offset := range []string{"", "itr/1", "itr/2"} {
		want := airtable.ListParams{PageSize: 50, Offset: offset, FilterByFormula: formula, Fields: []string{"fld1"}, ReturnFieldsByFieldID: true}
		if diff := cmp.Diff(want, p.asked[i]); diff != "" {
			t.Error(diff)
		}
	}
	if _, again, err := r.Read(t.Context(), token, "app1", "tbl1", pos, options); err != nil || again != pos || len(p.asked) != 3 {
		t.Errorf("reading beyond the end: %+v, %v, %d calls", again, err, len(p.asked))
	}
}

func TestAnExpiredReadRestartsWithItsFirstMark(t *testing.T) {
	t.Parallel()
	p := &pages{next: []*airtable.Page{page(10, "itr/1")}}
	r := airtable.NewReader(p)
	_, pos, err := r.Read(t.Context(), token, "app1", "tbl1", airtable.StartAll(), airtable.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.err = errors.New("expired")
	if _, same, err := r.Read(t.Context(), token, "app1", "tbl1", pos, airtable.ReadOptions{}); err != p.err || same != pos {
		t.Errorf("a failed page moved the position: %+v, %v", same, err)
	}
	p.err, p.next = nil, []*airtable.Page{page(40, "")}
	_, pos, err = r.Read(t.Context(), token, "app1", "tbl1", pos.Restart(), airtable.ReadOptions{})
	if err != nil || !pos.Done || pos.Mark != at(9) {
		t.Errorf("position %+v, error %v; want the mark 10:09", pos, err)
	}
	if p.asked[2].Offset != "" || p.asked[2].FilterByFormula != "" {
		t.Errorf("the restart asked %+v", p.asked[2])
	}
}

func TestAMarkNeverGoesBack(t *testing.T) {
	t.Parallel()
	if pos := airtable.StartChanged(at(10)).After(page(10, ""), time.Minute); pos.Mark != at(10) {
		t.Errorf("the mark went back to %v", pos.Mark)
	}
	undated := &airtable.Page{}
	if pos := airtable.StartChanged(at(10)).After(undated, time.Minute); !pos.Mark.IsZero() {
		t.Errorf("a mark without Airtable's clock: %v", pos.Mark)
	}
}

func TestFormulas(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		airtable.QuoteText("a\"b\\c\nd"):                        `"a\"b\\c\nd"`,
		airtable.FieldRef("Price (€)"):                          `{Price (€)}`,
		airtable.FieldRef(`odd}\name`):                          `{odd\}\\name}`,
		airtable.AnyRecord(nil):                                 `0`,
		airtable.AnyRecord([]airtable.RecordID{"rec1"}):         `RECORD_ID()="rec1"`,
		airtable.AnyRecord([]airtable.RecordID{"rec1", "rec2"}): `OR(RECORD_ID()="rec1", RECORD_ID()="rec2")`,
	} {
		if got != want {
			t.Errorf("formula %s, want %s", got, want)
		}
	}
	hundred := make([]airtable.RecordID, 100)
	for i := range hundred {
		hundred[i] = airtable.RecordID("rec" + strings.Repeat("x", 14))
	}
	if n := len(airtable.AnyRecord(hundred)); n > 4000 {
		t.Errorf("the formula of 100 ids has %d characters", n)
	}
}
