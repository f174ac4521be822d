package airtablesync

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// The functions in this file work inside a step of any kind. None of them knows
// what a sync is.

// Secrets turns a reference that stands in a configuration (secret:sec_…) into
// the credential.
type Secrets interface {
	Resolve(ctx context.Context, workspace, ref string) (string, error)
}

// resolveSecret returns the credential behind a reference of the step's
// workspace. It must not leave the step.
func resolveSecret(ctx context.Context, secrets Secrets, ref string) (string, error) {
	secret, err := secrets.Resolve(ctx, engine.InStep(ctx).Workspace, ref)
	if err != nil {
		return "", fmt.Errorf("the credential %s: %w", ref, err)
	}
	return secret, nil
}

// putJSON keeps a value in the execution's blobs.
func putJSON(ctx context.Context, store blob.Store, value any) (blob.Ref, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return blob.Ref{}, failure.Wrap(err, failure.Fatal, "bad_value", "a value cannot be encoded: %v", err)
	}
	return store.Put(ctx, engine.InStep(ctx).Execution, bytes.NewReader(raw))
}

// getJSON reads what putJSON kept.
func getJSON[T any](ctx context.Context, store blob.Store, ref blob.Ref) (T, error) {
	var value T
	r, err := store.Open(ctx, ref)
	if err != nil {
		return value, err
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, failure.Wrap(err, failure.Fatal, "bad_blob", "a stored value cannot be decoded: %v", err)
	}
	return value, nil
}

// putRows keeps rows one by one in the execution's blobs, so that a range of
// them can be read.
func putRows[T any](ctx context.Context, store blob.Store, rows []T) (blob.Ref, error) {
	ref, _, err := blob.PutRows(ctx, store, engine.InStep(ctx).Execution, encoded(rows))
	return ref, err
}

func encoded[T any](rows []T) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := range rows {
			if !yield(json.Marshal(rows[i])) {
				return
			}
		}
	}
}

// getRows reads rows from (inclusive) to (exclusive) of what putRows kept.
func getRows[T any](ctx context.Context, store blob.Store, ref blob.Ref, from, to int) ([]T, error) {
	var rows []T
	for raw, err := range blob.Rows(ctx, store, ref, from, to) {
		if err != nil {
			return nil, err
		}
		var row T
		if err := json.Unmarshal(raw, &row); err != nil {
			return nil, failure.Wrap(err, failure.Fatal, "bad_blob", "a stored row cannot be decoded: %v", err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// record adds an event to the execution's stream; it commits with the result of
// the step.
func record(ctx context.Context, event string, data any) error {
	if err := engine.Record(ctx, engine.Event{Type: event, Schema: 1, Data: data}); err != nil {
		return fmt.Errorf("record %s: %w", event, err)
	}
	return nil
}

// reworded returns a failure with another class and message. It keeps the code,
// the detail and the cause.
func reworded(err error, class failure.Class, format string, args ...any) error {
	f := failure.Wrap(err, class, failure.CodeOf(err), format, args...)
	if cause := (*failure.Error)(nil); errors.As(err, &cause) {
		f.Detail = cause.Detail
	}
	return f
}

// detailed returns a failure with a detail for programs, which must be plain
// data.
func detailed(f *failure.Error, detail any) *failure.Error {
	f.Detail, _ = json.Marshal(detail) // plain data always encodes
	return f
}
