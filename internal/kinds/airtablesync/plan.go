package airtablesync

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Plan is everything a run decided from the schemas: what to create first, and
// then which table and field goes where.
type Plan struct {
	// Pairs are in the order in which they are written: a table comes after
	// those that it links to, wherever that is possible.
	Pairs []Pair `json:"pairs"`
	// Changes must be made, and the schemas read again, before Pairs are complete.
	Changes  []SchemaChange `json:"changes,omitempty"`
	Warnings []Warning      `json:"warnings,omitempty"`
}

// Pair is one source table and the target table that it is synced into.
type Pair struct {
	Source Side `json:"source"`
	Target Side `json:"target"`
	// ExternalID is the target field that holds base/record of the source row.
	ExternalID airtable.FieldID `json:"external_id"`
	Fields     []FieldPair      `json:"fields"`
	Links      []LinkPair       `json:"links,omitempty"`
	// Skipped are source link fields that lead to tables outside the sync.
	Skipped []SkippedLink `json:"skipped,omitempty"`
}

// Side is a table of a base and the credential that opens it.
type Side struct {
	Base   airtable.BaseID  `json:"base"`
	APIKey string           `json:"api_key"` // a reference, never the secret
	Table  airtable.TableID `json:"table"`
	Name   string           `json:"name"`
}

// FieldPair is a source field and the target field that receives its cells.
type FieldPair struct {
	Source airtable.FieldID `json:"source"`
	Target airtable.Field   `json:"target"`
	// AsText says that a computed source is written as plain text.
	AsText bool `json:"as_text,omitempty"`
}

// LinkPair is a link field of which this pair writes the side.
type LinkPair struct {
	Source airtable.FieldID `json:"source"`
	Target airtable.FieldID `json:"target"`
	// To is the key of the pair that holds the linked rows.
	To string `json:"to"`
	// Later says that the linked rows may be made after the rows that link.
	Later bool `json:"later,omitempty"`
}

// SkippedLink is a source link field that cannot be followed.
type SkippedLink struct {
	Source airtable.FieldID `json:"source"`
	Name   string           `json:"name"`
}

// Warning is something that a person should know about a run that went on.
type Warning struct {
	Code   string `json:"code"`
	Table  string `json:"table,omitempty"`
	Field  string `json:"field,omitempty"`
	Count  int64  `json:"count,omitempty"`
	Detail string `json:"detail"`
}

// Key names the pair in the link map. It consists of ids, so that renaming a
// table loses nothing.
func (p Pair) Key() string {
	return pairKey(p.Source.Base, p.Source.Table, p.Target.Base, p.Target.Table)
}

func pairKey(sb airtable.BaseID, st airtable.TableID, tb airtable.BaseID, tt airtable.TableID) string {
	return fmt.Sprintf("%s/%s>%s/%s", sb, st, tb, tt)
}

// Label names the pair for people.
func (p Pair) Label() string {
	if p.Source.Name == p.Target.Name {
		return p.Source.Name
	}
	return p.Source.Name + " → " + p.Target.Name
}

// ExternalIDOf is the value by which a source row is found in the target.
func (p Pair) ExternalIDOf(id airtable.RecordID) string {
	return string(p.Source.Base) + "/" + string(id)
}

// SourceFields are the fields to be read from the source.
func (p Pair) SourceFields() []string {
	var ids []string
	for _, f := range p.Fields {
		ids = append(ids, string(f.Source))
	}
	for _, l := range p.Links {
		ids = append(ids, string(l.Source))
	}
	for _, s := range p.Skipped {
		ids = append(ids, string(s.Source))
	}
	return ids
}

// TargetFields are the fields to be read from the target.
func (p Pair) TargetFields() []string {
	ids := []string{string(p.ExternalID)}
	for _, f := range p.Fields {
		ids = append(ids, string(f.Target.ID))
	}
	for _, l := range p.Links {
		ids = append(ids, string(l.Target))
	}
	return ids
}

// Fingerprint changes when other cells are synced than before; an incremental
// run would then leave the unchanged rows behind.
func (p Pair) Fingerprint() string {
	h := sha256.New()
	for _, f := range p.Fields {
		fmt.Fprintf(h, "%s>%s:%s:%t\n", f.Source, f.Target.ID, f.Target.Type, f.AsText)
	}
	for _, l := range p.Links {
		fmt.Fprintf(h, "%s>%s@%s\n", l.Source, l.Target, l.To)
	}
	fmt.Fprintf(h, "%s\n", p.ExternalID)
	return hex.EncodeToString(h.Sum(nil)[:12])
}
