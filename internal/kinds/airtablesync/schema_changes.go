package airtablesync

import (
	"fmt"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// SchemaChanges are what must be created in the targets before rows can be
// written, in an order in which each one is possible. This first form detects
// what is missing; it changes nothing that exists.
type SchemaChanges []SchemaChange

// ChangeKind says what a SchemaChange does.
type ChangeKind string

// The kinds of changes.
const (
	CreateTable ChangeKind = "create_table"
	CreateField ChangeKind = "create_field"
	// RenameField gives an inverse link field, which Airtable names by itself,
	// the name that it has in the source.
	RenameField ChangeKind = "rename_field"
)

// SchemaChange is one thing to create in a target base. Repeating it adopts
// what the first time made.
type SchemaChange struct {
	Kind   ChangeKind          `json:"kind"`
	Base   airtable.BaseID     `json:"base"`
	APIKey string              `json:"api_key"` // a reference, never the secret
	Table  airtable.TableID    `json:"table,omitempty"`
	Name   string              `json:"name"`             // of the table
	Fields []airtable.NewField `json:"fields,omitempty"` // one for create_field
	Field  airtable.FieldID    `json:"field,omitempty"`  // of rename_field
	Rename string              `json:"rename,omitempty"`
	// External says that the field is the one that holds the source row's id.
	External bool `json:"external,omitempty"`
}

// DetectSchemaChanges compares a configuration with the schemas of all its
// bases. It returns the plan, or every reason why there is none. As long as
// the plan has changes, they must be made and the schemas read again.
func DetectSchemaChanges(c Config, schemas map[airtable.BaseID]*airtable.Base) (Plan, []Fault) {
	p := &planner{config: c, schemas: schemas}
	p.findPairs()
	for _, d := range p.pairs {
		p.mapFields(d)
	}
	p.resolveLinks()
	p.orderPairs()
	for _, d := range p.pairs {
		p.bindTable(d)
	}
	for _, d := range p.pairs {
		p.bindLinks(d)
	}
	if len(p.pairs) == 0 && len(p.faults) == 0 {
		p.fault("nothing_to_sync", "/source_bases", "", "", "", "no source table has a target; list tables that exist, or add rules")
	}
	if len(p.faults) > 0 {
		return Plan{}, p.faults
	}
	return p.plan(), nil
}

const (
	// changesAtOnce bounds a plan's table of contents; the next reading of the
	// schemas finds the rest.
	changesAtOnce = 500
	// warningsShown bounds the warnings of a run.
	warningsShown = 200
)

// fewer drops warnings that another pair has given already, and those that
// nobody would read.
func fewer(all []Warning) []Warning {
	var kept []Warning
	for _, w := range all {
		if !slices.Contains(kept, w) && len(kept) < warningsShown {
			kept = append(kept, w)
		}
	}
	return kept
}

// plan writes the drafts down.
func (p *planner) plan() Plan {
	plan := Plan{Warnings: fewer(p.warnings)}
	for _, c := range p.changes[:min(len(p.changes), changesAtOnce)] {
		plan.Changes = append(plan.Changes, *c)
	}
	for _, d := range p.pairs {
		if d.into == nil {
			continue // still to be created
		}
		pair := Pair{
			Source:     Side{Base: airtable.BaseID(d.source.BaseID), APIKey: d.source.APIKey, Table: d.from.ID, Name: d.from.Name},
			Target:     Side{Base: airtable.BaseID(d.target.BaseID), APIKey: d.target.APIKey, Table: d.into.ID, Name: d.into.Name},
			ExternalID: d.externalID,
			Skipped:    d.skipped,
		}
		for _, f := range d.fields {
			if f.into != nil {
				pair.Fields = append(pair.Fields, FieldPair{Source: f.from.ID, Target: *f.into, AsText: f.asText})
			}
		}
		for _, l := range d.links {
			if l.written && l.into != nil && l.to.into != nil {
				pair.Links = append(pair.Links, LinkPair{Source: l.from.ID, Target: l.into.ID, To: l.to.key(), Later: l.later})
			}
		}
		plan.Pairs = append(plan.Pairs, pair)
	}
	return plan
}

func (d *pairDraft) key() string {
	return pairKey(airtable.BaseID(d.source.BaseID), d.from.ID, airtable.BaseID(d.target.BaseID), d.into.ID)
}

// describe says in words what a change does.
func (c SchemaChange) describe() string {
	switch c.Kind {
	case CreateTable:
		return fmt.Sprintf("create table %q in target base %s", c.Name, c.Base)
	case CreateField:
		return fmt.Sprintf("create field %q in table %q of target base %s", c.Fields[0].Name, c.Name, c.Base)
	}
	return fmt.Sprintf("rename a field of table %q in target base %s to %q", c.Name, c.Base, c.Rename)
}
