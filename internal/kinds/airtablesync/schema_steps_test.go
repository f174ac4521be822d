package airtablesync

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestHowMuchOfAPairIsRead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	mark := &linkmap.Mark{At: at, Fingerprint: people().Fingerprint()}
	for name, test := range map[string]struct {
		mode  Mode
		mark  *linkmap.Mark
		rows  []linkmap.Written
		fresh []string
		full  bool
		list  bool
	}{
		"the first run":                   {mode: ModeAuto, full: true, list: true},
		"the first run, into a new table": {mode: ModeAuto, fresh: []string{"appT/tblT"}, full: true},
		"into another new table":          {mode: ModeAuto, fresh: []string{"appT/tblX"}, full: true, list: true},
		"new, but with rows of ours":      {mode: ModeAuto, rows: []linkmap.Written{{Source: "rec1", Target: "recT1"}}, fresh: []string{"appT/tblT"}, full: true, list: true},
		"after a full run":                {mode: ModeAuto, mark: mark},
		"after a full run, by name":       {mode: ModeIncremental, mark: mark},
		"full is asked for":               {mode: ModeFull, mark: mark, full: true, list: true},
		"the mapping has changed":         {mode: ModeIncremental, mark: &linkmap.Mark{At: at, Fingerprint: "other"}, full: true, list: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			ctx, _ := b.attempt(1)
			if test.mark != nil {
				b.earlier(func(ctx context.Context, pair string) error {
					return b.links.Complete(ctx, linkmap.Completed{Pair: pair, Mark: test.mark})
				})
			}
			b.earlier(func(ctx context.Context, pair string) error { return b.links.Wrote(ctx, pair, test.rows) })
			got, err := schemaSteps{b.tools}.infoOf(ctx, people(), planRequest{Mode: test.mode, Fresh: test.fresh})
			b.ok(err)
			want := pairInfo{SourceBase: "appS", SourceTable: "People", TargetBase: "appT", TargetTable: "People", Full: test.full, List: test.list}
			if !test.full {
				want.Since = at
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlannedIsTheConfiguration(t *testing.T) {
	t.Parallel()
	got := planned(Config{
		SourceBases:     []BaseConfig{{BaseID: "appS", APIKey: "secret:sec_s", Tables: []string{"A"}}},
		TargetBases:     []BaseConfig{{BaseID: "appT", APIKey: "secret:sec_t"}},
		SyncRules:       []Rule{{SourceTable: "A", TargetTable: "B", FieldMapping: map[string]string{"X": "Y"}}},
		ExternalIDField: "ID",
	})
	want := plan.Sync{
		Sources:         []plan.SyncedBase{{Base: "appS", Tables: []string{"A"}}},
		Targets:         []plan.SyncedBase{{Base: "appT"}},
		Rules:           []plan.Rule{{SourceTable: "A", TargetTable: "B", FieldMapping: map[string]string{"X": "Y"}}},
		ExternalIDField: "ID",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaultsAreReportedTogether(t *testing.T) {
	t.Parallel()
	faults := make([]plan.Fault, 250)
	for i := range faults {
		faults[i] = plan.Fault{Code: "type_mismatch", Pointer: "/p", Detail: "d"}
	}
	for n, test := range map[int]struct{ code, says, saysNot string }{
		1:   {"type_mismatch", "nothing was written: /p: d", ";"},
		2:   {"schema_mismatch", "/p: d; /p: d", "more"},
		10:  {"schema_mismatch", "/p: d; /p: d", "more"},
		11:  {"schema_mismatch", "and 1 more", "and 2"},
		250: {"schema_mismatch", "and 240 more", "and 1 more"},
	} {
		var err *failure.Error
		if !errors.As(faultsError(faults[:n]), &err) || err.Class != failure.Validation || err.Code != test.code {
			t.Errorf("%d faults: %+v", n, err)
		}
		if !strings.Contains(err.Message, test.says) || strings.Contains(err.Message, test.saysNot) {
			t.Errorf("%d faults: %s", n, err.Message)
		}
		var detail struct{ Faults []plan.Fault }
		if jsonErr := json.Unmarshal(err.Detail, &detail); jsonErr != nil || len(detail.Faults) != min(n, 200) {
			t.Errorf("%d faults: %d in the detail, %v", n, len(detail.Faults), jsonErr)
		}
	}
}

// A run whose plan still has changes must come back with its table of contents.
func TestAPlanIsKeptWithItsTableOfContents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, left := b.attempt(1)
	source, target := airtable.Base{}, airtable.Base{}
	source.Tables = []airtable.Table{{ID: "tblS", Name: "People", PrimaryFieldID: "fldName",
		Fields: []airtable.Field{{ID: "fldName", Name: "Name", Type: airtable.SingleLineText}, {ID: "fldOdd", Name: "Odd", Type: "hologram"}}}}
	target.Tables = []airtable.Table{{ID: "tblT", Name: "People", Fields: []airtable.Field{{ID: "fldN", Name: "Name", Type: airtable.SingleLineText}}}}
	sourceRef, err := kind.PutJSON(ctx, b.blobs, source)
	b.ok(err)
	targetRef, err := kind.PutJSON(ctx, b.blobs, target)
	b.ok(err)
	request := planRequest{Mode: ModeAuto, Schemas: []baseSchema{{Base: "appS", Schema: sourceRef}, {Base: "appT", Schema: targetRef}}}
	made, err := schemaSteps{b.tools}.plan(ctx, request)
	b.ok(err)
	want := planMade{Plan: made.Plan, Groups: [][]int{{0}},
		Pairs:    []pairInfo{{SourceBase: "appS", SourceTable: "People", TargetBase: "appT", TargetTable: "People", Full: true, List: true}},
		Changes:  []changeInfo{{Type: plan.CreateField, Text: `create field "Source Record ID" in table "People" of target base appT`}},
		Warnings: []plan.Warning{{Code: "field_skipped", Table: "People", Field: "Odd", Detail: made.Warnings[0].Detail}}}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if kept, err := b.readPlan(ctx, made.Plan); err != nil || len(kept.Changes) != 1 || kept.Pairs[0].Target.Table != "tblT" {
		t.Errorf("%v: %+v", err, kept)
	}
	if _, writes := left.Left(); len(writes) > 0 || len(recorded(left)) > 0 {
		t.Errorf("a step that only reads leaves %d writes and %v", len(writes), recorded(left))
	}
}
