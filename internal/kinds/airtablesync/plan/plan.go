package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Plan is what a run has decided from the schemas: what to create first, and
// then which table and which field goes where.
type Plan struct {
	// Pairs are in writing order: wherever possible, a table comes after the
	// tables that it links to.
	Pairs []Pair `json:"pairs"`
	// Changes must be made, and the schemas read again, before Pairs is complete.
	Changes  SchemaChanges `json:"changes,omitempty"`
	Warnings []Warning     `json:"warnings,omitempty"`
}

// Pair is one source table and the target table that it is synced into.
type Pair struct {
	Source Side `json:"source"`
	Target Side `json:"target"`
	// ExternalID is the target field that holds base/record of the source row.
	ExternalID airtable.FieldID `json:"external_id"`
	// ExternalName is its name, as formulas have it.
	ExternalName string      `json:"external_name"`
	Fields       []FieldPair `json:"fields"`
	// Links are the link fields that are written from this side.
	Links []LinkPair `json:"links,omitempty"`
	// Inverse are links that are written from their other side: rows of To link here.
	Inverse []InverseLink `json:"inverse,omitempty"`
	// Bound is to be remembered once a run has completed.
	Bound Bound `json:"bound"`
	// Skipped are source link fields that lead to tables outside the sync.
	Skipped []SkippedLink `json:"skipped,omitempty"`
}

// Role says what a base is in a sync. A base that is both has two credentials.
type Role string

// The roles of a base.
const (
	Source Role = "source" // it is read
	Target Role = "target" // it is written
)

// Side is a table of a base, in its role. Calls about a whole base have no table.
type Side struct {
	Role  Role             `json:"role"`
	Base  airtable.BaseID  `json:"base"`
	Table airtable.TableID `json:"table"`
	Name  string           `json:"name"`
}

// FieldPair is a source field and the target field that receives its cells.
type FieldPair struct {
	Source airtable.FieldID `json:"source"`
	Target airtable.Field   `json:"target"`
	// AsText says that the source is computed and is written as plain text.
	AsText bool `json:"as_text,omitempty"`
}

// LinkPair is a source link field and the target link field that receives its
// links.
type LinkPair struct {
	Source airtable.FieldID `json:"source"`
	Target airtable.FieldID `json:"target"`
	Name   string           `json:"name"` // of the source field
	// To is the key of the pair that holds the linked rows.
	To string `json:"to"`
	// Later says that the linked rows may be created after the rows that link
	// to them.
	Later bool `json:"later,omitempty"`
}

// InverseLink is a source link field whose other side is written.
type InverseLink struct {
	Source airtable.FieldID `json:"source"`
	To     string           `json:"to"` // the key of the pair that is written
}

// SkippedLink is a source link field that cannot be followed.
type SkippedLink struct {
	Source airtable.FieldID `json:"source"`
	Name   string           `json:"name"`
}

// Warning is something that people should know about a run that went on.
type Warning struct {
	Code   string `json:"code"`
	Table  string `json:"table,omitempty"`
	Field  string `json:"field,omitempty"`
	Count  int64  `json:"count,omitempty"`
	Detail string `json:"detail"`
}

// Key names the pair in the link map. It is made of IDs, so that renaming a
// table loses nothing.
func (p Pair) Key() string {
	return pairKey(p.Source.Base, p.Source.Table, p.Target.Base, p.Target.Table)
}

func pairKey(sourceBase airtable.BaseID, source airtable.TableID, targetBase airtable.BaseID, target airtable.TableID) string {
	return fmt.Sprintf("%s/%s>%s/%s", sourceBase, source, targetBase, target)
}

// ExternalIDOf is the value by which a source row is found in the target.
func (p Pair) ExternalIDOf(id airtable.RecordID) string {
	return string(p.Source.Base) + "/" + string(id)
}

// SourceFields are the IDs of the fields to read from the source.
func (p Pair) SourceFields() []string {
	var ids []string
	for _, f := range p.Fields {
		ids = append(ids, string(f.Source))
	}
	for _, l := range p.Links {
		ids = append(ids, string(l.Source))
	}
	for _, l := range p.Inverse {
		if !slices.Contains(ids, string(l.Source)) {
			ids = append(ids, string(l.Source))
		}
	}
	for _, s := range p.Skipped {
		ids = append(ids, string(s.Source))
	}
	return ids
}

// TargetFields are the IDs of the fields to read from the target.
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

// Fingerprint changes when the pair syncs other cells than before. An
// incremental run would then miss the rows that have not changed since.
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

// Groups returns the numbers of the pairs by target base, each group in writing
// order. Calls to one base share its rate limit, so groups can run side by
// side.
func (p Plan) Groups() [][]int {
	var bases []airtable.BaseID
	var groups [][]int
	for i, pair := range p.Pairs {
		g := slices.Index(bases, pair.Target.Base)
		if g < 0 {
			g = len(bases)
			bases, groups = append(bases, pair.Target.Base), append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}
