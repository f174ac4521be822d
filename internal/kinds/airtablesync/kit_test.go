package airtablesync

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestValuesAndRowsComeBackFromBlobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, _ := b.attempt(1)
	ref, err := putJSON(ctx, b.blobs, map[string]int{"a": 1})
	b.ok(err)
	value, err := getJSON[map[string]int](ctx, b.blobs, ref)
	if diff := cmp.Diff(map[string]int{"a": 1}, value); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	ref, err = putRows(ctx, b.blobs, []string{"a", "b", "c", "d"})
	b.ok(err)
	rows, err := getRows[string](ctx, b.blobs, ref, 1, 3)
	if diff := cmp.Diff([]string{"b", "c"}, rows); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	groups, err := b.blobs.Groups(ctx)
	if !slices.Equal(groups, []string{"ex_1"}) || err != nil {
		t.Errorf("blobs stand in %v, want them with their execution; %v", groups, err)
	}
}

func TestABlobOfAnotherFormIsFatal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, _ := b.attempt(1)
	ref, err := putJSON(ctx, b.blobs, "text")
	b.ok(err)
	if _, err = getJSON[int](ctx, b.blobs, ref); failure.CodeOf(err) != "bad_blob" || failure.ClassOf(err) != failure.Fatal {
		t.Errorf("a value: %v", err)
	}
	ref, err = putRows(ctx, b.blobs, []string{"text"})
	b.ok(err)
	if _, err = getRows[int](ctx, b.blobs, ref, 0, 1); failure.CodeOf(err) != "bad_blob" {
		t.Errorf("a row: %v", err)
	}
	if _, err = putJSON(ctx, b.blobs, func() {}); failure.CodeOf(err) != "bad_value" {
		t.Errorf("a function: %v", err)
	}
	if _, err = putRows(ctx, b.blobs, []any{1, func() {}}); err == nil {
		t.Error("a function is a row")
	}
}

func TestRecordNeedsAStep(t *testing.T) {
	t.Parallel()
	if err := record(t.Context(), EventTableCreated, nil); !errors.Is(err, engine.ErrNotInStep) {
		t.Errorf("outside of a step: %v", err)
	}
	a := &engine.Attempt{}
	err := record(engine.WithAttempt(t.Context(), a), EventFieldRenamed, FieldRenamed{Name: "X"})
	if diff := cmp.Diff([]string{`airtable_sync.field_renamed {"base":"","table":"","field":"","name":"X"}`}, recorded(a)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// secretsFunc resolves references.
type secretsFunc func(workspace, ref string) (string, error)

func (f secretsFunc) Resolve(_ context.Context, workspace, ref string) (string, error) {
	return f(workspace, ref)
}

func TestASecretIsResolvedInTheWorkspaceOfTheStep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, _ := b.attempt(1)
	missing := errors.New("not found")
	a := access{secrets: secretsFunc(func(workspace, ref string) (string, error) {
		if workspace+ref != "wssecret:sec_1" {
			return "", missing
		}
		return "pat", nil
	})}
	if tok, err := a.token(ctx, "secret:sec_1"); string(tok) != "pat" || err != nil {
		t.Errorf("got %q, %v", string(tok), err)
	}
	if _, err := a.token(ctx, "secret:sec_2"); !errors.Is(err, missing) {
		t.Errorf("a missing secret: %v", err)
	}
}

func TestReworded(t *testing.T) {
	t.Parallel()
	cause := detailed(failure.New(failure.Validation, "gone", "the row is gone"), map[string]int{"row": 1})
	err := reworded(cause, failure.Auth, "renew the token of %s", "appS")
	var f *failure.Error
	if !errors.As(err, &f) || f.Class != failure.Auth || f.Code != "gone" || string(f.Detail) != `{"row":1}` || err.Error() != "renew the token of appS" {
		t.Errorf("%+v", f)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
}
