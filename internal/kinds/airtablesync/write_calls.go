package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// upsert writes the batch. If it meets a row that someone has deleted in the
// target, it asks which ones exist: such a row is created again, and a link to
// one is left open until a full run has created that row again.
func (s writeSteps) upsert(ctx context.Context, w *writing) error {
	err := s.callAll(ctx, w)
	if failure.CodeOf(err) != airtable.CodeRowDoesNotExist {
		return err
	}
	if err := s.dropGone(ctx, w); err != nil {
		return err
	}
	return s.callAll(ctx, w)
}

// callAll makes the calls that the batch takes, mostly one.
func (s writeSteps) callAll(ctx context.Context, w *writing) error {
	var calls []plan.Call
	calls, w.open = plan.Calls(w.pair, w.changes, w.targets, w.pass)
	w.records = make([]airtable.Record, len(w.changes))
	for _, c := range calls {
		err := s.call(ctx, w, c)
		if refused(err) {
			err = s.callApart(ctx, w, c, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refused reports whether Airtable does not take what a call says.
func refused(err error) bool {
	return failure.ClassOf(err) == failure.Validation && failure.CodeOf(err) != airtable.CodeRowDoesNotExist
}

// callApart finds the rows with people whom the target does not know, and writes
// them without. Without people in it, the call has failed.
func (s writeSteps) callApart(ctx context.Context, w *writing, c plan.Call, failed error) error {
	apart := c.Apart(w.pair)
	if apart == nil {
		return failed
	}
	for _, one := range apart {
		err := s.call(ctx, w, one)
		if bare, named := one.WithoutPeople(w.pair); refused(err) && named {
			err = s.call(ctx, w, bare)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// call makes one call and notes what came of its rows.
func (s writeSteps) call(ctx context.Context, w *writing, c plan.Call) error {
	side := w.pair.Target
	tok, err := s.airtable.token(ctx, side)
	if err != nil {
		return err
	}
	w.calls++
	result, err := s.airtable.client.Upsert(ctx, tok, side.Base, side.Table, c.Request)
	if failure.CodeOf(err) == airtable.CodeBadResponse || err == nil && len(result.Records) != len(c.Rows) {
		w.unclear = true
		result, err = s.readBack(ctx, tok, w, c)
	}
	if err != nil {
		return err
	}
	w.created = append(w.created, result.Created...)
	for i, row := range c.Rows {
		w.records[row] = result.Records[i]
	}
	return nil
}

// readBack finds out what a call has led to whose answer tells nothing: the rows
// are found by their external IDs.
func (s writeSteps) readBack(ctx context.Context, tok airtable.Token, w *writing, c plan.Call) (*airtable.UpsertResult, error) {
	w.calls++
	var changes []plan.RowChange
	var ids []string
	for _, row := range c.Rows {
		changes = append(changes, w.changes[row])
		ids = append(ids, w.pair.ExternalIDOf(w.changes[row].Source))
	}
	side := w.pair.Target
	page, err := s.airtable.client.List(ctx, tok, side.Base, side.Table, airtable.ListParams{ReturnFieldsByFieldID: true,
		Fields: w.pair.TargetFields(), FilterByFormula: airtable.AnyText(w.pair.ExternalName, ids)})
	if err != nil {
		return nil, err
	}
	records, ok := plan.ReadBack(w.pair, changes, page.Records)
	if !ok {
		return nil, failure.New(failure.UnknownOutcome, airtable.CodeBadResponse,
			"Airtable did not say which rows of table %q it has written, and not all %d are there", side.Name, len(ids))
	}
	return &airtable.UpsertResult{Records: records}, nil
}
