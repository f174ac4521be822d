package airtablesync_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// slowly lists the tables of the source as if each took ten minutes, and edits
// the source before the second one is read.
type slowly struct {
	airtablesync.Airtable
	calls int
	edit  func()
}

func (s *slowly) List(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, p airtable.ListParams) (*airtable.Page, error) {
	if base != sourceID {
		return s.Airtable.List(ctx, tok, base, table, p)
	}
	if s.calls++; s.calls == 2 {
		s.edit()
	}
	page, err := s.Airtable.List(ctx, tok, base, table, p)
	if err == nil {
		page.ServerDate = page.ServerDate.Add(time.Duration(s.calls-1) * 10 * time.Minute)
	}
	return page, err
}

// A row can link to a row that appeared after that one's table was read. The next
// incremental run finds both, however long the first one took.
func TestALinkToARowThatAppearsDuringTheRunIsWrittenByTheNext(t *testing.T) {
	t.Parallel()
	var s *slowly
	b := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable {
		s = &slowly{Airtable: a}
		return s
	})
	b.base(sourceID, table("Companies", text("Name")), table("People", text("Name")))
	b.link(sourceID, "People", "Employer", "Companies")
	b.insert(sourceID, "Companies", `{"Name":"old"}`)
	people := b.insert(sourceID, "People", `{"Name":"P"}`)
	b.emptyTarget()
	s.edit = func() {
		company := b.insert(sourceID, "Companies", `{"Name":"new"}`)
		b.update(sourceID, "People", people[0], fmt.Sprintf(`{"Employer":[%q]}`, company[0]))
	}
	first := b.complete(config(""), "")
	if find(t, first, "People").OpenLinks != 1 {
		t.Fatalf("nothing was open: %+v", first)
	}
	second := b.complete(config(""), "")
	if p := find(t, second, "People"); p.Mode != airtablesync.ModeIncremental || p.OpenLinks != 0 {
		t.Errorf("summary: %+v", second)
	}
	b.sameTables("Companies", "People")
}
