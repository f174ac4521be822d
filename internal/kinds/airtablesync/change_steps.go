package airtablesync

import (
	"context"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// changeSteps change the schemas of target bases.
type changeSteps struct{ tools }

// changeRequest asks for one change of the plan.
type changeRequest struct {
	Plan   kind.Ref `json:"plan"`
	Change int      `json:"change"`
}

// changeMade says what a change led to.
type changeMade struct {
	Calls int64 `json:"calls"`
	// Fresh names the target table if it cannot hold a row of ours.
	Fresh string `json:"fresh,omitempty"`
}

// change is a change of a target base under way.
type change struct {
	plan.SchemaChange
	airtable access
	token    airtable.Token
	calls    int64
}

func (s changeSteps) begin(ctx context.Context, in changeRequest) (*change, error) {
	p, err := s.readPlan(ctx, in.Plan)
	if err != nil {
		return nil, err
	}
	c := &change{SchemaChange: p.Changes[in.Change], airtable: s.airtable}
	c.token, err = s.airtable.token(ctx, c.side())
	return c, err
}

// createTable creates a table. Repeating it adopts the table of that name.
func (s changeSteps) createTable(ctx context.Context, in changeRequest) (changeMade, error) {
	c, err := s.begin(ctx, in)
	if err != nil {
		return changeMade{}, err
	}
	table, err := adopt(ctx, c.findTable, func(ctx context.Context) (*airtable.Table, error) {
		c.calls++
		return s.airtable.client.CreateTable(ctx, c.token, c.Base, airtable.NewTable{Name: c.Name, Fields: c.Fields})
	})
	if err != nil {
		return changeMade{}, s.airtable.explain(ctx, err, c.base())
	}
	made := changeMade{Calls: c.calls, Fresh: freshKey(c.Base, table.ID)}
	return made, s.events.tableCreated.Record(ctx, TableCreated{Base: c.Base, Table: table.ID, Name: table.Name})
}

// createField creates a field and, with a link, its inverse field. Repeating it
// adopts the equal field of that name.
func (s changeSteps) createField(ctx context.Context, in changeRequest) (changeMade, error) {
	c, err := s.begin(ctx, in)
	if err != nil {
		return changeMade{}, err
	}
	field, err := adopt(ctx, c.findField, func(ctx context.Context) (*airtable.Field, error) {
		c.calls++
		return s.airtable.client.CreateField(ctx, c.token, c.Base, c.Table, c.Fields[0])
	})
	if err != nil {
		return changeMade{}, s.airtable.explain(ctx, err, c.side())
	}
	made := changeMade{Calls: c.calls}
	if c.External {
		made.Fresh = freshKey(c.Base, c.Table)
	}
	link, _ := field.Link()
	return made, s.events.fieldCreated.Record(ctx, FieldCreated{Base: c.Base, Table: c.Table, Field: field.ID,
		Name: field.Name, Type: field.Type, Inverse: link.InverseLinkFieldID})
}

// renameField sets a name. Repeating it changes nothing.
func (s changeSteps) renameField(ctx context.Context, in changeRequest) (changeMade, error) {
	c, err := s.begin(ctx, in)
	if err != nil {
		return changeMade{}, err
	}
	_, err = s.airtable.client.UpdateField(ctx, c.token, c.Base, c.Table, c.Field, airtable.FieldPatch{Name: &c.Rename})
	if err != nil {
		return changeMade{}, s.airtable.explain(ctx, err, c.side())
	}
	return changeMade{Calls: 1}, s.events.fieldRenamed.Record(ctx, FieldRenamed{Base: c.Base, Table: c.Table, Field: c.Field, Name: c.Rename})
}

// adopt creates a thing in a way that can be repeated: it takes what an earlier
// attempt has created. The first attempt has nothing to find, unless Airtable
// says that the name is taken. find returns nil if there is nothing.
func adopt[T any](ctx context.Context, find, create func(context.Context) (*T, error)) (*T, error) {
	if engine.InStep(ctx).Attempt > 1 {
		if found, err := find(ctx); found != nil || err != nil {
			return found, err
		}
	}
	made, err := create(ctx)
	if !nameTaken(err) {
		return made, err
	}
	if found, findErr := find(ctx); found != nil || findErr != nil {
		return found, findErr
	}
	return nil, err
}

// nameTaken reports Airtable's refusal of a second table or field of one name.
func nameTaken(err error) bool {
	return strings.HasPrefix(failure.CodeOf(err), "duplicate_")
}

// base is the target base of the change.
func (c *change) base() plan.Side { return plan.Side{Role: plan.Target, Base: c.Base} }

// side is the table of the change.
func (c *change) side() plan.Side {
	return plan.Side{Role: plan.Target, Base: c.Base, Table: c.Table, Name: c.Name}
}

func (c *change) schema(ctx context.Context) (*airtable.Base, error) {
	c.calls++
	return c.airtable.schema(ctx, c.base())
}

func (c *change) findTable(ctx context.Context) (*airtable.Table, error) {
	schema, err := c.schema(ctx)
	if err != nil {
		return nil, err
	}
	return plan.FindTable(schema, c.Name), nil
}

// findField returns the field of the wanted name. It refuses one that is
// another field than the one to be created.
func (c *change) findField(ctx context.Context) (*airtable.Field, error) {
	schema, err := c.schema(ctx)
	if err != nil {
		return nil, err
	}
	table, ok := schema.Table(string(c.Table))
	if !ok {
		return nil, failure.New(failure.Validation, "target_table_missing",
			"table %q (%s) is no longer in target base %s; run again to create it", c.Name, c.Table, c.Base)
	}
	want := c.Fields[0]
	field := plan.FindField(table, want.Name)
	if field != nil && !sameField(*field, want) {
		return nil, failure.New(failure.Validation, "type_mismatch",
			"field %q of table %q in target base %s is not the field to be created; rename or delete it, then run again",
			want.Name, c.Name, c.Base)
	}
	return field, nil
}

// sameField compares the type and, of a link, the table that it leads to.
func sameField(have airtable.Field, want airtable.NewField) bool {
	haveLink, _ := have.Link()
	wantLink, _ := airtable.Field{Type: want.Type, Options: want.Options}.Link()
	return have.Type == want.Type && haveLink.LinkedTableID == wantLink.LinkedTableID
}
