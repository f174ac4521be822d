package airtablesync

import (
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// bindTable finds the target fields of a pair's plain fields and notes what
// must be created.
func (p *planner) bindTable(d *pairDraft) {
	var missing []*fieldDraft
	for _, f := range d.fields {
		f.into = findField(d.into, f.name)
		if f.into != nil {
			p.checkTypes(d, f)
			continue
		}
		if strings.HasPrefix(f.name, "fld") && len(f.name) == 17 {
			p.fault("target_field_missing", f.pointer, d.target.BaseID, d.intoName, f.name,
				"table %q of target base %s has no field with the id %s; name the field instead, so that it can be created", d.intoName, d.target.BaseID, f.name)
			continue
		}
		missing = append(missing, f)
	}
	external := findField(d.into, p.config.ExternalIDField)
	if external != nil {
		d.externalID = external.ID
		if external.Type != airtable.SingleLineText && external.Type != airtable.MultilineText {
			p.fault("external_id_type", d.pointer, d.target.BaseID, d.intoName, external.Name,
				"field %q of table %q in target base %s must be a single line text, it is %s; rename it or set external_id_field",
				external.Name, d.intoName, d.target.BaseID, external.Type)
		}
	}
	if d.into == nil {
		p.createTable(d, missing)
		return
	}
	if external == nil {
		p.addField(d, nil, p.externalField())
	}
	for _, f := range missing {
		if field, ok := p.newField(d, f); ok {
			p.addField(d, f, field)
		}
	}
}

func (p *planner) externalField() airtable.NewField {
	return airtable.NewField{Name: p.config.ExternalIDField, Type: airtable.SingleLineText}
}

// checkTypes refuses what would fail or lose data at the first write.
func (p *planner) checkTypes(d *pairDraft, f *fieldDraft) {
	want := f.targetType()
	switch {
	case f.into.Type.Computed():
		p.fault("computed_target", f.pointer, d.target.BaseID, d.intoName, f.into.Name,
			"field %q of table %q in target base %s is computed (%s) and takes no cells; map to another field or delete it",
			f.into.Name, d.intoName, d.target.BaseID, f.into.Type)
	case f.asText && (f.into.Type == airtable.SingleLineText || f.into.Type == airtable.MultilineText):
	case f.into.Type != want:
		p.fault("type_mismatch", f.pointer, d.target.BaseID, d.intoName, f.into.Name,
			"field %q of table %q in target base %s is %s, the source needs %s; rename or delete it in the target, or map to another name",
			f.into.Name, d.intoName, d.target.BaseID, f.into.Type, want)
	}
}

// targetType is the type that the target field has or gets.
func (f *fieldDraft) targetType() airtable.FieldType {
	if !f.asText {
		return f.from.Type
	}
	switch f.from.Type {
	case airtable.Formula, airtable.Rollup, airtable.MultipleLookupValues, airtable.AIText:
		return airtable.MultilineText // may hold lines
	}
	return airtable.SingleLineText
}

// newField describes the target field to create for f.
func (p *planner) newField(d *pairDraft, f *fieldDraft) (airtable.NewField, bool) {
	field := airtable.NewField{Name: f.name, Type: f.targetType()}
	if f.asText {
		return field, true
	}
	if !f.from.Type.Creatable() {
		p.fault("not_creatable", f.pointer, d.target.BaseID, d.intoName, f.name,
			"Airtable's API cannot create a field of type %s; create %q in table %q of target base %s by hand, or leave it out",
			f.from.Type, f.name, d.intoName, d.target.BaseID)
		return field, false
	}
	options, err := airtable.CreateOptions(*f.from)
	if err != nil {
		p.fault("not_creatable", f.pointer, d.target.BaseID, d.intoName, f.name,
			"field %q cannot be copied: %v; create it in table %q of target base %s by hand", f.from.Name, err, d.intoName, d.target.BaseID)
		return field, false
	}
	field.Options = options
	return field, true
}

// createTable notes a new table with all plain fields of the pair. Where the
// source's primary field cannot be the new table's, the external id is.
func (p *planner) createTable(d *pairDraft, missing []*fieldDraft) {
	fields := []airtable.NewField{}
	var primary *fieldDraft
	for _, f := range missing {
		if f.from.ID == d.from.PrimaryFieldID && f.targetType().PrimaryCapable() {
			primary = f
		}
	}
	if primary == nil {
		fields = append(fields, p.externalField())
	} else if field, ok := p.newField(d, primary); ok {
		fields = append(fields, field, p.externalField())
	}
	for _, f := range missing {
		if field, ok := p.newField(d, f); f != primary && ok {
			fields = append(fields, field)
		}
	}
	for _, c := range p.changes {
		if c.Kind == CreateTable && string(c.Base) == d.target.BaseID && strings.EqualFold(c.Name, d.intoName) {
			for _, field := range fields {
				p.mergeField(d, c, field)
			}
			return
		}
	}
	p.changes = append(p.changes, &SchemaChange{Kind: CreateTable, Base: airtable.BaseID(d.target.BaseID),
		APIKey: d.target.APIKey, Name: d.intoName, Fields: fields})
}

// mergeField adds a field to a table that another pair creates already.
func (p *planner) mergeField(d *pairDraft, c *SchemaChange, field airtable.NewField) {
	for _, have := range c.Fields {
		if !strings.EqualFold(have.Name, field.Name) {
			continue
		}
		if have.Type != field.Type {
			p.fault("type_mismatch", d.pointer, d.target.BaseID, d.intoName, field.Name,
				"two sources want field %q of the new table %q as %s and as %s; map one of them to another name",
				field.Name, d.intoName, have.Type, field.Type)
		}
		return
	}
	c.Fields = append(c.Fields, field)
}

// addField notes a new field of an existing table, once.
func (p *planner) addField(d *pairDraft, f *fieldDraft, field airtable.NewField) {
	pointer := d.pointer
	if f != nil {
		pointer = f.pointer
	}
	for _, c := range p.changes {
		if c.Kind != CreateField || c.Table != d.into.ID || string(c.Base) != d.target.BaseID || !strings.EqualFold(c.Fields[0].Name, field.Name) {
			continue
		}
		if c.Fields[0].Type != field.Type {
			p.fault("type_mismatch", pointer, d.target.BaseID, d.intoName, field.Name,
				"two sources want the new field %q of table %q as %s and as %s; map one of them to another name",
				field.Name, d.intoName, c.Fields[0].Type, field.Type)
		}
		return
	}
	p.changes = append(p.changes, &SchemaChange{Kind: CreateField, Base: airtable.BaseID(d.target.BaseID), APIKey: d.target.APIKey,
		Table: d.into.ID, Name: d.into.Name, Fields: []airtable.NewField{field}, External: f == nil})
}

// bindLinks finds or creates the target field of every link that this pair
// writes, and gives its inverse the name that it has in the source. Links to
// tables that do not exist yet wait for the next reading of the schemas.
func (p *planner) bindLinks(d *pairDraft) {
	for _, l := range d.links {
		if !l.written {
			if l.into != nil {
				p.checkLink(d, l) // the name is taken by something else
			}
			continue
		}
		if l.into == nil && l.partner != nil && l.partner.into != nil {
			l.into = inverseField(d.into, l.partner.into)
		}
		switch {
		case l.into != nil:
			p.checkLink(d, l)
		case d.into != nil && l.to.into != nil:
			p.addField(d, &l.fieldDraft, airtable.NewField{Name: l.name, Type: airtable.MultipleRecordLinks,
				Options: airtable.NewLinkOptions(l.to.into.ID)})
		}
		p.nameBothSides(d, l)
	}
}

// checkLink refuses a field that is no link or leads to another table.
func (p *planner) checkLink(d *pairDraft, l *linkDraft) {
	options, ok := l.into.Link()
	if !ok {
		p.checkTypes(d, &l.fieldDraft)
		return
	}
	if l.to.into == nil || options.LinkedTableID != l.to.into.ID {
		p.fault("type_mismatch", l.pointer, d.target.BaseID, d.intoName, l.into.Name,
			"field %q of table %q in target base %s links to another table than %q; rename or delete it in the target, or map to another name",
			l.into.Name, d.intoName, d.target.BaseID, l.to.intoName)
	}
}

// nameBothSides renames a side of a link that Airtable has named by itself,
// after the table that the link comes from, if the source names it otherwise.
func (p *planner) nameBothSides(d *pairDraft, l *linkDraft) {
	if l.into == nil || l.partner == nil {
		return
	}
	sides := []struct {
		pair  *pairDraft
		field *airtable.Field
		other *pairDraft
		name  string
	}{
		{l.to, inverseField(l.to.into, l.into), d, l.partner.name},
		{d, l.into, l.to, l.name},
	}
	for _, s := range sides {
		if s.field == nil || s.field.Name == s.name || findField(s.pair.into, s.name) != nil ||
			!strings.HasPrefix(s.field.Name, s.other.into.Name) {
			continue
		}
		p.changes = append(p.changes, &SchemaChange{Kind: RenameField, Base: airtable.BaseID(s.pair.target.BaseID), APIKey: s.pair.target.APIKey,
			Table: s.pair.into.ID, Name: s.pair.into.Name, Field: s.field.ID, Rename: s.name})
	}
}

// inverseField returns the field of table that is the other side of link.
func inverseField(table *airtable.Table, link *airtable.Field) *airtable.Field {
	if table == nil || link == nil {
		return nil
	}
	for i := range table.Fields {
		if table.Fields[i].ID != link.ID && inverse(&table.Fields[i], link) {
			return &table.Fields[i]
		}
	}
	return nil
}
