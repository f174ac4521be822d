package blob_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestADirectoryBelongsToOneStore(t *testing.T) {
	t.Parallel()
	for how, c := range map[string]struct {
		before map[string]string // files and their contents
		want   string            // empty: it opens
	}{
		"fresh":                               {nil, ""},
		"of this store":                       {map[string]string{"store-id": store + "\n", "execution/ex_1/A": "x"}, ""},
		"of another store":                    {map[string]string{"store-id": "st_2\n"}, "belongs to the store st_2, not to st_1"},
		"of a store whose id begins the same": {map[string]string{"store-id": store + "1\n"}, "belongs to the store st_11"},
		"with an empty id":                    {map[string]string{"store-id": ""}, "belongs to the store"},
		"with blobs but no id":                {map[string]string{"execution/ex_1/A": "x"}, "holds blobs (execution) and does not say"},
		"with something else but no id":       {map[string]string{"ex_1/A": "x"}, "holds blobs (ex_1) and does not say"},
		"cut while it was signed":             {map[string]string{".store-id.new": "st"}, ""},
		"with what a file system makes":       {map[string]string{"lost+found/x": "", ".DS_Store": ""}, ""},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			path := t.TempDir()
			for name, content := range c.before {
				file := filepath.Join(path, filepath.FromSlash(name))
				if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(content), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			d, err := blob.OpenDir(path, store)
			if c.want != "" {
				refused(t, path, err, c.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if d, err = blob.OpenDir(path, store); err != nil {
				t.Fatalf("opened again: %v", err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			_, err = blob.OpenDir(path, "st_3")
			refused(t, path, err, "belongs to the store st_1, not to st_3")
		})
	}
}

// refused fails the test unless a directory was refused, in one sentence with the
// remedy, and let go of.
func refused(t *testing.T, path string, err error, want string) {
	t.Helper()
	if !errors.Is(err, blob.ErrForeign) || failure.CodeOf(err) != "foreign_blobs" {
		t.Fatalf("opened: %v", err)
	}
	for _, part := range []string{want, path, "set data_dir to"} {
		if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if _, err := blob.OpenDir(path, "st_4"); errors.Is(err, blob.ErrInUse) {
		t.Error("a refused directory stays locked")
	}
}

func TestTheIDOfTheStoreMustBeOne(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "a b", "../x"} {
		path := t.TempDir()
		if d, err := blob.OpenDir(path, id); err == nil {
			_ = d.Close()
			t.Errorf("opened for %q", id)
		}
		if files, _ := os.ReadDir(path); len(files) > 0 {
			t.Errorf("signed as %q", id)
		}
	}
}
