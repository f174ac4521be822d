package plan

import "github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"

// view is one source row beside all that is known of its pair, in the current
// form.
type view struct {
	pair        Pair
	known       Known
	now         hashed // the source cells as they are
	left, right hashed // as they were when the sides were last brought together
	seen        hashed // the target cells as they were listed
	listing     bool   // the target was listed
	listed      bool   // and has the row
}

func viewOf(p Pair, row airtable.Record, k Known, listing string) view {
	in := func(form airtable.Form) hashed { return sourceHashes(p, row, form) }
	return view{pair: p, known: k, now: in(airtable.CurrentForm), left: k.Left.unpack().inCurrentForm(in), right: k.Right.unpack(),
		seen: k.Seen.unpack(), listing: listing != "", listed: listing != "" && k.Listed == listing}
}

// mustWrite decides whether the row costs a write.
func (v view) mustWrite() bool {
	switch {
	case v.listing && !v.listed, v.known.Target == "":
		return true // the target has no such row
	case v.listing:
		return !v.seen.known() || v.anyCell(func(key fieldKey) bool { return !v.arrived(key) })
	}
	return !v.left.known() || v.known.Owed || v.sourceChanged() || v.anyCell(v.owed)
}

// sourceChanged reports whether a cell differs from what was brought over.
func (v view) sourceChanged() bool {
	return v.anyCell(func(key fieldKey) bool { return v.now.cells[key] != v.left.cells[key] })
}

// owed reports whether the target lacks some of a cell that was brought over.
func (v view) owed(key fieldKey) bool { return v.right.cells[key] == writeAgain }

// arrived reports whether the listed target has the cell: it is equal, or it is
// what Airtable made of exactly this cell (rich text, rounding).
func (v view) arrived(key fieldKey) bool {
	now, seen := v.now.cells[key], v.seen.cells[key]
	untouched := v.left.known() && v.right.form == v.seen.form && now == v.left.cells[key] && v.right.cells[key] == seen
	return now == seen || untouched
}

// anyCell reports whether the test holds for a cell that either side has.
func (v view) anyCell(test func(fieldKey) bool) bool {
	for _, key := range keysOf(v.now, v.left, v.right, v.seen) {
		if test(key) {
			return true
		}
	}
	return false
}

// settled is what to note of a row that needs no write: with the target listed,
// both sides as they are.
func (v view) settled(source airtable.RecordID) Swept {
	swept := Swept{Source: source}
	left := v.now.pack()
	if v.known.Owed || !v.known.Left.Equal(left) {
		swept.Left = left
	}
	if v.listed && !v.known.Right.Equal(v.known.Seen) {
		swept.Left, swept.Agreed = left, true
	}
	return swept
}

// keptFiles lists the attachment fields that the target row has as they should be.
func (v view) keptFiles() []airtable.FieldID {
	var keep []airtable.FieldID
	for _, f := range v.pair.Fields {
		if f.Target.Type == airtable.MultipleAttachments && v.hasFiles(keyOf(f.Target.ID)) {
			keep = append(keep, f.Target.ID)
		}
	}
	return keep
}

func (v view) hasFiles(key fieldKey) bool {
	switch {
	case v.now.cells[key] == emptyCell:
		return false
	case v.listing:
		return v.seen.known() && v.arrived(key)
	}
	return v.left.known() && v.now.cells[key] == v.left.cells[key] && !v.owed(key)
}
