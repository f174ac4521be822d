package airtablesync

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// schemaSteps read schemas and plan.
type schemaSteps struct{ tools }

// schemaRequest asks for the schema of one base.
type schemaRequest struct {
	Role plan.Role       `json:"role"`
	Base airtable.BaseID `json:"base"`
}

// schemaRead refers to the schema of a base.
type schemaRead struct {
	Schema kind.Ref `json:"schema"`
}

func (s schemaSteps) readSchema(ctx context.Context, in schemaRequest) (schemaRead, error) {
	schema, err := s.airtable.schema(ctx, plan.Side{Role: in.Role, Base: in.Base})
	if err != nil {
		return schemaRead{}, err
	}
	ref, err := kind.PutJSON(ctx, s.blobs, schema)
	return schemaRead{Schema: ref}, err
}

// planRequest asks what to do, given all schemas.
type planRequest struct {
	Schemas []baseSchema `json:"schemas"` // of a base that is listed twice, the last one counts
	Mode    Mode         `json:"mode"`
	// Fresh names the target tables that cannot hold a row of ours: this run
	// has created them, or the field that would say so.
	Fresh []string `json:"fresh,omitempty"`
}

// baseSchema is the schema of a base.
type baseSchema struct {
	Base   airtable.BaseID `json:"base"`
	Schema kind.Ref        `json:"schema"`
}

// planMade refers to a plan and holds its table of contents.
type planMade struct {
	Plan     kind.Ref       `json:"plan"`
	Pairs    []pairInfo     `json:"pairs"`
	Groups   [][]int        `json:"groups"` // numbers of pairs, by target base
	Changes  []changeInfo   `json:"changes,omitempty"`
	Warnings []plan.Warning `json:"warnings,omitempty"`
}

// pairInfo is what the workflow function needs to know of a pair.
type pairInfo struct {
	SourceBase  airtable.BaseID `json:"source_base"`
	SourceTable string          `json:"source_table"`
	TargetBase  airtable.BaseID `json:"target_base"`
	TargetTable string          `json:"target_table"`
	Full        bool            `json:"full,omitempty"`
	Since       time.Time       `json:"since,omitzero"` // of an incremental read
	// Owed says that the target lacks something of rows that may not have changed.
	Owed bool `json:"owed,omitempty"`
	// List says that the target must be listed, to find drift and rows of ours.
	List bool `json:"list,omitempty"`
}

// changeInfo names a change for progress and history.
type changeInfo struct {
	Type plan.ChangeType `json:"kind"`
	Text string          `json:"text"`
}

// plan compares the configuration with the schemas. If there is any reason not
// to begin, it fails with all of them, before the first write. It attaches
// nothing: what it reads of the link map is what earlier runs have left.
func (s schemaSteps) plan(ctx context.Context, in planRequest) (planMade, error) {
	config, err := s.config(ctx)
	if err != nil {
		return planMade{}, err
	}
	schemas := map[airtable.BaseID]*airtable.Base{}
	for _, read := range in.Schemas {
		schema, err := kind.GetJSON[*airtable.Base](ctx, s.blobs, read.Schema)
		if err != nil {
			return planMade{}, err
		}
		schemas[read.Base] = schema
	}
	sync := planned(config)
	info := engine.InStep(ctx)
	if sync.Memory, err = s.links.Memory(ctx, info.Workspace, info.Definition); err != nil {
		return planMade{}, err
	}
	p, faults := plan.DetectSchemaChanges(sync, schemas)
	if len(faults) > 0 {
		return planMade{}, faultsError(faults)
	}
	made := planMade{Groups: p.Groups(), Warnings: p.Warnings}
	for _, c := range p.Changes {
		made.Changes = append(made.Changes, changeInfo{Type: c.Type, Text: c.Text()})
	}
	for _, pair := range p.Pairs {
		info, err := s.infoOf(ctx, pair, in)
		if err != nil {
			return planMade{}, err
		}
		made.Pairs = append(made.Pairs, info)
	}
	made.Plan, err = kind.PutJSON(ctx, s.blobs, p)
	return made, err
}

// planned is the part of a configuration that is planned with.
func planned(c Config) plan.Sync {
	s := plan.Sync{Sources: plannedBases(c.SourceBases), Targets: plannedBases(c.TargetBases), ExternalIDField: c.ExternalIDField}
	for _, r := range c.SyncRules {
		s.Rules = append(s.Rules, plan.Rule{SourceTable: r.SourceTable, TargetTable: r.TargetTable, FieldMapping: r.FieldMapping})
	}
	return s
}

func plannedBases(bases []BaseConfig) []plan.SyncedBase {
	var planned []plan.SyncedBase
	for _, b := range bases {
		planned = append(planned, plan.SyncedBase{Base: airtable.BaseID(b.BaseID), Tables: b.Tables})
	}
	return planned
}

// faultsError is the failure of a configuration that does not fit the schemas.
func faultsError(faults []plan.Fault) error {
	const inMessage, inDetail = 10, 200
	var texts []string
	for i, f := range faults {
		if i == inMessage {
			texts = append(texts, fmt.Sprintf("and %d more", len(faults)-i))
			break
		}
		texts = append(texts, f.Pointer+": "+f.Detail)
	}
	code := faults[0].Code
	if len(faults) > 1 {
		code = "schema_mismatch"
	}
	return detailed(failure.New(failure.Validation, code, "nothing was written: %s", strings.Join(texts, "; ")),
		map[string]any{"faults": faults[:min(len(faults), inDetail)]})
}

// infoOf decides how much of a pair is read: all of it, until a full run has
// completed with this very mapping.
func (s schemaSteps) infoOf(ctx context.Context, pair plan.Pair, in planRequest) (pairInfo, error) {
	info := pairInfo{
		SourceBase: pair.Source.Base, SourceTable: pair.Source.Name,
		TargetBase: pair.Target.Base, TargetTable: pair.Target.Name,
	}
	mark, marked, err := s.links.Mark(ctx, scope(ctx, pair.Key()))
	if err != nil {
		return info, err
	}
	info.Full = in.Mode == ModeFull || !marked || mark.Fingerprint != pair.Fingerprint()
	if !info.Full {
		info.Since = mark.At
		owed, err := s.links.Owed(ctx, scope(ctx, pair.Key()), "", 1)
		info.Owed = len(owed) > 0
		return info, err
	}
	known, err := s.links.Count(ctx, scope(ctx, pair.Key()), "", "")
	info.List = known.Rows > 0 || !slices.Contains(in.Fresh, freshKey(pair.Target.Base, pair.Target.Table))
	return info, err
}

// freshKey names a target table that cannot hold a row of ours.
func freshKey(base airtable.BaseID, table airtable.TableID) string {
	return string(base) + "/" + string(table)
}
