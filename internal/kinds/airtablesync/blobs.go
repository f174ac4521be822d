package airtablesync

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// putJSON keeps a value in the execution's blobs.
func (k *Kind) putJSON(ctx context.Context, v any) (blob.Ref, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return blob.Ref{}, failure.Wrap(err, failure.Fatal, "bad_value", "a value does not encode: %v", err)
	}
	return k.options.Blobs.Put(ctx, engine.InStep(ctx).Execution, bytes.NewReader(raw))
}

// getJSON reads what putJSON kept.
func (k *Kind) getJSON(ctx context.Context, ref blob.Ref, into any) error {
	r, err := k.options.Blobs.Open(ctx, ref)
	if err != nil {
		return err
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return failure.Wrap(err, failure.Fatal, "bad_blob", "a stored value does not decode: %v", err)
	}
	return nil
}

// pair reads one pair of a plan.
func (k *Kind) pair(ctx context.Context, plan blob.Ref, n int) (Pair, error) {
	var p Plan
	if err := k.getJSON(ctx, plan, &p); err != nil {
		return Pair{}, err
	}
	return p.Pairs[n], nil
}

// putRows keeps rows one by one, so that a range of them can be read.
func putRows[T any](ctx context.Context, k *Kind, rows []T) (blob.Ref, error) {
	ref, _, err := blob.PutRows(ctx, k.options.Blobs, engine.InStep(ctx).Execution, encoded(rows))
	return ref, err
}

func encoded[T any](rows []T) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := range rows {
			raw, err := json.Marshal(rows[i])
			if !yield(raw, err) {
				return
			}
		}
	}
}

// getRows reads a range of rows.
func getRows[T any](ctx context.Context, k *Kind, ref blob.Ref, from, to int) ([]T, error) {
	var rows []T
	for raw, err := range blob.Rows(ctx, k.options.Blobs, ref, from, to) {
		if err != nil {
			return nil, err
		}
		var row T
		if err := json.Unmarshal(raw, &row); err != nil {
			return nil, failure.Wrap(err, failure.Fatal, "bad_blob", "a stored row does not decode: %v", err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
