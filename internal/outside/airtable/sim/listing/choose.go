package listing

import (
	"errors"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// errNoView refuses a view that does not exist. The words depend on whether it was named by id.
func errNoView(view string) *wire.Error {
	if wire.IsID(view, "viw") {
		return wire.Invalid("VIEW_ID_NOT_FOUND", "View %s not found", view)
	}
	return wire.Invalid("VIEW_NAME_NOT_FOUND", "View %s not found", view)
}

func errFormula(detail string) *wire.Error {
	return wire.Invalid("INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid: %s", detail)
}

// choose selects and orders the records of a listing. Without view, filter and sort they are the table's own list,
// which is not copied and must not be changed.
func choose(e *record.Evaluator, rows *record.Rows, p Params) ([]*record.Record, *wire.Error) {
	t := rows.Table()
	records := rows.InIDOrder()
	if p.View != "" {
		var err *wire.Error
		if records, err = inView(e, rows, p.View); err != nil {
			return nil, err
		}
	}
	keys, err := sortKeys(t, p.Sort)
	if err != nil {
		return nil, err
	}
	if p.Filter != "" {
		if records, err = filtered(e, t, records, p.Filter); err != nil {
			return nil, err
		}
	}
	if len(keys) > 0 {
		records = sorted(e, records, keys)
	}
	if p.MaxRecords != nil && *p.MaxRecords < len(records) {
		records = records[:*p.MaxRecords]
	}
	return records, nil
}

// inView lists the records of a view, named by id or by name, in its order. What the view hides is no matter.
func inView(e *record.Evaluator, rows *record.Rows, key string) ([]*record.Record, *wire.Error) {
	t := rows.Table()
	view, found := t.View(key)
	if !found {
		for _, other := range t.Base.Tables {
			if slices.ContainsFunc(other.Views, func(v schema.View) bool { return v.ID == key }) {
				return nil, wire.StateCheckFailed()
			}
		}
		return nil, errNoView(key)
	}
	records := rows.InCreationOrder()
	if view.Filter != "" {
		var err *wire.Error
		if records, err = filtered(e, t, records, view.Filter); err != nil {
			return nil, err
		}
	}
	keys := make([]sortKey, 0, len(view.Sort))
	for _, level := range view.Sort {
		keys = append(keys, sortKey{t.FieldByID(level.Field), level.Descending})
	}
	if len(keys) > 0 {
		records = sorted(e, records, keys)
	}
	return records, nil
}

// filtered keeps the records for which a formula is true.
func filtered(e *record.Evaluator, t *schema.Table, records []*record.Record, source string) ([]*record.Record, *wire.Error) {
	compiled, err := formula.Compile(source, t.Resolve)
	if err != nil {
		var unknown *formula.UnknownFieldsError
		if errors.As(err, &unknown) {
			return nil, errFormula(unknown.Error())
		}
		return nil, errFormula(formula.ErrInvalid.Error())
	}
	var kept []*record.Record
	for _, r := range records {
		if e.Eval(compiled, r).Truthy() {
			kept = append(kept, r)
		}
	}
	return kept, nil
}
