package airtablesync

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/demo/crm"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// comparison is the result of comparing both bases record by record. After a sync
// all counts except records must be zero.
type comparison struct {
	records   int    // in the source
	missing   int    // in the source only
	duplicate int    // more than once in the target
	extra     int    // in the target without a source record
	different int    // a cell differs, links followed
	first     string // the first difference, for people
}

func (c comparison) equal() bool {
	return c.missing == 0 && c.duplicate == 0 && c.extra == 0 && c.different == 0
}

// externalID is the field by which a target record names its source.
const externalID = "Source Record ID"

// compare compares the target with the source, a base of the given id.
func compare(id airtable.BaseID, source, target crm.Contents) comparison {
	j := judge{target: target, twins: map[string]twin{}}
	j.findTwins(id)
	for _, table := range source.Schema.Tables {
		records := source.Records[table.Name]
		for _, record := range records {
			j.compareRecord(table, record)
		}
		j.countExtra(table.Name, len(records))
	}
	return j.comparison
}

// judge compares records with their counterparts in the target.
type judge struct {
	comparison
	target crm.Contents
	twins  map[string]twin // by source record
}

// twin is the counterpart of a source record in the target.
type twin struct {
	record airtable.Record
	times  int
}

// notef keeps the first difference.
func (j *judge) notef(format string, args ...any) {
	if j.first == "" {
		j.first = fmt.Sprintf(format, args...)
	}
}

func (j *judge) findTwins(source airtable.BaseID) {
	for _, table := range j.target.Schema.Tables {
		for _, r := range j.target.Records[table.Name] {
			var id string
			_ = json.Unmarshal(r.Fields[externalID], &id)
			id = strings.TrimPrefix(id, string(source)+"/")
			t := j.twins[id]
			j.twins[id] = twin{record: r, times: t.times + 1}
			if id != "" && t.times > 0 {
				j.duplicate++
				j.notef("%s: %s stands for %s a second time", table.Name, r.ID, id)
			}
		}
	}
}

func (j *judge) compareRecord(table airtable.Table, record airtable.Record) {
	j.records++
	other, ok := j.twins[string(record.ID)]
	if !ok {
		j.missing++
		j.notef("%s: %s is missing from the target", table.Name, record.ID)
		return
	}
	target, ok := j.target.Schema.Table(table.Name)
	if !ok {
		j.different++
		j.notef("%s: the target has no such table", table.Name)
		return
	}
	for _, f := range table.Fields {
		if computed[f.Type] {
			continue
		}
		if _, ok := target.Field(f.Name); !ok {
			j.different++
			j.notef("%s: the target has no field %s", table.Name, f.Name)
			return
		}
		want, got := cell(record, f), cell(other.record, f)
		if f.Type == "multipleRecordLinks" {
			want, got = j.follow(want), sorted(got)
		}
		if !reflect.DeepEqual(want, got) {
			j.different++
			j.notef("%s %s, field %s: the source has %v, the target %v", table.Name, record.ID, f.Name, want, got)
			return
		}
	}
}

func (j *judge) countExtra(table string, records int) {
	if extra := len(j.target.Records[table]) - records; extra > 0 {
		j.extra += extra
		j.notef("%s: the target has %d extra records", table, extra)
	}
}

// computed lists the read-only field types that the customer base uses.
var computed = map[airtable.FieldType]bool{"formula": true}

func cell(r airtable.Record, f airtable.Field) any {
	var v any
	if raw, ok := r.Fields[f.Name]; ok {
		_ = json.Unmarshal(raw, &v)
	}
	return v
}

// follow turns a cell of source ids into the sorted ids of their twins.
func (j *judge) follow(v any) any {
	list, _ := v.([]any)
	for i, id := range list {
		list[i] = string(j.twins[fmt.Sprint(id)].record.ID)
	}
	return sorted(v)
}

func sorted(v any) any {
	list, _ := v.([]any)
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return v
}
