package airtablesync_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// gatekeeper does not know a person, and counts the calls that have typecast with
// and without links.
type gatekeeper struct {
	airtablesync.Airtable
	unknown           string
	cast, castAndLink *atomic.Int32
}

func (g gatekeeper) Upsert(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, r airtable.UpsertRequest) (*airtable.UpsertResult, error) {
	if r.Typecast {
		g.cast.Add(1)
	}
	for _, w := range r.Records {
		for _, cell := range w.Fields {
			if g.unknown != "" && strings.Contains(string(cell), g.unknown) {
				return nil, failure.New(failure.Validation, "invalid_value_for_column", "Field cannot accept the provided value")
			}
			if r.Typecast && strings.HasPrefix(string(cell), `["rec`) {
				g.castAndLink.Add(1)
			}
		}
	}
	return g.Airtable.Upsert(ctx, tok, base, table, r)
}

// New choices are made, and no link is ever written together with what makes them.
func TestNewChoicesAndLinksAreWrittenApart(t *testing.T) {
	t.Parallel()
	g := gatekeeper{cast: new(atomic.Int32), castAndLink: new(atomic.Int32)}
	b := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable { g.Airtable = a; return g })
	ids := b.crm()
	people, _ := b.schema(sourceID).Table("People")
	_, err := b.client.CreateField(t.Context(), sourceToken, sourceID, people.ID, field("Rank", airtable.SingleSelect, `{"choices":[{"name":"a"}]}`))
	b.ok(err)
	b.update(sourceID, "People", ids["People"][0], `{"Rank":"a"}`)
	b.emptyTarget()
	b.complete(config(""), "")
	if g.cast.Load() != 0 {
		t.Errorf("%d calls have typecast without a new choice", g.cast.Load())
	}
	for i, id := range ids["People"][:12] { // some new rows, some known ones
		if i%2 == 0 {
			b.remove(targetID, "People", b.named(targetID, "People", fmt.Sprintf("P%02d", i)))
		}
		b.update(sourceID, "People", id, fmt.Sprintf(`{"Rank":"new %d"}`, i%5))
	}
	got := b.complete(config(""), `{"mode":"full"}`)
	b.sameTables("Companies", "People", "Deals")
	b.noDuplicates()
	if s := find(t, got, "People"); s.Created != 6 || s.Updated != 6 || g.cast.Load() == 0 || g.castAndLink.Load() != 0 {
		t.Errorf("%+v, %d calls with typecast, %d cells of links in them", s, g.cast.Load(), g.castAndLink.Load())
	}
	if got = b.complete(config(""), `{"mode":"full"}`); got.Calls.Write != 0 {
		t.Errorf("equal rows cost writes: %+v", got)
	}
}

// A person without access to the target costs the rows that name them the person,
// and nothing else; each is told of.
func TestAPersonWhomTheTargetDoesNotKnow(t *testing.T) {
	t.Parallel()
	g := gatekeeper{unknown: "stranger@example.com", cast: new(atomic.Int32), castAndLink: new(atomic.Int32)}
	b := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable { g.Airtable = a; return g })
	b.base(sourceID, table("Tasks", text("Name"), field("Owner", airtable.SingleCollaborator, "")))
	b.emptyTarget()
	var rows []string
	for i := range 30 {
		who := "friend"
		if i == 17 {
			who = "stranger"
		}
		rows = append(rows, fmt.Sprintf(`{"Name":"T%02d","Owner":{"email":"%s@example.com"}}`, i, who))
	}
	ids := b.insert(sourceID, "Tasks", rows...)
	for run := range 5 {
		got := b.complete(config(""), `{"mode":"full"}`)
		if s := got.Tables[0]; run < 3 && (s.Dropped != 1 || warned(got, plan.LossDropped) != 1) || run >= 3 && got.Calls.Write != 0 {
			t.Errorf("run %d: %+v %+v", run+1, got, s)
		}
		told := strings.Join(b.told(), "\n")
		if want := fmt.Sprintf("Tasks %s reduced cells_dropped", ids[17]); (run < 3) != strings.Contains(told, want) || strings.Count(told, "\n") > 0 {
			t.Errorf("run %d tells %q", run+1, told)
		}
	}
	owners := 0
	for _, r := range b.rows(targetID, "Tasks") {
		if len(r.Fields["Owner"]) > 0 {
			owners++
		}
	}
	if n := len(b.rows(targetID, "Tasks")); n != 30 || owners != 29 {
		t.Errorf("%d rows, %d with their owner", n, owners)
	}
}
