package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// comparison is what a record-by-record look at both bases found. All but
// Records must be zero after a sync.
type comparison struct {
	Records   int // in the source
	Missing   int // in the source only
	Doubled   int // more than once in the target
	Extra     int // in the target without a source record
	Different int // a cell differs, links followed
	First     string
}

func (c comparison) equal() bool {
	return c.Missing == 0 && c.Doubled == 0 && c.Extra == 0 && c.Different == 0
}

// note keeps the first finding, which is what a person looks at.
func (c *comparison) note(format string, args ...any) {
	if c.First == "" {
		c.First = fmt.Sprintf(format, args...)
	}
}

// contents is a base as read: records by table name.
type contents struct {
	schema  *airtable.Base
	records map[string][]airtable.Record
}

// externalID is the field by which a target record names its source.
const externalID = "Source Record ID"

// compareBases reads both bases and compares them. It shares nothing with the
// sync that it judges but the name of the external-id field.
func compareBases(ctx context.Context, source, target side) (comparison, error) {
	from, err := source.read(ctx)
	if err != nil {
		return comparison{}, fmt.Errorf("read the source base: %w", err)
	}
	to, err := target.read(ctx)
	if err != nil {
		return comparison{}, fmt.Errorf("read the target base: %w", err)
	}
	var c comparison
	twins := to.bySource(source.base, &c)
	for _, table := range from.schema.Tables {
		for _, record := range from.records[table.Name] {
			c.Records++
			c.compareRecord(table, record, to, twins)
		}
		c.countExtra(table.Name, from, to)
	}
	return c, nil
}

// twin is the target record of a source record.
type twin struct {
	record airtable.Record
	times  int
}

func (b contents) bySource(source airtable.BaseID, c *comparison) map[string]twin {
	twins := map[string]twin{}
	for table, records := range b.records {
		for _, r := range records {
			var id string
			_ = json.Unmarshal(r.Fields[externalID], &id)
			id = strings.TrimPrefix(id, string(source)+"/")
			t := twins[id]
			twins[id] = twin{record: r, times: t.times + 1}
			if id != "" && t.times > 0 {
				c.Doubled++
				c.note("%s: %s stands for %s a second time", table, r.ID, id)
			}
		}
	}
	return twins
}

func (c *comparison) compareRecord(table airtable.Table, record airtable.Record, to contents, twins map[string]twin) {
	other, ok := twins[string(record.ID)]
	if !ok {
		c.Missing++
		c.note("%s: %s is missing in the target", table.Name, record.ID)
		return
	}
	target, ok := to.schema.Table(table.Name)
	if !ok {
		return
	}
	for _, f := range table.Fields {
		if computed[f.Type] {
			continue
		}
		if _, ok := target.Field(f.Name); !ok {
			c.Different++
			c.note("%s: the target has no field %s", table.Name, f.Name)
			return
		}
		want, got := cell(record, f), cell(other.record, f)
		if f.Type == "multipleRecordLinks" {
			want, got = follow(want, twins), sorted(got)
		}
		if !reflect.DeepEqual(want, got) {
			c.Different++
			c.note("%s %s, field %s: the source has %v, the target %v", table.Name, record.ID, f.Name, want, got)
			return
		}
	}
}

func (c *comparison) countExtra(table string, from, to contents) {
	if extra := len(to.records[table]) - len(from.records[table]); extra > 0 {
		c.Extra += extra
		c.note("%s: the target has %d records more than the source", table, extra)
	}
}

// computed lists the types that no one can write, as far as the demo uses them.
var computed = map[airtable.FieldType]bool{"formula": true}

func cell(r airtable.Record, f airtable.Field) any {
	var v any
	if raw, ok := r.Fields[f.Name]; ok {
		_ = json.Unmarshal(raw, &v)
	}
	return v
}

// follow turns a cell of source ids into the sorted ids of their twins.
func follow(v any, twins map[string]twin) any {
	list, _ := v.([]any)
	for i, id := range list {
		list[i] = string(twins[fmt.Sprint(id)].record.ID)
	}
	return sorted(v)
}

func sorted(v any) any {
	list, _ := v.([]any)
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return v
}

func (s side) read(ctx context.Context) (contents, error) {
	schema, err := s.airtable.Schema(ctx, s.token, s.base)
	if err != nil {
		return contents{}, err
	}
	all := contents{schema: schema, records: map[string][]airtable.Record{}}
	for _, t := range schema.Tables {
		records, err := s.listAll(ctx, t.ID)
		if err != nil {
			return contents{}, fmt.Errorf("table %s: %w", t.Name, err)
		}
		all.records[t.Name] = records
	}
	return all, nil
}

func (s side) listAll(ctx context.Context, table airtable.TableID) ([]airtable.Record, error) {
	var all []airtable.Record
	for offset := ""; ; {
		page, err := s.airtable.List(ctx, s.token, s.base, table, airtable.ListParams{Offset: offset})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Records...)
		if offset = page.Offset; offset == "" {
			return all, nil
		}
	}
}
