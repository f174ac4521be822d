package airtablesync

import (
	"context"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// schemaSteps read schemas, plan, and create what the targets lack.
type schemaSteps struct{ *Kind }

func (s *schemaSteps) readSchema(ctx context.Context, in schemaRequest) (schemaRead, error) {
	schema, err := s.schemaOf(ctx, Side{Base: in.Base, APIKey: in.APIKey})
	if err != nil {
		return schemaRead{}, err
	}
	ref, err := s.putJSON(ctx, schema)
	return schemaRead{Base: in.Base, Schema: ref}, err
}

func (k *Kind) schemaOf(ctx context.Context, side Side) (*airtable.Base, error) {
	tok, err := k.token(ctx, side.APIKey)
	if err != nil {
		return nil, err
	}
	schema, err := k.options.Airtable.Schema(ctx, tok, side.Base)
	side.Table = "" // the schema itself is asked for
	return schema, k.explain(ctx, err, side)
}

// plan compares configuration and schemas. Every reason not to begin is one
// failure, before the first write.
func (s *schemaSteps) plan(ctx context.Context, in planRequest) (planMade, error) {
	config, problems := parseConfig(in.Config)
	if len(problems.Errors) > 0 {
		return planMade{}, failure.New(failure.Validation, "bad_config", "%s: %s", problems.Errors[0].Pointer, problems.Errors[0].Detail)
	}
	schemas := map[airtable.BaseID]*airtable.Base{}
	for _, read := range in.Schemas {
		schema := &airtable.Base{}
		if err := s.getJSON(ctx, read.Schema, schema); err != nil {
			return planMade{}, err
		}
		schemas[read.Base] = schema
	}
	plan, faults := DetectSchemaChanges(config, schemas)
	if len(faults) > 0 {
		return planMade{}, faultsError(faults)
	}
	made := planMade{Groups: plan.groups(), Warnings: plan.Warnings}
	for _, c := range plan.Changes {
		made.Changes = append(made.Changes, changeInfo{Kind: c.Kind, Text: c.describe()})
	}
	for _, pair := range plan.Pairs {
		info, err := s.infoOf(ctx, pair, in)
		if err != nil {
			return planMade{}, err
		}
		made.Pairs = append(made.Pairs, info)
	}
	ref, err := s.putJSON(ctx, plan)
	made.Plan = ref
	return made, err
}

// infoOf decides how much of a pair is read: all of it until a full run has
// completed with this very mapping.
func (s *schemaSteps) infoOf(ctx context.Context, pair Pair, in planRequest) (pairInfo, error) {
	info := pairInfo{
		SourceBase: pair.Source.Base, SourceTable: pair.Source.Name,
		TargetBase: pair.Target.Base, TargetTable: pair.Target.Name, TargetID: pair.Target.Table,
	}
	mark, marked, err := s.links.Mark(ctx, scope(ctx, pair))
	if err != nil {
		return info, err
	}
	info.Full = in.Mode == ModeFull || !marked || mark.Fingerprint != pair.Fingerprint()
	if !info.Full {
		info.Since = mark.At
		return info, nil
	}
	rows, _, err := s.links.Count(ctx, scope(ctx, pair), "", "")
	info.List = rows > 0 || !slices.Contains(in.Fresh, freshKey(pair.Target.Base, pair.Target.Table))
	return info, err
}

func freshKey(base airtable.BaseID, table airtable.TableID) string {
	return string(base) + "/" + string(table)
}

func (s *schemaSteps) change(ctx context.Context, in changeRequest) (SchemaChange, error) {
	var plan Plan
	err := s.getJSON(ctx, in.Plan, &plan)
	if err != nil {
		return SchemaChange{}, err
	}
	return plan.Changes[in.Change], nil
}

// createTable creates a table, or adopts the one that an earlier attempt made.
func (s *schemaSteps) createTable(ctx context.Context, in changeRequest) (changeMade, error) {
	c, err := s.change(ctx, in)
	if err != nil {
		return changeMade{}, err
	}
	tok, err := s.token(ctx, c.APIKey)
	if err != nil {
		return changeMade{}, err
	}
	made := changeMade{}
	table, err := s.adoptTable(ctx, c, &made)
	if table == nil && err == nil {
		made.Calls++
		table, err = s.options.Airtable.CreateTable(ctx, tok, c.Base, airtable.NewTable{Name: c.Name, Fields: c.Fields})
		if taken := err; nameTaken(taken) {
			if table, err = s.tableNamed(ctx, c, &made); table == nil && err == nil {
				err = taken
			}
		}
	}
	if err != nil {
		return made, s.explain(ctx, err, Side{Base: c.Base, APIKey: c.APIKey})
	}
	made.Fresh = freshKey(c.Base, table.ID)
	return made, record(ctx, EventTableCreated, TableCreated{Base: c.Base, Table: table.ID, Name: table.Name})
}

// adoptTable looks for what an earlier attempt made; the first attempt has
// nothing to look for.
func (s *schemaSteps) adoptTable(ctx context.Context, c SchemaChange, made *changeMade) (*airtable.Table, error) {
	if engine.InStep(ctx).Attempt <= 1 {
		return nil, nil
	}
	return s.tableNamed(ctx, c, made)
}

func (s *schemaSteps) tableNamed(ctx context.Context, c SchemaChange, made *changeMade) (*airtable.Table, error) {
	made.Calls++
	schema, err := s.schemaOf(ctx, Side{Base: c.Base, APIKey: c.APIKey})
	if err != nil {
		return nil, err
	}
	return findTable(schema, c.Name), nil
}

// createField creates a field, or adopts the equal one that an earlier attempt
// made, and with it the inverse field of a link.
func (s *schemaSteps) createField(ctx context.Context, in changeRequest) (changeMade, error) {
	c, err := s.change(ctx, in)
	if err != nil {
		return changeMade{}, err
	}
	tok, err := s.token(ctx, c.APIKey)
	if err != nil {
		return changeMade{}, err
	}
	made := changeMade{}
	var field *airtable.Field
	if engine.InStep(ctx).Attempt > 1 {
		field, err = s.equalField(ctx, c, &made)
	}
	if field == nil && err == nil {
		made.Calls++
		field, err = s.options.Airtable.CreateField(ctx, tok, c.Base, c.Table, c.Fields[0])
		if taken := err; nameTaken(taken) {
			if field, err = s.equalField(ctx, c, &made); field == nil && err == nil {
				err = taken
			}
		}
	}
	if err != nil {
		return made, s.explain(ctx, err, Side{Base: c.Base, APIKey: c.APIKey, Table: c.Table, Name: c.Name})
	}
	if c.External {
		made.Fresh = freshKey(c.Base, c.Table)
	}
	link, _ := field.Link()
	return made, record(ctx, EventFieldCreated, FieldCreated{Base: c.Base, Table: c.Table, Field: field.ID,
		Name: field.Name, Type: field.Type, Inverse: link.InverseLinkFieldID})
}

// equalField returns the field of the wanted name, nil if there is none. One
// of another type is refused.
func (s *schemaSteps) equalField(ctx context.Context, c SchemaChange, made *changeMade) (*airtable.Field, error) {
	made.Calls++
	schema, err := s.schemaOf(ctx, Side{Base: c.Base, APIKey: c.APIKey})
	if err != nil {
		return nil, err
	}
	table, ok := schema.Table(string(c.Table))
	if !ok {
		return nil, failure.New(failure.Validation, "target_table_missing",
			"table %q (%s) is no longer in target base %s; run again to create it", c.Name, c.Table, c.Base)
	}
	want := c.Fields[0]
	field := findField(table, want.Name)
	if field == nil {
		return nil, nil
	}
	if field.Type != want.Type || !sameLink(*field, want) {
		return nil, failure.New(failure.Validation, "type_mismatch",
			"field %q of table %q in target base %s is another field than the one to be created; rename or delete it, then run again",
			want.Name, c.Name, c.Base)
	}
	return field, nil
}

func sameLink(have airtable.Field, want airtable.NewField) bool {
	h, hok := have.Link()
	w, wok := airtable.Field{Type: want.Type, Options: want.Options}.Link()
	return hok == wok && h.LinkedTableID == w.LinkedTableID
}

// renameField sets a name; repeating it changes nothing.
func (s *schemaSteps) renameField(ctx context.Context, in changeRequest) (changeMade, error) {
	c, err := s.change(ctx, in)
	if err != nil {
		return changeMade{}, err
	}
	tok, err := s.token(ctx, c.APIKey)
	if err != nil {
		return changeMade{}, err
	}
	_, err = s.options.Airtable.UpdateField(ctx, tok, c.Base, c.Table, c.Field, airtable.FieldPatch{Name: &c.Rename})
	if err != nil {
		return changeMade{}, s.explain(ctx, err, Side{Base: c.Base, APIKey: c.APIKey, Table: c.Table, Name: c.Name})
	}
	return changeMade{Calls: 1}, record(ctx, EventFieldRenamed, FieldRenamed{Base: c.Base, Table: c.Table, Field: c.Field, Name: c.Rename})
}

// nameTaken reports Airtable's refusal of a second table or field of one name.
func nameTaken(err error) bool {
	return strings.HasPrefix(failure.CodeOf(err), "duplicate_")
}
