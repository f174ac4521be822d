package file_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/file"
)

func TestAStoreKeepsFilesByTheirHash(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"in memory": "", "on disk": filepath.Join(t.TempDir(), "a", "b")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := file.OpenStore(dir)
			if err := s.Sweep(nil); err != nil {
				t.Fatal(err)
			}
			first, err := s.Put([]byte("hello"))
			if err != nil {
				t.Fatal(err)
			}
			if again, err := s.Put([]byte("hello")); err != nil || again != first {
				t.Errorf("got %s, %v", again, err)
			}
			if got, err := s.Get(first); err != nil || string(got) != "hello" {
				t.Errorf("got %s, %v", got, err)
			}
			for _, wrong := range []string{"nothing", "../../x", ""} {
				if got, err := s.Get(wrong); err == nil {
					t.Errorf("%s: got %s", wrong, got)
				}
			}
			if err := s.Sweep(map[string]bool{first: true}); err != nil {
				t.Error(err)
			}
			if _, err := s.Get(first); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSweepRemovesWhatNobodyHas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := file.OpenStore(dir)
	hash, err := s.Put([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new-1"), nil, 0o600); err != nil { // what a crash leaves
		t.Fatal(err)
	}
	if err := s.Sweep(map[string]bool{}); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if _, err := s.Get(hash); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAStoreThatCannotWriteSaysSo(t *testing.T) {
	t.Parallel()
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := file.OpenStore(filepath.Join(blocked, "dir")).Put([]byte("x")); err == nil {
		t.Error("a file is kept below a file")
	}
}

func TestALinkReadsBackAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	want := file.Link{Hash: strings.Repeat("a", 64), Type: "text/plain; x=/", Filename: `a b/c?"ü.txt`, Expires: time.UnixMilli(1_700_000_000_123)}
	path := want.Path()
	got, sound := file.ParseLink(path)
	if diff := cmp.Diff(want, got); diff != "" || !sound {
		t.Errorf("%s: %s", path, diff)
	}
	for _, wrong := range []string{"", "/", file.Prefix, path + "x", path + "/x", strings.Replace(path, "1700000000123", "1800000000123", 1), strings.Replace(path, "aaa", "bbb", 1), "/x" + path} {
		if _, sound := file.ParseLink(wrong); sound {
			t.Errorf("%s is a link", wrong)
		}
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/typed":
			w.Header().Set("Content-Type", "Text/CSV; charset=utf-8")
			_, _ = w.Write([]byte("a,b"))
		case "/untyped":
			w.Header()["Content-Type"] = nil
			_, _ = w.Write([]byte("%PDF-1.4"))
		case "/1", "/2", "/3", "/4":
			http.Redirect(w, r, map[string]string{"/1": "/typed", "/2": "/1", "/3": "/2", "/4": "/3"}[r.URL.Path], http.StatusFound)
		default:
			http.Error(w, "no", http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	for path, want := range map[string]string{"/typed": "text/csv", "/untyped": "application/pdf", "/3": "text/csv"} {
		if got, err := file.Fetch(t.Context(), server.URL+path); err != nil || got.Type != want || got.Width != 0 {
			t.Errorf("%s: got %+v, %v", path, got, err)
		}
	}
	for _, bad := range []string{server.URL + "/no", server.URL + "/4", "http://127.0.0.1:1/", "http://%zz"} {
		if got, err := file.Fetch(t.Context(), bad); err == nil {
			t.Errorf("%s: got %+v", bad, got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{"https://x/a/b.png": "b.png", "https://x/b%20c.png?y=/z": "b c.png", "https://x/": "", "https://x": "", "https://x/a/": "a", "%zz": ""} {
		if got := file.Name(url); got != want {
			t.Errorf("%s: got %q", url, got)
		}
	}
	for typ, want := range map[string]string{"text/plain": "a.txt", "image/jpeg": "a.jpg", "application/x-nothing": "a"} {
		if got := file.NameFor(typ); got != want {
			t.Errorf("%s: got %s", typ, got)
		}
	}
}
