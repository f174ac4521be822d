package kind

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Ref names a blob of an execution in few bytes: results and inputs of steps carry
// it. The zero value names none. It does not say whose the blob is, as that is
// nearly always the execution that carries it; what goes to a child or comes
// from one must say so, see Of.
type Ref struct {
	Name  string
	Bytes int64
	Sum   string
	Owner string // empty: the execution that carries it
}

// IsZero reports whether the reference names no blob.
func (r Ref) IsZero() bool { return r.Name == "" }

// Of returns a reference that also another execution can read, to be handed to a
// child or to a parent.
func (r Ref) Of(info engine.Info) Ref {
	if r.Owner == "" && !r.IsZero() {
		r.Owner = ownerOf(info)
	}
	return r
}

// MarshalText implements encoding.TextMarshaler: "name.bytes.sum" or
// "name.bytes.sum.owner".
func (r Ref) MarshalText() ([]byte, error) {
	if r.IsZero() {
		return nil, nil
	}
	text := r.Name + "." + strconv.FormatInt(r.Bytes, 10) + "." + r.Sum
	if r.Owner != "" {
		text += "." + r.Owner
	}
	return []byte(text), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Ref) UnmarshalText(text []byte) error {
	*r = Ref{}
	if len(text) == 0 {
		return nil
	}
	parts := strings.SplitN(string(text), ".", 4)
	if len(parts) < 3 {
		return fmt.Errorf("%q is not a reference to a blob", text)
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || parts[0] == "" {
		return fmt.Errorf("%q is not a reference to a blob", text)
	}
	r.Name, r.Bytes, r.Sum = parts[0], size, parts[2]
	if len(parts) == 4 {
		r.Owner = parts[3]
	}
	return nil
}

// ownerOf returns the execution that owns an execution's blobs. A redrive shares
// those of its origin, whose results it is fed.
func ownerOf(info engine.Info) string { return info.Root.Execution }

// owner returns the owner of the blobs that a step keeps.
func owner(ctx context.Context) blob.Owner {
	return blob.Owner{Kind: blob.Execution, ID: ownerOf(engine.InStep(ctx).Info)}
}

// refTo returns the reference to a blob of the step's execution.
func refTo(stored blob.Ref) Ref {
	return Ref{Name: stored.Name, Bytes: stored.Bytes, Sum: stored.Sum}
}

// stored returns what the store calls a blob that a step reads.
func (r Ref) stored(ctx context.Context) blob.Ref {
	of := owner(ctx)
	if r.Owner != "" {
		of.ID = r.Owner
	}
	return blob.Ref{Owner: of, Name: r.Name, Bytes: r.Bytes, Sum: r.Sum}
}

// PutJSON keeps a value in the blobs of the step's execution.
func PutJSON(ctx context.Context, store blob.Store, value any) (Ref, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return Ref{}, failure.Wrap(err, failure.Fatal, "bad_value", "a value cannot be encoded: %v", err)
	}
	stored, err := store.Put(ctx, owner(ctx), bytes.NewReader(raw))
	return refTo(stored), err
}

// GetJSON reads what PutJSON kept.
func GetJSON[T any](ctx context.Context, store blob.Store, ref Ref) (T, error) {
	var value T
	r, err := store.Open(ctx, ref.stored(ctx))
	if err != nil {
		return value, unreadable(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		return value, unreadable(err)
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, failure.Wrap(err, failure.Fatal, "bad_blob", "a stored value cannot be decoded: %v", err)
	}
	return value, nil
}

// PutRows keeps rows one by one in the blobs of the step's execution, so that a
// range of them can be read.
func PutRows[T any](ctx context.Context, store blob.Store, rows []T) (Ref, error) {
	stored, _, err := blob.PutRows(ctx, store, owner(ctx), encoded(rows))
	return refTo(stored), err
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

// Rows reads the rows from (inclusive) to (exclusive) of what PutRows kept.
func Rows[T any](ctx context.Context, store blob.Store, ref Ref, from, to int) ([]T, error) {
	var rows []T
	for raw, err := range blob.Rows(ctx, store, ref.stored(ctx), from, to) {
		if err != nil {
			return nil, unreadable(err)
		}
		var row T
		if err := json.Unmarshal(raw, &row); err != nil {
			return nil, failure.Wrap(err, failure.Fatal, "bad_blob", "a stored row cannot be decoded: %v", err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// unreadable classifies a blob that is gone or damaged: no repetition brings it
// back.
func unreadable(err error) error {
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return failure.Wrap(err, failure.Fatal, "blob_missing", "%v; start a new execution", err)
	case errors.Is(err, blob.ErrDamaged):
		return failure.Wrap(err, failure.Fatal, "blob_damaged", "%v; check the disk, then start a new execution", err)
	}
	return err
}
