package plan

import (
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// binder finds the target field of every mapped source field and notes what
// must be created. Pairs may share a target table, so each change is noted once.
type binder struct {
	externalID string // name of the field that holds the source row's ID
	memory     Memory
	findings   *findings
	changes    SchemaChanges
}

// bind binds all pairs, in writing order, and returns the changes that this
// takes. Links come last: their tables must be known.
func bind(s Sync, pairs []*pairDraft, f *findings) SchemaChanges {
	b := &binder{externalID: s.ExternalIDField, memory: s.Memory, findings: f}
	for _, d := range pairs {
		b.bindTable(d)
	}
	for _, d := range pairs {
		b.bindLinks(d)
	}
	return b.changes
}

// bindTable binds the fields of a pair that are not links, and the external ID.
func (b *binder) bindTable(d *pairDraft) {
	missing := b.bindFields(d)
	external := b.memory.externalID(d.into, b.externalID)
	if external == nil {
		external = FindField(d.into, b.externalID)
	}
	if external != nil {
		d.externalID, d.externalName = external.ID, external.Name
		if !isText(external.Type) {
			b.findings.refuse(d, "external_id_type", d.pointer, external.Name,
				"field %q of table %q in target base %s must be a single line text but is %s; rename it or set external_id_field",
				external.Name, d.intoName, d.target.Base, external.Type)
		}
	}
	if d.into == nil {
		b.createTable(d, missing)
		return
	}
	if external == nil {
		b.addField(d, d.pointer, b.externalField())
	}
	for _, f := range missing {
		if field, ok := b.newField(d, f); ok {
			b.addField(d, f.pointer, field)
		}
	}
}

// bindFields returns the fields that the target lacks.
func (b *binder) bindFields(d *pairDraft) []*fieldDraft {
	var missing []*fieldDraft
	for _, f := range d.fields {
		f.find(d, b.findings)
		switch {
		case f.into != nil:
			b.checkType(d, f)
			b.warnOfDigits(d, f)
		case looksLikeID(f.name, "fld"):
			b.findings.refuse(d, "target_field_missing", f.pointer, f.name,
				"table %q of target base %s has no field with the ID %s; name the field instead, so that it can be created", d.intoName, d.target.Base, f.name)
		default:
			missing = append(missing, f)
		}
	}
	return missing
}

func (b *binder) externalField() airtable.NewField {
	return airtable.NewField{Name: b.externalID, Type: airtable.SingleLineText}
}

func isText(t airtable.FieldType) bool {
	return t == airtable.SingleLineText || t == airtable.MultilineText
}

// checkType refuses a target field that would reject the first write or lose
// data.
func (b *binder) checkType(d *pairDraft, f *fieldDraft) {
	want := f.targetType()
	switch {
	case f.into.Type.Computed():
		b.findings.refuse(d, "computed_target", f.pointer, f.into.Name,
			"field %q of table %q in target base %s is computed (%s) and cannot be written; map to another field or delete it",
			f.into.Name, d.intoName, d.target.Base, f.into.Type)
	case f.asText && isText(f.into.Type):
		// any text field takes a text
	case f.into.Type != want:
		b.findings.refuse(d, "type_mismatch", f.pointer, f.into.Name,
			"field %q of table %q in target base %s is %s, but the source needs %s; rename or delete it in the target, or map to another name",
			f.into.Name, d.intoName, d.target.Base, f.into.Type, want)
	}
}

// warnOfDigits says when the target shows fewer decimal places of a number than
// the source. It stores all of them.
func (b *binder) warnOfDigits(d *pairDraft, f *fieldDraft) {
	if f.asText || f.into.Type != f.from.Type {
		return
	}
	if from, into := f.from.ShownDigits(), f.into.ShownDigits(); into >= 0 && from > into {
		b.findings.warn("fewer_digits", d, f.from.Name, fmt.Sprintf("field %q of table %q in target base %s shows %d decimal places of the %d; "+
			"it stores them all, so set its precision by hand to see them", f.into.Name, d.intoName, d.target.Base, into, from))
	}
}

// targetType is the type that the target field must have.
func (f *fieldDraft) targetType() airtable.FieldType {
	if !f.asText {
		return f.from.Type
	}
	switch f.from.Type {
	case airtable.Formula, airtable.Rollup, airtable.MultipleLookupValues, airtable.AIText:
		return airtable.MultilineText // the text may have several lines
	}
	return airtable.SingleLineText
}

// newField describes the target field to create for f; false after a fault.
func (b *binder) newField(d *pairDraft, f *fieldDraft) (airtable.NewField, bool) {
	field := airtable.NewField{Name: f.name, Type: f.targetType()}
	if f.asText {
		return field, true
	}
	options, err := airtable.CreateOptions(*f.from)
	if err != nil {
		b.findings.refuse(d, "not_creatable", f.pointer, f.name,
			"Airtable's API cannot create a field of type %s; create %q in table %q of target base %s by hand, or leave it out",
			f.from.Type, f.name, d.intoName, d.target.Base)
		return field, false
	}
	field.Options = options
	return field, true
}

// createTable notes a new table with all fields of the pair but its links. If
// the source's primary field cannot be primary in the new table, the external
// ID is.
func (b *binder) createTable(d *pairDraft, missing []*fieldDraft) {
	var primary, others []airtable.NewField
	for _, f := range missing {
		field, ok := b.newField(d, f)
		switch {
		case !ok:
		case primary == nil && f.from.ID == d.from.PrimaryFieldID && field.Type.PrimaryCapable():
			primary = append(primary, field)
		default:
			others = append(others, field)
		}
	}
	fields := append(append(primary, b.externalField()), others...)
	for i := range b.changes {
		c := &b.changes[i]
		if c.Type == CreateTable && c.Base == d.target.Base && strings.EqualFold(c.Name, d.intoName) {
			for _, field := range fields {
				b.mergeField(d, c, field)
			}
			return
		}
	}
	b.changes = append(b.changes, SchemaChange{Type: CreateTable, Base: d.target.Base, Name: d.intoName, Fields: fields})
}

// mergeField adds a field to a table that is created for another pair already.
func (b *binder) mergeField(d *pairDraft, c *SchemaChange, field airtable.NewField) {
	for _, have := range c.Fields {
		if strings.EqualFold(have.Name, field.Name) {
			b.checkSameType(d, d.pointer, have, field)
			return
		}
	}
	c.Fields = append(c.Fields, field)
}

// addField notes a new field of an existing table.
func (b *binder) addField(d *pairDraft, pointer string, field airtable.NewField) {
	for _, c := range b.changes {
		if c.Type == CreateField && c.Table == d.into.ID && c.Base == d.target.Base && strings.EqualFold(c.Fields[0].Name, field.Name) {
			b.checkSameType(d, pointer, c.Fields[0], field)
			return
		}
	}
	b.changes = append(b.changes, SchemaChange{Type: CreateField, Base: d.target.Base,
		Table: d.into.ID, Name: d.into.Name, Fields: []airtable.NewField{field}, External: strings.EqualFold(field.Name, b.externalID)})
}

// checkSameType refuses a new field that two sources want with two types.
func (b *binder) checkSameType(d *pairDraft, pointer string, have, want airtable.NewField) {
	if have.Type != want.Type {
		b.findings.refuse(d, "type_mismatch", pointer, want.Name,
			"two sources want the new field %q of table %q, one as %s and one as %s; map one of them to another name",
			want.Name, d.intoName, have.Type, want.Type)
	}
}

// bindLinks finds or creates the target field of every link that is written
// from this pair, and gives its other side the name that it has in the source.
// Links to tables that do not exist yet wait for the next reading of the
// schemas.
func (b *binder) bindLinks(d *pairDraft) {
	for _, l := range d.links {
		if !l.written {
			if l.into != nil {
				b.checkLink(d, l) // its name may be taken by something else
			}
			continue
		}
		if l.into == nil && l.partner != nil {
			l.into = otherSide(d.into, l.partner.into)
		}
		switch {
		case l.into != nil:
			b.checkLink(d, l)
		case d.into != nil && l.to.into != nil:
			b.addField(d, l.pointer, airtable.NewField{Name: l.name, Type: airtable.MultipleRecordLinks, Options: airtable.NewLinkOptions(l.to.into.ID)})
		}
		b.nameBothSides(d, l)
	}
}

// checkLink refuses a target field that is not a link or leads to another table.
func (b *binder) checkLink(d *pairDraft, l *linkDraft) {
	options, ok := l.into.Link()
	switch {
	case !ok:
		b.checkType(d, &l.fieldDraft)
	case l.to.into == nil || options.LinkedTableID != l.to.into.ID:
		b.findings.refuse(d, "type_mismatch", l.pointer, l.into.Name,
			"field %q of table %q in target base %s links to another table than %q; rename or delete it in the target, or map to another name",
			l.into.Name, d.intoName, d.target.Base, l.to.intoName)
	}
}

// nameBothSides renames each side of a link that Airtable has named by itself,
// after the table on the other side, if it has another name in the source.
func (b *binder) nameBothSides(d *pairDraft, l *linkDraft) {
	if l.into == nil || l.partner == nil {
		return
	}
	b.nameSide(l.to, otherSide(l.to.into, l.into), l.partner.name, d)
	b.nameSide(d, l.into, l.name, l.to)
}

func (b *binder) nameSide(d *pairDraft, field *airtable.Field, name string, other *pairDraft) {
	if field == nil || field.Name == name || d.bound.hasTarget(field.ID) || FindField(d.into, name) != nil || !strings.HasPrefix(field.Name, other.into.Name) {
		return
	}
	b.changes = append(b.changes, SchemaChange{Type: RenameField, Base: d.target.Base,
		Table: d.into.ID, Name: d.into.Name, Field: field.ID, Rename: name})
}

// otherSide returns the field of a table that is the other side of a link; nil
// if there is none.
func otherSide(table *airtable.Table, link *airtable.Field) *airtable.Field {
	if table == nil || link == nil {
		return nil
	}
	for i := range table.Fields {
		if inverse(&table.Fields[i], link) {
			return &table.Fields[i]
		}
	}
	return nil
}
