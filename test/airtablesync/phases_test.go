package airtablesync_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// phases notes in which generations each sort of call was made, and hides rows of
// the source from its listings.
type phases struct {
	airtablesync.Airtable
	*notes
}

type notes struct {
	mu     sync.Mutex
	seen   map[string]map[string]bool // phase, execution and generation
	hidden map[airtable.RecordID]bool
	broken string // the phase whose calls fail, from the second generation on
}

func newNotes() *notes {
	return &notes{seen: map[string]map[string]bool{}, hidden: map[airtable.RecordID]bool{}}
}

// note notes a call, and may refuse it.
func (n *notes) note(ctx context.Context, phase string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if phase == n.broken && engine.InStep(ctx).Generation > 1 {
		return failure.New(failure.Fatal, "broken", "nothing goes today")
	}
	if n.seen[phase] == nil {
		n.seen[phase] = map[string]bool{}
	}
	info := engine.InStep(ctx)
	n.seen[phase][fmt.Sprint(info.Execution, info.Generation)] = true
	return nil
}

func (p phases) Schema(ctx context.Context, tok airtable.Token, base airtable.BaseID) (*airtable.Base, error) {
	if err := p.note(ctx, "schema"); err != nil {
		return nil, err
	}
	return p.Airtable.Schema(ctx, tok, base)
}

func (p phases) CreateTable(ctx context.Context, tok airtable.Token, base airtable.BaseID, t airtable.NewTable) (*airtable.Table, error) {
	if err := p.note(ctx, "create"); err != nil {
		return nil, err
	}
	return p.Airtable.CreateTable(ctx, tok, base, t)
}

func (p phases) CreateField(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, f airtable.NewField) (*airtable.Field, error) {
	if err := p.note(ctx, "create"); err != nil {
		return nil, err
	}
	return p.Airtable.CreateField(ctx, tok, base, table, f)
}

func (p phases) List(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, l airtable.ListParams) (*airtable.Page, error) {
	phase := "list"
	if base == sourceID {
		if phase = "read"; strings.Contains(l.FilterByFormula, "RECORD_ID") {
			phase = "look again"
		}
	}
	if err := p.note(ctx, phase); err != nil {
		return nil, err
	}
	page, err := p.Airtable.List(ctx, tok, base, table, l)
	if err == nil && phase == "read" {
		page.Records = slices.DeleteFunc(page.Records, func(r airtable.Record) bool { return p.hidden[r.ID] })
	}
	return page, err
}

func (p phases) Upsert(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, r airtable.UpsertRequest) (*airtable.UpsertResult, error) {
	phase := "write links" // and the external ID
	if len(r.Records[0].Fields) > 2 {
		phase = "write rows"
	}
	if err := p.note(ctx, phase); err != nil {
		return nil, err
	}
	return p.Airtable.Upsert(ctx, tok, base, table, r)
}

func (p phases) Delete(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, ids []airtable.RecordID) (*airtable.DeleteResult, error) {
	if err := p.note(ctx, "delete"); err != nil {
		return nil, err
	}
	return p.Airtable.Delete(ctx, tok, base, table, ids)
}

// breaks makes the calls of a phase fail; "" those of none.
func (n *notes) breaks(phase string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.broken = phase
}
