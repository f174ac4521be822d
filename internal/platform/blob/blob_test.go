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

func open(t *testing.T) (*blob.Dir, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blobs")
	d, err := blob.OpenDir(path)
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

func put(t *testing.T, d *blob.Dir, group, content string) blob.Ref {
	t.Helper()
	ref, err := d.Put(t.Context(), group, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestWhatIsPutIsRead(t *testing.T) {
	d, path := open(t)
	content := strings.Repeat("cell ", 300_000)
	ref := put(t, d, "ex_1", content)
	if _, err := blob.OpenDir(path); !errors.Is(err, blob.ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	reopened, err := blob.OpenDir(path)
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

func TestDeleteGroupRemovesItsBlobsOnly(t *testing.T) {
	d, _ := open(t)
	gone, stays := put(t, d, "ex_1", "a"), put(t, d, "ex_2", "b")
	for range 2 { // the second time there is nothing left: no error
		if err := d.DeleteGroup(t.Context(), "ex_1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Open(t.Context(), gone); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("open a deleted blob: %v, want ErrNotFound", err)
	}
	if f, err := d.Open(t.Context(), stays); err != nil {
		t.Errorf("open a blob of another group: %v", err)
	} else {
		f.Close()
	}
	groups, err := d.Groups(t.Context())
	if err != nil || !slices.Equal(groups, []string{"ex_2"}) {
		t.Errorf("Groups = %v, %v", groups, err)
	}
	put(t, d, "ex_1", "again") // a deleted group can be used again
}

func TestKeysCannotLeaveTheDirectory(t *testing.T) {
	d, path := open(t)
	outside := filepath.Join(filepath.Dir(path), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(path, "linked"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(path, "linked", "x")); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"../secret", "ex_1/../../secret", "/etc/passwd", "", "ex_1", "linked/x", "a/b/c"} {
		if f, err := d.Open(t.Context(), blob.Ref{Key: key, Bytes: 6}); err == nil {
			f.Close()
			t.Errorf("Open(%q) was allowed", key)
		}
	}
	for _, group := range []string{"..", ".", "", "a/b", "../x", ".hidden", strings.Repeat("a", 200)} {
		if _, err := d.Put(t.Context(), group, strings.NewReader("x")); err == nil {
			t.Errorf("Put into group %q was allowed", group)
		}
		if err := d.DeleteGroup(t.Context(), group); err == nil {
			t.Errorf("DeleteGroup(%q) was allowed", group)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("the file outside: %v", err)
	}
}

func TestDamageIsNoticed(t *testing.T) {
	d, path := open(t)
	ref := put(t, d, "ex_1", "the very content")
	file := filepath.Join(path, filepath.FromSlash(ref.Key))
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
	d, path := open(t)
	broken := errors.New("source broke")
	if _, err := d.Put(t.Context(), "ex_1", io.MultiReader(strings.NewReader("half"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("Put = %v, want the source's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Put(ctx, "ex_1", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put with an ended context = %v", err)
	}
	if files, _ := os.ReadDir(filepath.Join(path, "ex_1")); len(files) != 0 {
		t.Errorf("%d files were left", len(files))
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestAFailingDiskIsFatalAndNamesTheFix(t *testing.T) {
	d, path := open(t)
	put(t, d, "ex_1", "x")
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	_, err := d.Put(t.Context(), "ex_1", strings.NewReader("x"))
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
	d, _ := open(t)
	rows := []string{`{"a":1}`, "", "with\nnewline", strings.Repeat("long", 50_000), "last"}
	ref, n, err := blob.PutRows(t.Context(), d, "ex_1", rowsOf(rows, nil))
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
	d, _ := open(t)
	for _, content := range []string{"", "short", strings.Repeat("no index here ", 10), strings.Repeat("\xff", 16) + "pawrows1"} {
		ref := put(t, d, "ex_1", content)
		for row, err := range blob.Rows(t.Context(), d, ref, 0, 10) {
			if !errors.Is(err, blob.ErrDamaged) {
				t.Errorf("content %q: row %q, error %v", content, row, err)
			}
		}
	}
	broken := errors.New("broken")
	if _, _, err := blob.PutRows(t.Context(), d, "ex_1", rowsOf([]string{"a"}, broken)); !errors.Is(err, broken) {
		t.Errorf("PutRows = %v, want the rows' error", err)
	}
	empty, n, err := blob.PutRows(t.Context(), d, "ex_1", rowsOf(nil, nil))
	if err != nil || n != 0 {
		t.Fatal(n, err)
	}
	for range blob.Rows(t.Context(), d, empty, 0, 10) {
		t.Error("an empty blob has a row")
	}
}

func TestManyPutsAtOnce(t *testing.T) {
	d, _ := open(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			content := bytes.Repeat([]byte{byte(i)}, 1000+i)
			ref, err := d.Put(t.Context(), fmt.Sprintf("ex_%d", i%3), bytes.NewReader(content))
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
