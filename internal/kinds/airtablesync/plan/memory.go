package plan

import (
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Bound is what an earlier run has bound: which tables and fields the names of the
// configuration meant. People rename tables and fields, and mean the same ones.
type Bound struct {
	SourceBase  airtable.BaseID  `json:"source_base"`
	SourceTable airtable.TableID `json:"source_table"`
	SourceName  string           `json:"source_name"` // as the table was called, or by the configuration
	TargetBase  airtable.BaseID  `json:"target_base"`
	TargetTable airtable.TableID `json:"target_table"`
	TargetName  string           `json:"target_name"`
	// Ruled says that a rule has named the target.
	Ruled        bool             `json:"ruled,omitempty"`
	ExternalID   airtable.FieldID `json:"external_id"`
	ExternalName string           `json:"external_name"`
	Fields       []BoundField     `json:"fields"`
}

// BoundField is a source field and the target field that gets its cells.
type BoundField struct {
	Source     airtable.FieldID `json:"source"`
	SourceName string           `json:"source_name"`
	Target     airtable.FieldID `json:"target"`
	TargetName string           `json:"target_name"`
	// Written says that a link is written from this side.
	Written bool `json:"written,omitempty"`
}

// Memory is what earlier runs have bound. What it remembers counts as long as it
// exists.
type Memory []Bound

// sourceTable is the table that a name meant in a source base; nil if it is gone.
func (m Memory) sourceTable(base *airtable.Base, name string) *airtable.Table {
	for _, b := range m {
		if b.SourceBase == base.ID && b.SourceName == name {
			if t, ok := base.Table(string(b.SourceTable)); ok {
				return t
			}
		}
	}
	return nil
}

// targetOf finds what the pair was bound to: by the name of its rule or, without
// one, by its source table.
func (m Memory) targetOf(d *pairDraft, schema *airtable.Base) (*airtable.Table, Bound) {
	for _, b := range m {
		same := b.Ruled && d.rule != nil && strings.EqualFold(b.TargetName, d.intoName) || !b.Ruled && d.rule == nil && b.of(d)
		if !same || b.TargetBase != d.target.Base {
			continue
		}
		if t, ok := schema.Table(string(b.TargetTable)); ok {
			return t, b
		}
	}
	return nil, Bound{}
}

// of reports whether the pair has the same source table.
func (b Bound) of(d *pairDraft) bool {
	return b.SourceBase == d.source.Base && b.SourceTable == d.from.ID
}

// ownerOf returns the source table that a target table was bound to without a
// rule, if that is another one than the pair's and still exists.
func (m Memory) ownerOf(into *airtable.Table, d *pairDraft, source *airtable.Base) *airtable.Table {
	for _, b := range m {
		if b.Ruled || b.TargetBase != d.target.Base || b.TargetTable != into.ID || b.SourceBase != d.source.Base || b.SourceTable == d.from.ID {
			continue
		}
		if t, ok := source.Table(string(b.SourceTable)); ok {
			return t
		}
	}
	return nil
}

// bound returns what is remembered of the pair of tables that the draft has found.
func (m Memory) bound(d *pairDraft) Bound {
	for _, b := range m {
		if d.into != nil && b.of(d) && b.TargetBase == d.target.Base && b.TargetTable == d.into.ID {
			return b
		}
	}
	return Bound{}
}

// sourceField is the field that a name of the mapping meant; nil if it is gone.
func (b Bound) sourceField(t *airtable.Table, name string) *airtable.Field {
	for _, f := range b.Fields {
		if f.SourceName == name {
			if found, ok := t.Field(string(f.Source)); ok {
				return found
			}
		}
	}
	return nil
}

// targetField is the field that a source field was bound to; nil if there is none.
func (b Bound) targetField(into *airtable.Table, f *fieldDraft) *airtable.Field {
	for _, one := range b.Fields {
		if into == nil || one.Source != f.from.ID || f.named && !strings.EqualFold(one.TargetName, f.name) {
			continue
		}
		if found, ok := into.Field(string(one.Target)); ok {
			return found
		}
	}
	return nil
}

// hasTarget reports whether a field of the target was bound.
func (b Bound) hasTarget(field airtable.FieldID) bool {
	return slices.ContainsFunc(b.Fields, func(f BoundField) bool { return f.Target == field })
}

// writes reports whether a link was written from the side of a source field.
func (b Bound) writes(source airtable.FieldID) bool {
	return slices.ContainsFunc(b.Fields, func(f BoundField) bool { return f.Source == source && f.Written })
}

// ownerOf returns the source field that a target field was bound to, if that is
// another one than f and still exists.
func (b Bound) ownerOf(into *airtable.Field, f *fieldDraft, from *airtable.Table) *airtable.Field {
	for _, one := range b.Fields {
		if one.Target != into.ID || one.Source == f.from.ID {
			continue
		}
		if owner, ok := from.Field(string(one.Source)); ok {
			return owner
		}
	}
	return nil
}

// externalID is the field that held the IDs of source rows in a target table; nil
// if it is gone, or if the configuration names another one since.
func (m Memory) externalID(into *airtable.Table, name string) *airtable.Field {
	for _, b := range m {
		if into != nil && b.TargetTable == into.ID && strings.EqualFold(b.ExternalName, name) {
			if f, ok := into.Field(string(b.ExternalID)); ok {
				return f
			}
		}
	}
	return nil
}

// remember writes down what a draft has found.
func (d *pairDraft) remember(externalName string) Bound {
	b := Bound{SourceBase: d.source.Base, SourceTable: d.from.ID, SourceName: d.fromName, TargetBase: d.target.Base, TargetTable: d.into.ID,
		TargetName: d.intoName, Ruled: d.rule != nil, ExternalID: d.externalID, ExternalName: externalName}
	for _, f := range d.fields {
		b.add(f, false)
	}
	for _, l := range d.links {
		b.add(&l.fieldDraft, l.written)
	}
	return b
}

func (b *Bound) add(f *fieldDraft, written bool) {
	if f.into == nil {
		return
	}
	one := BoundField{Source: f.from.ID, SourceName: f.fromName, Target: f.into.ID, TargetName: f.into.Name, Written: written}
	if f.named {
		one.TargetName = f.name
	}
	b.Fields = append(b.Fields, one)
}
