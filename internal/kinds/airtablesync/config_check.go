package airtablesync

import (
	"maps"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// checkConfig reports what the declaration of Config cannot say and can be known
// without a network: what fits together and what does not.
func checkConfig(c Config, found *strictjson.Findings) {
	checkBases("/source_bases", c.SourceBases, found)
	checkBases("/target_bases", c.TargetBases, found)
	for i, r := range c.SyncRules {
		pointer := strictjson.At("/sync_rules", i)
		checkNamed(pointer+"/source_table", "source_bases", r.SourceTable, c.SourceBases, found)
		checkNamed(pointer+"/target_table", "target_bases", r.TargetTable, c.TargetBases, found)
		for j, other := range c.SyncRules[:i] {
			if r.SourceTable != "" && r.SourceTable == other.SourceTable && r.TargetTable == other.TargetTable {
				found.Fault(pointer, strictjson.CodeDuplicate, "%s already maps %q to %q; make it one rule",
					strictjson.At("/sync_rules", j), r.SourceTable, r.TargetTable)
			}
		}
		checkMapping(pointer+"/field_mapping", r.FieldMapping, c.ExternalIDField, found)
	}
	c.checkListed(found)
}

func checkBases(pointer string, bases []BaseConfig, found *strictjson.Findings) {
	first := map[string]int{}
	for i, b := range bases {
		if j, again := first[b.BaseID]; again && b.BaseID != "" {
			found.Fault(strictjson.At(pointer, i, "base_id"), strictjson.CodeDuplicate, "base %s is listed twice (%s); give it one entry",
				b.BaseID, strictjson.At(pointer, j))
			continue
		}
		first[b.BaseID] = i
	}
}

// checkMapping reports target fields that have two sources or hold the row's ID.
func checkMapping(pointer string, mapping map[string]string, externalID string, found *strictjson.Findings) {
	used := map[string]string{}
	for _, source := range slices.Sorted(maps.Keys(mapping)) {
		target := mapping[source]
		where := strictjson.At(pointer, source)
		if first, twice := used[strings.ToLower(target)]; twice && target != "" {
			found.Fault(where, strictjson.CodeDuplicate, "the target field %q is already mapped from %q; a field can have one source", target, first)
		}
		used[strings.ToLower(target)] = source
		if strings.EqualFold(target, externalID) {
			found.Fault(where, strictjson.CodeInvalid, "%q holds the source row's ID; map to another field, or set external_id_field", target)
		}
	}
}

// checkNamed reports a rule's table that no base lists. A base without a list has
// all its tables, so that only the run can tell.
func checkNamed(pointer, where, table string, bases []BaseConfig, found *strictjson.Findings) {
	if table == "" || len(bases) == 0 || listedAnywhere(bases, table) {
		return
	}
	var listed []string
	for _, b := range bases {
		listed = append(listed, b.Tables...)
	}
	found.Fault(pointer, codeUnlistedTable, "table %q is not in the tables of any of %s; add it there or correct the rule%s",
		table, where, found.Nearest(table, listed))
}

// codeUnlistedTable: a table is named in one place and missing in another.
const codeUnlistedTable = "unlisted_table"

// checkListed reports listed source tables that would go nowhere and listed
// target tables that would receive nothing.
func (c Config) checkListed(found *strictjson.Findings) {
	for i, b := range c.SourceBases {
		for j, table := range b.Tables {
			if !c.hasRuleFrom(table) && !listedAnywhere(c.TargetBases, table) {
				found.Fault(strictjson.At("/source_bases", i, "tables", j), codeUnlistedTable,
					"table %q has no rule and no target base lists it; add a rule or list it in target_bases", table)
			}
		}
	}
	for i, b := range c.TargetBases {
		for j, table := range b.Tables {
			if !c.hasRuleTo(table) && !(listedAnywhere(c.SourceBases, table) && !c.hasRuleFrom(table)) {
				found.Warn(strictjson.At("/target_bases", i, "tables", j), "unused", "nothing is synced into table %q; add a rule or take it off the list", table)
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

// checkInput reports what does not fit together in the input of execute.
func checkInput(_ Config, in Input, found *strictjson.Findings) {
	if in.AllowDeletes && in.Mode == ModeIncremental {
		found.Fault("/allow_deletes", strictjson.CodeInvalid, "an incremental run deletes nothing; leave mode out, or set it to \"full\"")
	}
}
