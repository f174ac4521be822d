package airtablesync

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// validateConfig reports everything about a configuration that can be known
// without a network, with JSON pointers.
func validateConfig(raw json.RawMessage) workflow.Problems {
	c, problems := parseConfig(raw)
	p := &parser{problems: problems}
	p.checkChoices(c)
	p.checkBases("/source_bases", c.SourceBases)
	p.checkBases("/target_bases", c.TargetBases)
	p.checkRules(c)
	p.checkListed(c)
	return p.problems
}

func (p *parser) checkChoices(c Config) {
	resolutions := []string{SourceWins, "target_wins", "merge", "manual"}
	switch {
	case c.ConflictResolution == SourceWins:
	case slices.Contains(resolutions, c.ConflictResolution):
		p.fault("/conflict_resolution", "not_available", "%q is not available yet; use \"source_wins\"", c.ConflictResolution)
	default:
		p.fault("/conflict_resolution", "invalid", "%q is no conflict resolution; use \"source_wins\"%s",
			c.ConflictResolution, suggest.Nearest(c.ConflictResolution, resolutions))
	}
	if c.BatchSize < 1 || c.BatchSize > 100 {
		p.fault("/batch_size", "invalid", "%d is out of range; a page of Airtable holds 1 to 100 rows", c.BatchSize)
	}
	if strings.TrimSpace(c.ExternalIDField) == "" {
		p.fault("/external_id_field", "invalid", "the field that finds a row again needs a name; leave it out for %q", DefaultExternalIDField)
	}
	if c.RealTimeSync {
		p.warn("/real_time_sync", "not_available", "real_time_sync has no effect yet: changes are read when the workflow is executed")
	}
}

func (p *parser) checkBases(pointer string, bases []BaseConfig) {
	for i, b := range bases {
		for j, other := range bases[:i] {
			if b.BaseID != "" && b.BaseID == other.BaseID {
				p.fault(at(pointer, i)+"/base_id", "duplicate", "base %s is listed twice (%s); give it one entry", b.BaseID, at(pointer, j))
			}
		}
		for j, table := range b.Tables {
			if slices.Contains(b.Tables[:j], table) {
				p.fault(at(at(pointer, i)+"/tables", j), "duplicate", "table %q is listed twice", table)
			}
		}
	}
}

func (p *parser) checkRules(c Config) {
	for i, r := range c.SyncRules {
		pointer := at("/sync_rules", i)
		p.checkNamed(pointer+"/source_table", "source_bases", r.SourceTable, c.SourceBases)
		p.checkNamed(pointer+"/target_table", "target_bases", r.TargetTable, c.TargetBases)
		for j, other := range c.SyncRules[:i] {
			if r.SourceTable != "" && r.SourceTable == other.SourceTable && r.TargetTable == other.TargetTable {
				p.fault(pointer, "duplicate", "%s already maps %q to %q; make it one rule", at("/sync_rules", j), r.SourceTable, r.TargetTable)
			}
		}
		used := map[string]string{}
		for _, source := range sortedKeys(r.FieldMapping) {
			target := r.FieldMapping[source]
			where := pointer + "/field_mapping/" + escape(source)
			if first, twice := used[strings.ToLower(target)]; twice {
				p.fault(where, "duplicate", "the target field %q is already mapped from %q; a field can have one source", target, first)
			}
			used[strings.ToLower(target)] = source
			if strings.EqualFold(target, c.ExternalIDField) {
				p.fault(where, "invalid", "%q holds the source row's id; map to another field or set external_id_field", target)
			}
		}
	}
}

// checkNamed reports a rule's table that no base lists. A base without a list
// has all its tables, so that only the run can tell.
func (p *parser) checkNamed(pointer, where, table string, bases []BaseConfig) {
	if table == "" || len(bases) == 0 {
		return
	}
	var listed []string
	for _, b := range bases {
		if b.Tables == nil {
			return
		}
		listed = append(listed, b.Tables...)
	}
	if !slices.Contains(listed, table) {
		p.fault(pointer, "unlisted_table", "table %q is not in the tables of any of %s; add it there or correct the rule%s",
			table, where, suggest.Nearest(table, listed))
	}
}

// checkListed reports listed source tables that would go nowhere and listed
// target tables that would receive nothing.
func (p *parser) checkListed(c Config) {
	for i, b := range c.SourceBases {
		for j, table := range b.Tables {
			if !c.hasRuleFrom(table) && !listedAnywhere(c.TargetBases, table) {
				p.fault(at(at("/source_bases", i)+"/tables", j), "unlisted_table",
					"table %q has no rule and no target base lists it; add a rule or list it in target_bases", table)
			}
		}
	}
	for i, b := range c.TargetBases {
		for j, table := range b.Tables {
			if !c.hasRuleTo(table) && !(listedAnywhere(c.SourceBases, table) && !c.hasRuleFrom(table)) {
				p.warn(at(at("/target_bases", i)+"/tables", j), "unused", "nothing is synced into table %q; add a rule or take it off the list", table)
			}
		}
	}
}

func (c Config) hasRuleFrom(table string) bool {
	return slices.ContainsFunc(c.SyncRules, func(r Rule) bool { return r.SourceTable == table })
}

func (c Config) hasRuleTo(table string) bool {
	return slices.ContainsFunc(c.SyncRules, func(r Rule) bool { return r.TargetTable == table })
}

// listedAnywhere reports whether a base lists the table or has all tables.
func listedAnywhere(bases []BaseConfig, table string) bool {
	return slices.ContainsFunc(bases, func(b BaseConfig) bool {
		return b.Tables == nil || slices.Contains(b.Tables, table)
	})
}
