package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// store is the id of the store that the tests open directories for.
const store = "st_1"

func execution(id string) blob.Owner { return blob.Owner{Kind: blob.Execution, ID: id} }

func open(t *testing.T) (*blob.Dir, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blobs")
	d, err := blob.OpenDir(path, store)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, path
}

func put(t *testing.T, d *blob.Dir, id, content string) blob.Ref {
	t.Helper()
	ref, err := d.Put(t.Context(), execution(id), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestWhatIsPutIsRead(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	content := strings.Repeat("cell ", 300_000)
	ref := put(t, d, "ex_1", content)
	if _, err := blob.OpenDir(path, store); !errors.Is(err, blob.ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	reopened, err := blob.OpenDir(path, store)
	if err != nil {
		t.Fatal(err)
	}
	defer reopened.Close()
	f, err := reopened.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || string(got) != content || ref.Bytes != int64(len(content)) {
		t.Errorf("read %d bytes, error %v; put %d", len(got), err, len(content))
	}
}

func TestBlobsGoWithTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	d, _ := open(t)
	gone, stays := put(t, d, "ex_1", "a"), put(t, d, "ex_2", "b")
	report := blob.Owner{Kind: "report", ID: "ex_1"}
	reported, err := d.Put(t.Context(), report, strings.NewReader("c"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing left: no error
		if err := d.DeleteOwner(t.Context(), execution("ex_1")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Open(t.Context(), gone); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("open a deleted blob: %v, want ErrNotFound", err)
	}
	for _, ref := range []blob.Ref{stays, reported} {
		if f, err := d.Open(t.Context(), ref); err != nil {
			t.Errorf("open a blob of another owner: %v", err)
		} else {
			f.Close()
		}
	}
	for kind, want := range map[blob.OwnerKind][]string{blob.Execution: {"ex_2"}, "report": {"ex_1"}, "dataset": nil} {
		if ids, err := d.Owners(t.Context(), kind); err != nil || !slices.Equal(ids, want) {
			t.Errorf("Owners(%s) = %v, %v, want %v", kind, ids, err, want)
		}
	}
	put(t, d, "ex_1", "again") // an owner may come back
}

func TestNoNameLeadsOutOfTheDirectory(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	outside := filepath.Join(filepath.Dir(path), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "execution", "linked"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(path, "execution", "linked", "x")); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []blob.Ref{
		{Owner: execution("linked"), Name: "x"},
		{Owner: execution("ex_1"), Name: "../../../secret"},
		{Owner: execution("ex_1"), Name: ""},
		{Owner: execution(".."), Name: "secret"},
		{Owner: execution("../.."), Name: "secret"},
		{Owner: blob.Owner{Kind: "..", ID: ".."}, Name: "secret"},
		{Owner: blob.Owner{Kind: "", ID: "x"}, Name: "secret"},
		{Owner: execution(".."), Name: "store-id", Bytes: int64(len(store) + 1)},
		{},
	} {
		if ref.Bytes == 0 {
			ref.Bytes = 6
		}
		if f, err := d.Open(t.Context(), ref); err == nil {
			f.Close()
			t.Errorf("Open(%s) was allowed", ref)
		}
	}
	for _, owner := range []blob.Owner{execution(".."), execution("."), execution(""), execution("a/b"), execution("../x"),
		execution(".hidden"), execution(strings.Repeat("a", 200)), {Kind: "..", ID: "x"}, {Kind: "", ID: "x"}, {Kind: "Report", ID: "x"}} {
		if _, err := d.Put(t.Context(), owner, strings.NewReader("x")); err == nil {
			t.Errorf("Put for %s was allowed", owner)
		}
		if err := d.DeleteOwner(t.Context(), owner); err == nil {
			t.Errorf("DeleteOwner(%s) was allowed", owner)
		}
	}
	for _, kind := range []blob.OwnerKind{"..", ".", "", "execution/linked"} {
		if ids, err := d.Owners(t.Context(), kind); err == nil {
			t.Errorf("Owners(%q) = %v", kind, ids)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("the file outside: %v", err)
	}
}

func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	ref := put(t, d, "ex_1", "the very content")
	file := filepath.Join(path, filepath.FromSlash(ref.String()))
	if err := os.WriteFile(file, []byte("the evil content"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := d.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, f); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("read changed content: %v, want ErrDamaged", err)
	}
	f.Close()
	if err := os.Truncate(file, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open(t.Context(), ref); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("open a cut file: %v, want ErrDamaged", err)
	}
}

func TestAFailedPutLeavesNothing(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	broken := errors.New("source broke")
	if _, err := d.Put(t.Context(), execution("ex_1"), io.MultiReader(strings.NewReader("half"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("Put = %v, want the source's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Put(ctx, execution("ex_1"), strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put with an ended context = %v", err)
	}
	if files, _ := os.ReadDir(filepath.Join(path, "execution", "ex_1")); len(files) != 0 {
		t.Errorf("%d files were left", len(files))
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestAFailingDiskIsFatalAndNamesTheFix(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	put(t, d, "ex_1", "x")
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	_, err := d.Put(t.Context(), execution("ex_1"), strings.NewReader("x"))
	if failure.ClassOf(err) != failure.Fatal || failure.CodeOf(err) != "storage_failed" || !strings.Contains(err.Error(), "check the disk") {
		t.Errorf("Put into a directory that vanished = %v", err)
	}
}

func rowsOf(rows []string, fail error) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, r := range rows {
			if !yield([]byte(r), nil) {
				return
			}
		}
		if fail != nil {
			yield(nil, fail)
		}
	}
}

func TestRowsReadsAnyRange(t *testing.T) {
	t.Parallel()
	d, _ := open(t)
	rows := []string{`{"a":1}`, "", "with\nnewline", strings.Repeat("long", 50_000), "last"}
	ref, n, err := blob.PutRows(t.Context(), d, execution("ex_1"), rowsOf(rows, nil))
	if err != nil || n != len(rows) {
		t.Fatalf("PutRows = %d, %v", n, err)
	}
	for from := range len(rows) + 2 {
		for to := range len(rows) + 3 {
			var got, want []string
			for row, err := range blob.Rows(t.Context(), d, ref, from, to) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(row))
			}
			if end := min(to, len(rows)); from < end {
				want = rows[from:end]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows [%d,%d): %s", from, to, diff)
			}
		}
	}
}

func TestRowsOfAnotherBlobAreRefused(t *testing.T) {
	t.Parallel()
	d, _ := open(t)
	for _, content := range []string{"", "short", strings.Repeat("no index here ", 10), strings.Repeat("\xff", 16) + "pawrows2"} {
		ref := put(t, d, "ex_1", content)
		for row, err := range blob.Rows(t.Context(), d, ref, 0, 10) {
			if !errors.Is(err, blob.ErrDamaged) {
				t.Errorf("content %q: row %q, error %v", content, row, err)
			}
		}
	}
	broken := errors.New("broken")
	if _, _, err := blob.PutRows(t.Context(), d, execution("ex_1"), rowsOf([]string{"a"}, broken)); !errors.Is(err, broken) {
		t.Errorf("PutRows = %v, want the rows' error", err)
	}
	empty, n, err := blob.PutRows(t.Context(), d, execution("ex_1"), rowsOf(nil, nil))
	if err != nil || n != 0 {
		t.Fatal(n, err)
	}
	for range blob.Rows(t.Context(), d, empty, 0, 10) {
		t.Error("an empty blob has a row")
	}
}

// Whoever reads a range never comes to the checksum of the whole blob.
func TestDamageOfRowsIsNoticed(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	rows := []string{`{"a":1}`, `{"a":2}`, "", `{"a":3}`}
	ref, _, err := blob.PutRows(t.Context(), d, execution("ex_1"), rowsOf(rows, nil))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(path, filepath.FromSlash(ref.String()))
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		changed := bytes.Clone(whole)
		changed[at] ^= 1
		if err := os.WriteFile(file, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		noticed, i := false, 0
		for row, err := range blob.Rows(t.Context(), d, ref, 0, len(rows)) {
			if err != nil {
				noticed = errors.Is(err, blob.ErrDamaged)
			} else if string(row) != rows[i] {
				t.Errorf("byte %d of %d: row %d is %q", at, len(whole), i, row)
			}
			i++
		}
		if !noticed {
			t.Errorf("byte %d of %d was changed and no one noticed", at, len(whole))
		}
	}
}

func TestManyPutsAtOnce(t *testing.T) {
	t.Parallel()
	d, _ := open(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			content := bytes.Repeat([]byte{byte(i)}, 1000+i)
			ref, err := d.Put(t.Context(), execution(fmt.Sprintf("ex_%d", i%3)), bytes.NewReader(content))
			if err != nil {
				t.Error(err)
				return
			}
			f, err := d.Open(t.Context(), ref)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, content) {
				t.Errorf("blob %d came back wrong: %v", i, err)
			}
		})
	}
	wg.Wait()
}
