package kind_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
)

// blobs opens a store of blobs.
func blobs(t *testing.T) (*blob.Dir, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blobs")
	d, err := blob.OpenDir(path, "st_1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, path
}

// of is the context of a step of an execution; a redrive has its origin's root.
func of(t *testing.T, execution, root string) context.Context {
	t.Helper()
	return inStep(t, engine.StepInfo{Info: infoOf(execution, root)})
}

func infoOf(execution, root string) engine.Info {
	return engine.Info{Workspace: "ws_1", Execution: execution, Root: engine.Root{Execution: root, Generation: 1}}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestValuesAndRowsComeBackFromBlobs(t *testing.T) {
	t.Parallel()
	store, _ := blobs(t)
	ctx := of(t, "ex_1", "ex_1")
	ref, err := kind.PutJSON(ctx, store, map[string]int{"a": 1})
	ok(t, err)
	value, err := kind.GetJSON[map[string]int](ctx, store, ref)
	if diff := cmp.Diff(map[string]int{"a": 1}, value); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	ref, err = kind.PutRows(ctx, store, []string{"a", "b", "c", "d"})
	ok(t, err)
	rows, err := kind.Rows[string](ctx, store, ref, 1, 3)
	if diff := cmp.Diff([]string{"b", "c"}, rows); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	owners, err := store.Owners(ctx, blob.Execution)
	if !slices.Equal(owners, []string{"ex_1"}) || err != nil {
		t.Errorf("blobs belong to %v, want their execution; %v", owners, err)
	}
}

// A redrive is fed results that refer to blobs of its origin, and a child is
// handed some of its parent.
func TestWhoseABlobIs(t *testing.T) {
	t.Parallel()
	store, _ := blobs(t)
	ref, err := kind.PutJSON(of(t, "ex_1", "ex_1"), store, "text")
	ok(t, err)
	if got, err := kind.GetJSON[string](of(t, "ex_2", "ex_1"), store, ref); got != "text" || err != nil {
		t.Errorf("a redrive: %q, %v", got, err)
	}
	child := of(t, "ex_child", "ex_child")
	if _, err := kind.GetJSON[string](child, store, ref); failure.CodeOf(err) != "blob_missing" || failure.ClassOf(err) != failure.Fatal {
		t.Errorf("a child without being told: %v", err)
	}
	handed := ref.Of(infoOf("ex_2", "ex_1"))
	if got, err := kind.GetJSON[string](child, store, handed); got != "text" || err != nil {
		t.Errorf("a child: %q, %v", got, err)
	}
	if again := handed.Of(infoOf("ex_child", "ex_child")); again != handed {
		t.Errorf("handed on, it is another's: %+v", again)
	}
	if none := (kind.Ref{}).Of(infoOf("ex_1", "ex_1")); !none.IsZero() || none.Owner != "" {
		t.Errorf("%+v", none)
	}
}

func TestAReferenceIsShortText(t *testing.T) {
	t.Parallel()
	store, _ := blobs(t)
	ref, err := kind.PutJSON(of(t, "ex_1", "ex_1"), store, "text")
	ok(t, err)
	text, err := ref.MarshalText()
	if len(text) > 45 || strings.Contains(string(text), "ex_1") || err != nil {
		t.Errorf("%s, %v", text, err)
	}
	for _, r := range []kind.Ref{{}, ref, ref.Of(infoOf("ex_1", "ex_1")), {Name: "a", Bytes: 1, Sum: "s", Owner: "st_1.ex.ex_1"}} {
		text, err := r.MarshalText()
		ok(t, err)
		var back kind.Ref
		if err := back.UnmarshalText(text); err != nil || back != r {
			t.Errorf("%s: %+v, %v", text, back, err)
		}
	}
	for _, bad := range []string{"a", "a.1", "a.b.c", ".1.s"} {
		var r kind.Ref
		if r.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q passes for a reference: %+v", bad, r)
		}
	}
}

func TestABlobOfAnotherFormIsFatal(t *testing.T) {
	t.Parallel()
	store, path := blobs(t)
	ctx := of(t, "ex_1", "ex_1")
	fatal := func(what string, err error, code string) {
		t.Helper()
		if failure.CodeOf(err) != code || failure.ClassOf(err) != failure.Fatal {
			t.Errorf("%s: %s %v", what, failure.CodeOf(err), err)
		}
	}
	ref, err := kind.PutJSON(ctx, store, "text")
	ok(t, err)
	_, err = kind.GetJSON[int](ctx, store, ref)
	fatal("a value", err, "bad_blob")
	rows, err := kind.PutRows(ctx, store, []string{"text"})
	ok(t, err)
	_, err = kind.Rows[int](ctx, store, rows, 0, 1)
	fatal("a row", err, "bad_blob")
	_, err = kind.Rows[int](ctx, store, ref, 0, 1)
	fatal("a value as rows", err, "blob_damaged")
	_, err = kind.PutJSON(ctx, store, func() {})
	fatal("a function", err, "bad_value")
	if _, err = kind.PutRows(ctx, store, []any{1, func() {}}); err == nil {
		t.Error("a function is a row")
	}
	ok(t, os.WriteFile(filepath.Join(path, "execution", "ex_1", ref.Name), []byte(`"tuxt"`), 0o600))
	_, err = kind.GetJSON[string](ctx, store, ref)
	fatal("other content", err, "blob_damaged")
	ok(t, store.DeleteOwner(ctx, blob.Owner{Kind: blob.Execution, ID: "ex_1"}))
	_, err = kind.GetJSON[string](ctx, store, ref)
	fatal("a blob that is gone", err, "blob_missing")
}

// secrets resolves one reference of ws_1.
type secrets struct{}

var errGone = errors.New("not found")

func (secrets) Resolve(_ context.Context, workspace, ref string) (string, error) {
	if workspace+ref != "ws_1secret:sec_1" {
		return "", errGone
	}
	return "pat", nil
}

// longSecrets resolves every reference, as credentials are in earnest.
type longSecrets struct{}

const canary = "patCANARY0123456789"

func (longSecrets) Resolve(context.Context, string, string) (string, error) { return canary, nil }

func TestWhatWasRevealedIsHiddenInWhatTheStepLeaves(t *testing.T) {
	t.Parallel()
	k := kind.New[none, none]("a", kind.Options{})
	outcomes, noted := kind.RowOutcomes(k), kind.Event[string](k, "noted", 1)
	at := &engine.Attempt{Info: engine.StepInfo{Info: infoOf("ex_1", "ex_1"), Step: "a/step"}}
	ctx := engine.WithAttempt(t.Context(), at)
	credential, err := kind.Reveal(ctx, longSecrets{}, "secret:sec_1")
	ok(t, err)
	ok(t, outcomes.Record(ctx, outcome.Row{Table: "T", Record: "rec1", What: outcome.Failed, Message: strings.Repeat("x", 490) + credential.Reveal()}))
	ok(t, noted.Record(ctx, "with "+credential.Reveal()))
	out, err := at.Outcome([]byte(`{"url":"https://x/?key=`+canary+`"}`), fmt.Errorf("call with %s: %w", credential.Reveal(), failure.New(failure.Transient, "cut", "no answer")))
	events, writes := at.Left()
	if left := fmt.Sprintf("%s %v %s %s", out, err, events[0].Data, writes[0].Data); strings.Contains(left, "patC") || strings.Count(left, "***") != 4 {
		t.Error(left)
	}
	if failure.ClassOf(err) != failure.Transient || failure.CodeOf(err) != "cut" {
		t.Errorf("the error is now %v", err)
	}
}

func TestACredentialIsRevealedInTheWorkspaceOfTheStep(t *testing.T) {
	t.Parallel()
	ctx := of(t, "ex_1", "ex_1")
	if got, err := kind.Reveal(ctx, secrets{}, "secret:sec_1"); got.Reveal() != "pat" || err != nil {
		t.Errorf("got %q, %v", got.Reveal(), err)
	}
	if _, err := kind.Reveal(ctx, secrets{}, "secret:sec_2"); !errors.Is(err, errGone) {
		t.Errorf("a missing secret: %v", err)
	}
	if _, err := kind.Reveal(t.Context(), secrets{}, "secret:sec_1"); !errors.Is(err, errGone) {
		t.Errorf("outside of a step there is no workspace: %v", err)
	}
	for _, closed := range []secret.Secret{"", "patInTheClear", "***", "secret:", "secret:sec_", "secret:key_1"} {
		_, err := kind.Reveal(ctx, secrets{}, closed)
		if failure.CodeOf(err) != kind.CodeNotAReference || failure.ClassOf(err) != failure.Validation || closed != "" && strings.Contains(fmt.Sprint(err), closed.Reveal()) {
			t.Errorf("%q: %v", closed.Reveal(), err)
		}
	}
}
