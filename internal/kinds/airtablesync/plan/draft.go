package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// pairDraft is a pair whose target may still have to be created.
type pairDraft struct {
	source       SyncedBase
	target       SyncedBase
	from         *airtable.Table
	fromName     string          // as the configuration has it
	into         *airtable.Table // nil: to be created
	intoName     string
	pointer      string // to the rule, or to the base that the table comes from
	bound        Bound  // what is remembered of the two tables
	rule         *Rule  // nil: all writable fields under their own names
	fields       []*fieldDraft
	links        []*linkDraft
	skipped      []SkippedLink
	externalID   airtable.FieldID // "": to be created
	externalName string
}

// fieldDraft is a source field and the name that it has in the target.
type fieldDraft struct {
	from     *airtable.Field
	fromName string // as the configuration has it
	name     string
	named    bool // by a rule
	pointer  string
	asText   bool            // computed in the source
	into     *airtable.Field // nil: to be created
}

// linkDraft is a source link field. Which side of a link is written is decided
// together with the order of the tables.
type linkDraft struct {
	fieldDraft
	options airtable.LinkOptions
	to      *pairDraft // holds the linked rows
	// partner is the same link seen from the other table; nil if that side is
	// not synced.
	partner *linkDraft
	written bool // this side is written
	later   bool // in a second pass
}

// findings collects everything that a comparison of configuration and schemas
// has to say.
type findings struct {
	faults   []Fault
	warnings []Warning
}

func (f *findings) fault(at Fault, format string, args ...any) {
	at.Detail = fmt.Sprintf(format, args...)
	f.faults = append(f.faults, at)
}

// refuse reports a fault in the target table of a pair.
func (f *findings) refuse(d *pairDraft, code, pointer, field, format string, args ...any) {
	f.fault(Fault{Code: code, Pointer: pointer, Base: string(d.target.Base), Table: d.intoName, Field: field}, format, args...)
}

// maxWarnings bounds the warnings of a plan; nobody would read more.
const maxWarnings = 200

// warn reports something about a source field, once for all target bases.
func (f *findings) warn(code string, d *pairDraft, field, detail string) {
	w := Warning{Code: code, Table: d.from.Name, Field: field, Detail: detail}
	if len(f.warnings) < maxWarnings && !slices.Contains(f.warnings, w) {
		f.warnings = append(f.warnings, w)
	}
}

// reused reports that a configured name belongs to something else than before.
func (f *findings) reused(pointer, base, table, what, name, now, before, is string) {
	at := Fault{Code: "name_reused", Pointer: pointer, Base: base, Table: table}
	if !slices.ContainsFunc(f.faults, func(have Fault) bool { return have.Code == at.Code && have.Pointer == pointer && have.Base == base }) {
		f.fault(at, "%s %q was %s until now, which is called %q today, and %s has its name; "+
			"write the ID of the one that you mean into the configuration, or rename one of them", what, name, before, is, now)
	}
}

// matches reports whether a configured name or ID means the table.
func matches(nameOrID string, t *airtable.Table) bool {
	return nameOrID == string(t.ID) || nameOrID == t.Name
}

// find looks for the target field: the one that it was before, else the one of the
// name.
func (f *fieldDraft) find(d *pairDraft, all *findings) {
	f.into = FindField(d.into, f.name)
	remembered := d.bound.targetField(d.into, f)
	switch {
	case remembered != nil && f.named && f.into != nil && f.into.ID != remembered.ID:
		all.reused(f.pointer, string(d.target.Base), d.into.Name, "target field", f.name, string(f.into.ID), string(remembered.ID), remembered.Name)
	case remembered != nil:
		f.into = remembered
	case f.into != nil:
		if owner := d.bound.ownerOf(f.into, f, d.from); owner != nil && !f.named {
			all.refuse(d, "name_reused", f.pointer, f.name, "target field %q of table %q holds the cells of source field %q (%s), which had its name; "+
				"source field %q (%s) needs a field_mapping that gives it another target field", f.into.Name, d.into.Name, owner.Name, owner.ID, f.from.Name, f.from.ID)
		}
	}
}

// FindTable looks a target table up by ID or name; nil if there is none.
// Airtable refuses two names that differ by case alone, so case does not count.
func FindTable(b *airtable.Base, nameOrID string) *airtable.Table {
	if t, ok := b.Table(nameOrID); ok {
		return t
	}
	for i := range b.Tables {
		if strings.EqualFold(b.Tables[i].Name, nameOrID) {
			return &b.Tables[i]
		}
	}
	return nil
}

// FindField looks a target field up like FindTable; a nil table has none.
func FindField(t *airtable.Table, nameOrID string) *airtable.Field {
	if t == nil {
		return nil
	}
	if f, ok := t.Field(nameOrID); ok {
		return f
	}
	for i := range t.Fields {
		if strings.EqualFold(t.Fields[i].Name, nameOrID) {
			return &t.Fields[i]
		}
	}
	return nil
}

// looksLikeID reports whether a configured name is the ID of a table or field
// ("tbl" or "fld" and 14 more characters).
func looksLikeID(name, prefix string) bool {
	return strings.HasPrefix(name, prefix) && len(name) == 17
}
