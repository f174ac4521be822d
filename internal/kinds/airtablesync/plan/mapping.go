package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// mapper finds out which source table goes into which target table, and under
// which names its fields go.
type mapper struct {
	sync     Sync
	schemas  map[airtable.BaseID]*airtable.Base
	findings *findings
	pairs    []*pairDraft
}

// mapPairs returns the pairs of a sync in the order of the configuration.
func mapPairs(s Sync, schemas map[airtable.BaseID]*airtable.Base, f *findings) []*pairDraft {
	m := &mapper{sync: s, schemas: schemas, findings: f}
	for i, source := range s.Sources {
		tables := m.sourceTables(i, source)
		for _, target := range s.Targets {
			for _, table := range tables {
				m.pairTable(i, source, target, table)
			}
		}
	}
	m.checkRules()
	for _, d := range m.pairs {
		m.mapFields(d)
	}
	return m.pairs
}

// sourceTables returns the listed tables of a source base, or all of them.
func (m *mapper) sourceTables(i int, source SyncedBase) []*airtable.Table {
	schema := m.schemas[source.Base]
	var tables []*airtable.Table
	if source.Tables == nil {
		for j := range schema.Tables {
			tables = append(tables, &schema.Tables[j])
		}
		return tables
	}
	for j, name := range source.Tables {
		table := m.sourceTable(schema, name, pointer("source_bases", i, "tables", j))
		if table == nil {
			m.findings.fault(Fault{Code: "source_table_missing", Pointer: pointer("source_bases", i, "tables", j), Base: string(source.Base), Table: name},
				"source base %s has no table %q; create it or correct the name%s", source.Base, name, suggest.Nearest(name, tableNames(schema)))
			continue
		}
		if !slices.Contains(tables, table) {
			tables = append(tables, table)
		}
	}
	return tables
}

// sourceTable returns the table that a name of the configuration means: the one
// that it meant before, as long as that exists. It returns nil if there is none.
func (m *mapper) sourceTable(schema *airtable.Base, name, at string) *airtable.Table {
	remembered := m.sync.Memory.sourceTable(schema, name)
	found, ok := schema.Table(name)
	switch {
	case remembered == nil && ok:
		return found
	case remembered != nil && ok && found.ID != remembered.ID:
		m.findings.reused(at, string(schema.ID), name, "source table", name, string(found.ID), string(remembered.ID), remembered.Name)
	}
	return remembered
}

// means reports whether a rule is about the table.
func (m *mapper) means(k int, schema *airtable.Base, from *airtable.Table) bool {
	t := m.sourceTable(schema, m.sync.Rules[k].SourceTable, pointer("sync_rules", k, "source_table"))
	return t != nil && t.ID == from.ID
}

// pairTable adds the pairs of one source table with one target base: one for
// each rule about the table or, without a rule, one with the table of its name.
func (m *mapper) pairTable(i int, source, target SyncedBase, from *airtable.Table) {
	ruled := false
	for k := range m.sync.Rules {
		rule := &m.sync.Rules[k]
		if !m.means(k, m.schemas[source.Base], from) {
			continue
		}
		ruled = true
		m.addPair(&pairDraft{source: source, target: target, from: from, fromName: rule.SourceTable, intoName: rule.TargetTable, rule: rule, pointer: pointer("sync_rules", k)})
	}
	if !ruled {
		m.addPair(&pairDraft{source: source, target: target, from: from, fromName: m.configured(source, from), intoName: from.Name, pointer: pointer("source_bases", i)})
	}
}

// configured is the name under which a source base lists a table, else its own.
func (m *mapper) configured(source SyncedBase, from *airtable.Table) string {
	for _, name := range source.Tables {
		if t := m.sync.Memory.sourceTable(m.schemas[source.Base], name); t != nil && t.ID == from.ID {
			return name
		}
	}
	return from.Name
}

// findTarget looks for the target table: the one that it was before, else the one
// of the name.
func (m *mapper) findTarget(d *pairDraft) {
	schema := m.schemas[d.target.Base]
	d.into = FindTable(schema, d.intoName)
	remembered, was := m.sync.Memory.targetOf(d, schema)
	switch {
	case remembered != nil && d.rule != nil && d.into != nil && d.into.ID != remembered.ID:
		m.findings.reused(d.pointer+pointer("target_table"), string(d.target.Base), d.intoName, "target table", d.intoName,
			string(d.into.ID), string(remembered.ID), remembered.Name)
	case remembered != nil:
		d.into, d.intoName = remembered, was.TargetName
	case d.into != nil:
		if owner := m.sync.Memory.ownerOf(d.into, d, m.schemas[d.source.Base]); owner != nil && d.rule == nil {
			m.findings.refuse(d, "name_reused", d.pointer, "", "target table %q holds the rows of source table %q (%s), which had its name; "+
				"source table %q (%s) needs a rule that gives it another target table", d.into.Name, owner.Name, owner.ID, d.from.Name, d.from.ID)
		}
	}
	d.bound = m.sync.Memory.bound(d)
}

func (m *mapper) addPair(d *pairDraft) {
	m.findTarget(d)
	switch {
	case !d.targetIsListed():
		// this target base does not take the table
	case d.source.Base == d.target.Base && d.into != nil && d.into.ID == d.from.ID:
		m.findings.fault(Fault{Code: "same_table", Pointer: d.pointer, Base: string(d.source.Base), Table: d.from.Name},
			"table %q of base %s would be synced into itself; give it another target table or base", d.from.Name, d.source.Base)
	case d.into == nil && looksLikeID(d.intoName, "tbl"):
		m.findings.refuse(d, "target_table_missing", d.pointer+pointer("target_table"), "",
			"target base %s has no table with the ID %s; name the table instead, so that it can be created", d.target.Base, d.intoName)
	default:
		m.pairs = append(m.pairs, d)
	}
}

// targetIsListed reports whether the target base takes the table.
func (d *pairDraft) targetIsListed() bool {
	return d.target.Tables == nil || slices.ContainsFunc(d.target.Tables, func(listed string) bool {
		return strings.EqualFold(listed, d.intoName) || d.into != nil && matches(listed, d.into)
	})
}

// checkRules reports rules about a table that no source base has. A listed
// table that is missing has been reported already.
func (m *mapper) checkRules() {
	for k, rule := range m.sync.Rules {
		found, all := false, []string{}
		for _, source := range m.sync.Sources {
			schema := m.schemas[source.Base]
			_, has := schema.Table(rule.SourceTable)
			found = found || has || m.sync.Memory.sourceTable(schema, rule.SourceTable) != nil || slices.Contains(source.Tables, rule.SourceTable)
			all = append(all, tableNames(schema)...)
		}
		if !found {
			m.findings.fault(Fault{Code: "source_table_missing", Pointer: pointer("sync_rules", k, "source_table"), Table: rule.SourceTable},
				"no source base has a table %q; correct the rule%s", rule.SourceTable, suggest.Nearest(rule.SourceTable, all))
		}
	}
}

// mapFields lists the fields of a pair that are synced, in the order of the
// source: a new target table gets them in this order.
func (m *mapper) mapFields(d *pairDraft) {
	if d.rule != nil && d.rule.FieldMapping != nil {
		m.mapNamedFields(d)
		return
	}
	for i := range d.from.Fields {
		f := &d.from.Fields[i]
		switch {
		case strings.EqualFold(f.Name, m.sync.ExternalIDField):
			m.findings.warn("field_skipped", d, f.Name, "it has the name of the field that holds the source row's ID; map it to another name to copy it")
		case f.Type.Writable():
			d.add(fieldDraft{from: f, fromName: f.Name, name: f.Name, pointer: d.pointer})
		case !f.Type.Known():
			m.findings.warn("field_skipped", d, f.Name, fmt.Sprintf("its type %s is unknown to this version; name it in field_mapping to copy it as it is", f.Type))
		}
	}
}

// mapNamedFields takes the fields that a rule names. Only then are computed
// fields copied.
func (m *mapper) mapNamedFields(d *pairDraft) {
	var named []fieldDraft
	for _, source := range slices.Sorted(maps.Keys(d.rule.FieldMapping)) {
		at := d.pointer + pointer("field_mapping", source)
		f := m.sourceField(d, source, at)
		if f == nil {
			m.findings.fault(Fault{Code: "source_field_missing", Pointer: at, Base: string(d.source.Base), Table: d.from.Name, Field: source},
				"table %q of source base %s has no field %q; create it or correct the mapping%s",
				d.from.Name, d.source.Base, source, suggest.Nearest(source, fieldNames(d.from)))
			continue
		}
		named = append(named, fieldDraft{from: f, fromName: source, name: d.rule.FieldMapping[source], named: true, pointer: at, asText: f.Type.Computed()})
	}
	slices.SortStableFunc(named, func(a, b fieldDraft) int { return cmp.Compare(d.fieldIndex(a.from), d.fieldIndex(b.from)) })
	for _, f := range named {
		d.add(f)
	}
}

// sourceField returns the field that a name of the mapping means, like sourceTable.
func (m *mapper) sourceField(d *pairDraft, name, at string) *airtable.Field {
	remembered := d.bound.sourceField(d.from, name)
	found, ok := d.from.Field(name)
	switch {
	case remembered == nil && ok:
		return found
	case remembered != nil && ok && found.ID != remembered.ID:
		m.findings.reused(at, string(d.source.Base), d.from.Name, "source field", name, string(found.ID), string(remembered.ID), remembered.Name)
	}
	return remembered
}

func (d *pairDraft) add(f fieldDraft) {
	if f.from.Type != airtable.MultipleRecordLinks {
		d.fields = append(d.fields, &f)
		return
	}
	options, _ := f.from.Link()
	d.links = append(d.links, &linkDraft{fieldDraft: f, options: options})
}

// fieldIndex is the position of a field in the source table.
func (d *pairDraft) fieldIndex(f *airtable.Field) int {
	return slices.IndexFunc(d.from.Fields, func(other airtable.Field) bool { return other.ID == f.ID })
}

func tableNames(b *airtable.Base) []string {
	var all []string
	for _, t := range b.Tables {
		all = append(all, t.Name)
	}
	return all
}

func fieldNames(t *airtable.Table) []string {
	var all []string
	for _, f := range t.Fields {
		all = append(all, f.Name)
	}
	return all
}
