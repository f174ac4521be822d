package payload_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/payload"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret/vault"
)

// kept is a store of inputs with what it stands on.
type kept struct {
	*payload.Store
	t      *testing.T
	db     *db.DB
	blobs  *blob.Dir
	folder string
}

func open(t *testing.T, url string) *kept {
	t.Helper()
	k := &kept{t: t, db: dbtest.Open(t, url), folder: filepath.Join(t.TempDir(), "blobs")}
	secrets, err := vault.Open(t.Context(), vault.Options{DB: k.db, KeyFile: filepath.Join(t.TempDir(), "master.key")})
	k.must(err)
	k.blobs, err = blob.OpenDir(k.folder, k.db.StoreID())
	k.must(err)
	t.Cleanup(func() { _ = k.blobs.Close() })
	k.Store, err = payload.Open(t.Context(), k.db, secrets, k.blobs)
	k.must(err)
	return k
}

func (k *kept) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// keep keeps an input as a start does.
func (k *kept) keep(ws workflow.WorkspaceID, x workflow.ExecutionID, input string) {
	k.t.Helper()
	writes, err := k.Keep(k.t.Context(), ws, x, json.RawMessage(input))
	k.must(err)
	k.must(k.db.Write(k.t.Context(), func(ctx context.Context, tx db.Tx) error {
		for _, w := range writes {
			if err := w(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}))
}

// files returns the files of blobs.
func (k *kept) files() (names []string) {
	k.t.Helper()
	k.must(filepath.WalkDir(k.folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && strings.Contains(path, string(blob.Execution)+string(filepath.Separator)) {
			names = append(names, path)
		}
		return err
	}))
	return names
}

func (k *kept) lost(ws workflow.WorkspaceID, x workflow.ExecutionID, code string) {
	k.t.Helper()
	input, err := k.Input(k.t.Context(), ws, x)
	var e *workflow.Error
	if !errors.As(err, &e) || !errors.Is(err, workflow.ErrNotFound) || e.Code != code {
		k.t.Errorf("the input of %s in %s is %.20q, %v; want %s", x, ws, input, err, code)
	}
}

// large is an input for which no row is long enough.
func large() string { return `{"text":"` + strings.Repeat("canary", engine.MaxInputBytes/6) + `"}` }

func TestAnInputComesBackToItsExecutionAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		k := open(t, url)
		inputs := map[workflow.ExecutionID]string{"ex_small": `{"text":"canary"}`, "ex_large": large()}
		for x, input := range inputs {
			k.keep("ws_a", x, input)
		}
		k.keep("ws_b", "ex_small", `{"of":"another workspace"}`)
		for x, want := range inputs {
			if got, err := k.Input(t.Context(), "ws_a", x); err != nil || string(got) != want {
				t.Errorf("%s came back as %.40q, %v", x, got, err)
			}
		}
		k.lost("ws_b", "ex_large", "input_not_found")
		k.lost("ws_c", "ex_small", "input_not_found")
		k.lost("ws_a", "ex_other", "input_not_found")
	})
}

// Only a large input is a file, it goes with its execution, and neither it nor
// the row can be read by who has the disk.
func TestALargeInputBelongsToItsExecution(t *testing.T) {
	t.Parallel()
	k := open(t, dbtest.SQLite(t))
	k.keep("ws_a", "ex_small", `{"text":"canary"}`)
	if found := k.files(); len(found) != 0 {
		t.Errorf("a small input is kept in %v", found)
	}
	k.keep("ws_a", "ex_large", large())
	owners, err := k.blobs.Owners(t.Context(), blob.Execution)
	k.must(err)
	if len(owners) != 1 || owners[0] != "ex_large" {
		t.Errorf("the owners of blobs are %v", owners)
	}
	for _, file := range k.files() {
		if raw, err := os.ReadFile(file); err != nil || strings.Contains(string(raw), "canary") {
			t.Errorf("%s is not sealed, %v", file, err)
		}
	}
	var sealed string
	k.must(k.db.Read().QueryRow(t.Context(), "SELECT sealed FROM execution_inputs WHERE execution = 'ex_small'").Scan(&sealed))
	if sealed == "" || strings.Contains(sealed, "canary") {
		t.Errorf("the row has %q", sealed)
	}
}

// What is lost is said to be lost: nobody tries again for ever.
func TestAnInputWhoseFileIsGoneOrDamagedIsLost(t *testing.T) {
	t.Parallel()
	k := open(t, dbtest.SQLite(t))
	k.keep("ws_a", "ex_damaged", large())
	file := k.files()[0]
	raw, err := os.ReadFile(file)
	k.must(err)
	raw[len(raw)/2] ^= 1
	k.must(os.WriteFile(file, raw, 0o600))
	k.lost("ws_a", "ex_damaged", "input_lost")
	k.must(k.blobs.DeleteOwner(t.Context(), blob.Owner{Kind: blob.Execution, ID: "ex_damaged"}))
	k.lost("ws_a", "ex_damaged", "input_lost")
}
