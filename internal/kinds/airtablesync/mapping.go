package airtablesync

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// Fault is one reason why a sync cannot begin, found by comparing the
// configuration with the schemas.
type Fault struct {
	Code    string `json:"code"`
	Pointer string `json:"pointer"` // into the configuration
	Base    string `json:"base,omitempty"`
	Table   string `json:"table,omitempty"`
	Field   string `json:"field,omitempty"`
	Detail  string `json:"detail"`
}

// planner compares a configuration with the schemas. It collects all faults.
type planner struct {
	config   Config
	schemas  map[airtable.BaseID]*airtable.Base
	pairs    []*pairDraft
	changes  []*SchemaChange
	faults   []Fault
	warnings []Warning
}

// pairDraft is a pair before its target is known to exist.
type pairDraft struct {
	source     BaseConfig
	target     BaseConfig
	from       *airtable.Table
	into       *airtable.Table // nil: must be created
	intoName   string
	pointer    string // of the rule, or of the base that lists the table
	rule       *Rule
	fields     []*fieldDraft
	links      []*linkDraft
	skipped    []SkippedLink
	externalID airtable.FieldID
}

// fieldDraft is a source field and the name that it has in the target.
type fieldDraft struct {
	from     *airtable.Field
	name     string
	pointer  string
	explicit bool
	asText   bool
	into     *airtable.Field // nil: must be created
}

// linkDraft is a link field; whether this side of it is written is decided
// when the order of the tables is known.
type linkDraft struct {
	fieldDraft
	options  airtable.LinkOptions
	to       *pairDraft
	partner  *linkDraft // the same link seen from the other table, if it is synced too
	written  bool
	later    bool
	position int
}

func (p *planner) fault(code, pointer string, base string, table, field, format string, args ...any) {
	p.faults = append(p.faults, Fault{Code: code, Pointer: pointer, Base: base, Table: table, Field: field,
		Detail: fmt.Sprintf(format, args...)})
}

// findPairs lists which source table goes into which target table.
func (p *planner) findPairs() {
	for i, s := range p.config.SourceBases {
		tables := p.sourceTables(i, s)
		for _, t := range p.config.TargetBases {
			for _, table := range tables {
				p.pairTable(i, s, t, table)
			}
		}
	}
	p.checkRulesUsed()
}

// sourceTables returns the listed tables of a source base, or all.
func (p *planner) sourceTables(i int, s BaseConfig) []*airtable.Table {
	schema := p.schemas[airtable.BaseID(s.BaseID)]
	var tables []*airtable.Table
	if s.Tables == nil {
		for j := range schema.Tables {
			tables = append(tables, &schema.Tables[j])
		}
		return tables
	}
	for j, name := range s.Tables {
		table, ok := schema.Table(name)
		if !ok {
			p.fault("source_table_missing", at(at("/source_bases", i)+"/tables", j), s.BaseID, name, "",
				"source base %s has no table %q; create it or correct the name%s", s.BaseID, name, suggest.Nearest(name, tableNames(schema)))
			continue
		}
		if !slices.Contains(tables, table) {
			tables = append(tables, table)
		}
	}
	return tables
}

// pairTable adds the pairs of one source table with one target base.
func (p *planner) pairTable(i int, s, t BaseConfig, from *airtable.Table) {
	ruled := false
	for k := range p.config.SyncRules {
		rule := &p.config.SyncRules[k]
		if !names(rule.SourceTable, from) {
			continue
		}
		ruled = true
		p.addPair(s, t, from, rule.TargetTable, rule, at("/sync_rules", k))
	}
	if !ruled {
		p.addPair(s, t, from, from.Name, nil, at("/source_bases", i))
	}
}

func (p *planner) addPair(s, t BaseConfig, from *airtable.Table, name string, rule *Rule, pointer string) {
	into := findTable(p.schemas[airtable.BaseID(t.BaseID)], name)
	if t.Tables != nil && !slices.ContainsFunc(t.Tables, func(listed string) bool {
		return strings.EqualFold(listed, name) || into != nil && names(listed, into)
	}) {
		return // this target base does not take the table
	}
	if s.BaseID == t.BaseID && into != nil && into.ID == from.ID {
		p.fault("same_table", pointer, s.BaseID, from.Name, "",
			"table %q of base %s would be synced into itself; give it another target table or base", from.Name, s.BaseID)
		return
	}
	if into == nil && strings.HasPrefix(name, "tbl") && len(name) == 17 {
		p.fault("target_table_missing", pointer+"/target_table", t.BaseID, name, "",
			"target base %s has no table with the id %s; name the table instead, so that it can be created", t.BaseID, name)
		return
	}
	p.pairs = append(p.pairs, &pairDraft{source: s, target: t, from: from, into: into, intoName: name, rule: rule, pointer: pointer})
}

// checkRulesUsed reports rules whose source table no base has. Listed tables
// were reported already.
func (p *planner) checkRulesUsed() {
	for k, rule := range p.config.SyncRules {
		used := slices.ContainsFunc(p.pairs, func(d *pairDraft) bool { return d.pointer == at("/sync_rules", k) })
		listed := slices.ContainsFunc(p.config.SourceBases, func(b BaseConfig) bool { return slices.Contains(b.Tables, rule.SourceTable) })
		found, all := false, []string{}
		for _, s := range p.config.SourceBases {
			schema := p.schemas[airtable.BaseID(s.BaseID)]
			_, ok := schema.Table(rule.SourceTable)
			found = found || ok
			all = append(all, tableNames(schema)...)
		}
		if !used && !listed && !found {
			p.fault("source_table_missing", at("/sync_rules", k)+"/source_table", "", rule.SourceTable, "",
				"no source base has a table %q; correct the rule%s", rule.SourceTable, suggest.Nearest(rule.SourceTable, all))
		}
	}
}

// mapFields lists which fields of a pair are synced, under which names.
func (p *planner) mapFields(d *pairDraft) {
	if d.rule != nil && d.rule.FieldMapping != nil {
		p.mapExplicitly(d)
		return
	}
	for i := range d.from.Fields {
		f := &d.from.Fields[i]
		draft := fieldDraft{from: f, name: f.Name, pointer: d.pointer}
		switch {
		case strings.EqualFold(f.Name, p.config.ExternalIDField):
			p.warn("field_skipped", d.from.Name, f.Name, "it has the name of the field that holds the source row's id; map it to another name to copy it")
		case f.Type == airtable.MultipleRecordLinks:
			p.addLink(d, draft)
		case f.Type.Writable():
			d.fields = append(d.fields, &draft)
		case !f.Type.Known():
			p.warn("field_skipped", d.from.Name, f.Name, fmt.Sprintf("its type %s is not known here; name it in field_mapping to copy it as it is", f.Type))
		}
	}
}

func (p *planner) mapExplicitly(d *pairDraft) {
	for _, source := range sortedKeys(d.rule.FieldMapping) {
		pointer := d.pointer + "/field_mapping/" + escape(source)
		f, ok := d.from.Field(source)
		if !ok {
			p.fault("source_field_missing", pointer, d.source.BaseID, d.from.Name, source,
				"table %q of source base %s has no field %q; create it or correct the mapping%s",
				d.from.Name, d.source.BaseID, source, suggest.Nearest(source, fieldNames(d.from)))
			continue
		}
		draft := fieldDraft{from: f, name: d.rule.FieldMapping[source], pointer: pointer, explicit: true, asText: f.Type.Computed()}
		if f.Type == airtable.MultipleRecordLinks {
			p.addLink(d, draft)
			continue
		}
		d.fields = append(d.fields, &draft)
	}
	// The order of the source's fields is the order in which a new table gets them.
	slices.SortStableFunc(d.fields, func(a, b *fieldDraft) int { return fieldIndex(d.from, a.from.ID) - fieldIndex(d.from, b.from.ID) })
	slices.SortStableFunc(d.links, func(a, b *linkDraft) int { return fieldIndex(d.from, a.from.ID) - fieldIndex(d.from, b.from.ID) })
}

func (p *planner) addLink(d *pairDraft, draft fieldDraft) {
	options, _ := draft.from.Link()
	d.links = append(d.links, &linkDraft{fieldDraft: draft, options: options, position: fieldIndex(d.from, draft.from.ID)})
}

func (p *planner) warn(code, table, field, detail string) {
	p.warnings = append(p.warnings, Warning{Code: code, Table: table, Field: field, Detail: detail})
}

// names reports whether a configured name or id means the table.
func names(nameOrID string, t *airtable.Table) bool {
	return nameOrID == string(t.ID) || nameOrID == t.Name
}

// findTable looks a target table up. Airtable's names differ by more than case.
func findTable(b *airtable.Base, nameOrID string) *airtable.Table {
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

// findField looks a target field up. Airtable's names differ by more than case.
func findField(t *airtable.Table, nameOrID string) *airtable.Field {
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

func fieldIndex(t *airtable.Table, id airtable.FieldID) int {
	return slices.IndexFunc(t.Fields, func(f airtable.Field) bool { return f.ID == id })
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
