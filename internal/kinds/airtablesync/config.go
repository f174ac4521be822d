package airtablesync

import (
	"encoding/json"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// DefaultExternalIDField is the name of the text field in each target table
// that holds base/record of the source row.
const DefaultExternalIDField = "Source Record ID"

// SourceWins is the one conflict resolution of a one-way sync: what the source
// says is written, whatever the target says.
const SourceWins = "source_wins"

// Config is the public configuration of a sync.
type Config struct {
	// SourceBases are read. At least one.
	SourceBases []BaseConfig `json:"source_bases"`
	// TargetBases are written. Every source base is synced into every target base.
	TargetBases []BaseConfig `json:"target_bases"`
	// SyncRules say which table goes where. A listed table without a rule goes
	// to the table of the same name.
	SyncRules []Rule `json:"sync_rules,omitempty"`
	// ConflictResolution is "source_wins", also when empty.
	ConflictResolution string `json:"conflict_resolution,omitempty"`
	// RealTimeSync is accepted and has no effect yet.
	RealTimeSync bool `json:"real_time_sync,omitempty"`
	// BatchSize is how many rows one page of a listing holds, 1–100. Zero means
	// 100. Writes always carry up to 10 rows, as Airtable demands.
	BatchSize int `json:"batch_size,omitempty"`
	// ExternalIDField is the name of the field that holds base/record of the
	// source row in every target table. Empty means "Source Record ID".
	ExternalIDField string `json:"external_id_field,omitempty"`
}

// BaseConfig is one base with the credential that opens it.
type BaseConfig struct {
	BaseID string `json:"base_id"`
	// APIKey is a personal access token; once stored it reads secret:sec_….
	APIKey secret.Secret `json:"api_key"`
	// Tables are names or ids. Absent means all tables of the base.
	Tables []string `json:"tables,omitempty"`
}

// Rule maps one source table to one target table in every pair of bases that
// has both.
type Rule struct {
	SourceTable string `json:"source_table"`
	TargetTable string `json:"target_table"`
	// FieldMapping maps source fields to target fields, by name or id. Absent
	// means all writable fields, under their own names.
	FieldMapping map[string]string `json:"field_mapping,omitempty"`
}

// Input is what execute takes.
type Input struct {
	// Mode is auto (also when empty), full or incremental.
	Mode Mode `json:"mode,omitempty"`
	// AllowDeletes lets this run make deletes that the guard would hold. With
	// mode auto the run is then a full one, because no other deletes.
	AllowDeletes bool `json:"allow_deletes,omitempty"`
}

// Mode says how much of the source a run reads.
type Mode string

// The modes.
const (
	ModeAuto        Mode = "auto"        // incremental once a full run has completed
	ModeFull        Mode = "full"        // all of the source, and the target to repair drift
	ModeIncremental Mode = "incremental" // what changed since the last completed run
)

// settled returns the input with the mode that it amounts to: only a full run
// can make the deletes that are allowed.
func (in Input) settled() Input {
	switch {
	case in.Mode == "" && !in.AllowDeletes:
		in.Mode = ModeAuto
	case in.AllowDeletes && in.Mode != ModeIncremental:
		in.Mode = ModeFull
	}
	return in
}

// parseConfig reads a configuration and reports every fault of its form. The
// defaults are filled in.
func parseConfig(raw json.RawMessage) (Config, workflow.Problems) {
	p := &parser{}
	c := Config{ConflictResolution: SourceWins, BatchSize: 100, ExternalIDField: DefaultExternalIDField}
	top := p.object("", raw, "source_bases", "target_bases", "sync_rules", "conflict_resolution",
		"real_time_sync", "batch_size", "external_id_field")
	if top == nil {
		return c, p.problems
	}
	c.SourceBases = p.bases(top, "source_bases")
	c.TargetBases = p.bases(top, "target_bases")
	for i, item := range p.list("/sync_rules", top["sync_rules"]) {
		c.SyncRules = append(c.SyncRules, p.rule(at("/sync_rules", i), item))
	}
	p.text("/conflict_resolution", top["conflict_resolution"], &c.ConflictResolution)
	p.boolean("/real_time_sync", top["real_time_sync"], &c.RealTimeSync)
	p.integer("/batch_size", top["batch_size"], &c.BatchSize)
	p.text("/external_id_field", top["external_id_field"], &c.ExternalIDField)
	return c, p.problems
}

func (p *parser) bases(top map[string]json.RawMessage, key string) []BaseConfig {
	raw, there := top[key]
	pointer := "/" + key
	if !there {
		p.fault(pointer, "required", "%s is missing; list at least one base", key)
		return nil
	}
	var bases []BaseConfig
	items := p.list(pointer, raw)
	for i, item := range items {
		bases = append(bases, p.base(at(pointer, i), item))
	}
	if items != nil && len(items) == 0 {
		p.fault(pointer, "required", "%s is empty; list at least one base", key)
	}
	return bases
}

func (p *parser) base(pointer string, raw json.RawMessage) BaseConfig {
	var b BaseConfig
	o := p.object(pointer, raw, "base_id", "api_key", "tables")
	if o == nil {
		return b
	}
	p.required(pointer, o, "base_id", &b.BaseID)
	p.required(pointer, o, "api_key", (*string)(&b.APIKey))
	if b.BaseID != "" && (!strings.HasPrefix(b.BaseID, "app") || strings.ContainsAny(b.BaseID, "/ ?#")) {
		p.fault(pointer+"/base_id", "invalid", "%q is no base id; it begins with app and stands in the base's URL", b.BaseID)
	}
	tables, there := o["tables"]
	if !there {
		return b
	}
	items := p.list(pointer+"/tables", tables)
	if items != nil && len(items) == 0 {
		p.fault(pointer+"/tables", "invalid", "tables is empty; name the tables, or leave it out for all of them")
	}
	for i, item := range items {
		var name string
		if p.text(at(pointer+"/tables", i), item, &name) && name == "" {
			p.fault(at(pointer+"/tables", i), "invalid", "a table needs a name or an id")
		}
		b.Tables = append(b.Tables, name)
	}
	return b
}

func (p *parser) rule(pointer string, raw json.RawMessage) Rule {
	var r Rule
	o := p.object(pointer, raw, "source_table", "target_table", "field_mapping")
	if o == nil {
		return r
	}
	p.required(pointer, o, "source_table", &r.SourceTable)
	p.required(pointer, o, "target_table", &r.TargetTable)
	mapping, there := o["field_mapping"]
	if !there {
		return r
	}
	fields := p.object(pointer+"/field_mapping", mapping)
	if fields == nil {
		return r
	}
	if len(fields) == 0 {
		p.fault(pointer+"/field_mapping", "invalid", "field_mapping is empty; map at least one field, or leave it out for all writable fields")
	}
	r.FieldMapping = map[string]string{}
	for _, source := range sortedKeys(fields) {
		var target string
		where := pointer + "/field_mapping/" + escape(source)
		if p.text(where, fields[source], &target) && (target == "" || source == "") {
			p.fault(where, "invalid", "a field needs a name or an id on both sides")
		}
		r.FieldMapping[source] = target
	}
	return r
}

// parseInput reads the input of execute and reports every fault.
func parseInput(raw json.RawMessage) (Input, workflow.Problems) {
	in := Input{Mode: ModeAuto}
	p := &parser{}
	if len(raw) == 0 || string(raw) == "null" {
		return in, p.problems
	}
	o := p.object("", raw, "mode", "allow_deletes")
	if o == nil {
		return in, p.problems
	}
	var mode string
	if p.text("/mode", o["mode"], &mode) {
		in.Mode = Mode(mode)
	}
	switch in.Mode {
	case ModeAuto, ModeFull, ModeIncremental:
	default:
		p.fault("/mode", "invalid", "%q is no mode; use auto, full or incremental%s", mode,
			suggest.Nearest(mode, []string{"auto", "full", "incremental"}))
	}
	p.boolean("/allow_deletes", o["allow_deletes"], &in.AllowDeletes)
	if in.AllowDeletes && in.Mode == ModeIncremental {
		p.fault("/allow_deletes", "invalid", "an incremental run deletes nothing; leave mode out, or set it to \"full\"")
	}
	if in.AllowDeletes && in.Mode == ModeAuto {
		in.Mode = ModeFull // only a full run can do what is allowed
	}
	return in, p.problems
}
