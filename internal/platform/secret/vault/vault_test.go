package vault_test

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret/vault"
)

// site is a database and a key file.
type site struct {
	t    *testing.T
	db   *db.DB
	file string
}

func newSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(dir, "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return &site{t, d, filepath.Join(dir, "master.key")}
}

func (s *site) open() *vault.Store {
	s.t.Helper()
	store, err := vault.Open(s.t.Context(), vault.Options{DB: s.db, KeyFile: s.file})
	if err != nil {
		s.t.Fatal(err)
	}
	return store
}

// keep seals and commits a secret.
func (s *site) keep(store *vault.Store, workspace, plain string) string {
	s.t.Helper()
	ref, write, err := store.Seal(s.t.Context(), workspace, secret.Secret(plain))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.db.Write(s.t.Context(), write); err != nil {
		s.t.Fatal(err)
	}
	return ref
}

func (s *site) exec(sql string, args ...any) {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(ctx context.Context, tx db.Tx) error { _, err := tx.Exec(ctx, sql, args...); return err })
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestASecretComesBackAlsoAfterARestart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.keep(s.open(), "ws_a", "canary")
	again := s.open()
	if got, err := again.Resolve(t.Context(), "ws_a", ref); err != nil || got != "canary" {
		t.Errorf("got %q, %v", got, err)
	}
	write, err := again.Replace(t.Context(), "ws_a", ref, "fresh")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.Write(t.Context(), write); err != nil {
		t.Fatal(err)
	}
	if got, err := s.open().Resolve(t.Context(), "ws_a", ref); err != nil || got != "fresh" {
		t.Errorf("replaced: got %q, %v", got, err)
	}
	for _, text := range []string{"plain text", "", "secret:", "secret:sec_", "sec_" + strings.TrimPrefix(ref, "secret:sec_")} {
		got, err := again.Resolve(t.Context(), "ws_a", text)
		if failure.CodeOf(err) != "secret_not_found" || got != "" || text != "" && strings.Contains(err.Error(), text+" ") {
			t.Errorf("%q, which is not a reference: got %q, %v", text, got, err)
		}
	}
}

func TestAForeignSecretReadsLikeAMissingOne(t *testing.T) { // S14, S18
	t.Parallel()
	s := newSite(t)
	store := s.open()
	ref := s.keep(store, "ws_a", "canary")
	_, foreign := store.Resolve(t.Context(), "ws_b", ref)
	_, missing := store.Resolve(t.Context(), "ws_b", "secret:sec_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e")
	for _, err := range []error{foreign, missing} {
		if failure.CodeOf(err) != "secret_not_found" || failure.ClassOf(err) != failure.Validation {
			t.Errorf("got %v", err)
		}
	}
	if has, err := store.Has(t.Context(), "ws_b", ref); has || err != nil {
		t.Errorf("has %v, %v", has, err)
	}
	if has, err := store.Has(t.Context(), "ws_a", ref); !has || err != nil {
		t.Errorf("has %v, %v", has, err)
	}
	if _, err := store.Resolve(t.Context(), "ws_a", "secret:my-password"); strings.Contains(err.Error(), "my-password") {
		t.Errorf("an error repeats what may be a credential: %v", err)
	}
	if write, err := store.Replace(t.Context(), "ws_b", ref, "stolen"); err == nil {
		if err := s.db.Write(t.Context(), write); failure.CodeOf(err) != "secret_not_found" {
			t.Errorf("another workspace's secret was replaced: %v", err)
		}
	}
}

// key is the SQL of the small integer that stands for a workspace.
func key(workspace string) string {
	return "(SELECT key FROM db_workspaces WHERE id = '" + workspace + "')"
}

func TestACiphertextOpensOnlyWhereItBelongs(t *testing.T) { // S37
	t.Parallel()
	attacks := map[string]func(s *site, first, second string){
		"swapped between rows": func(s *site, first, second string) {
			s.exec("UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE id = $1) WHERE id = $2", second, first)
		},
		"moved to another workspace": func(s *site, first, _ string) {
			s.exec("UPDATE secrets SET workspace = "+key("ws_b")+" WHERE id = $1", first)
		},
		"a bit flipped": func(s *site, first, _ string) {
			s.exec("UPDATE secrets SET sealed = CASE substr(sealed, 1, 1) WHEN 'A' THEN 'B' ELSE 'A' END || substr(sealed, 2) WHERE id = $1", first)
		},
		"cut short": func(s *site, first, _ string) {
			s.exec("UPDATE secrets SET sealed = substr(sealed, 1, 8) WHERE id = $1", first)
		},
		"another data key": func(s *site, first, _ string) {
			s.exec("UPDATE secret_data_keys SET wrapped = (SELECT wrapped FROM secret_data_keys WHERE workspace = " + key("ws_b") + ") WHERE workspace = " + key("ws_a"))
		},
	}
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			store := s.open()
			first, second := s.keep(store, "ws_a", "canary-one"), s.keep(store, "ws_a", "canary-two")
			s.keep(store, "ws_b", "canary-three")
			attack(s, strings.TrimPrefix(first, secret.RefPrefix), strings.TrimPrefix(second, secret.RefPrefix))
			workspace := "ws_a"
			if name == "moved to another workspace" {
				workspace = "ws_b"
				s.exec("INSERT INTO secret_data_keys SELECT " + key("ws_b") + ", id, wrapped FROM secret_data_keys WHERE workspace = " + key("ws_a"))
			}
			got, err := s.open().Resolve(t.Context(), workspace, first)
			if failure.CodeOf(err) != "decrypt_failed" || failure.ClassOf(err) != failure.Fatal || got != "" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestTheMasterKeyIsNeverInTheDatabase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.keep(s.open(), "ws_a", "canary")
	info, err := os.Stat(s.file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the key file: %v, %v", info, err)
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		t.Fatalf("%d bytes, %v", len(key), err)
	}
	s.db.Close()
	files, _ := filepath.Glob(filepath.Dir(s.file) + "/store.db*")
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for what, needle := range map[string]string{"master key": string(key), "master key in base64": strings.TrimSpace(string(text)), "secret": "canary"} {
			if strings.Contains(string(raw), needle) {
				t.Errorf("%s holds the %s", filepath.Base(f), what)
			}
		}
	}
}

func TestOpenRefusesAKeyThatIsMissingWrongOrWeak(t *testing.T) { // S37
	t.Parallel()
	s := newSite(t)
	s.keep(s.open(), "ws_a", "canary")
	good, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	other := base64.StdEncoding.EncodeToString([]byte("another key of exactly 32 bytes!"))
	cases := map[string]struct {
		file string // "" removes it
		mode os.FileMode
		env  string
		says string
	}{
		"missing":          {says: "is missing"},
		"wrong":            {file: other, mode: 0o600, says: "not the one"},
		"short":            {file: "c2hvcnQ=", mode: 0o600, says: "has 5 bytes"},
		"not base64":       {file: "%%%", mode: 0o600, says: "not base64"},
		"readable":         {file: string(good), mode: 0o644, says: "chmod 600"},
		"short variable":   {file: string(good), mode: 0o600, env: "c2hvcnQ=", says: "PAW_MASTER_KEY"},
		"zero variable":    {file: string(good), mode: 0o600, env: base64.StdEncoding.EncodeToString(make([]byte, 32)), says: "one byte repeated"},
		"another variable": {file: string(good), mode: 0o600, env: other, says: "PAW_MASTER_KEY"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			os.Remove(s.file)
			if c.file != "" {
				if err := os.WriteFile(s.file, []byte(c.file), c.mode); err != nil {
					t.Fatal(err)
				}
			}
			_, err := vault.Open(t.Context(), vault.Options{DB: s.db, KeyFile: s.file, MasterKey: c.env})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error that says %q", err, c.says)
			}
			if c.file == "" {
				if _, err := os.Stat(s.file); !errors.Is(err, os.ErrNotExist) {
					t.Error("a new key was made for a store that has secrets")
				}
			}
		})
	}
	if _, err := vault.Open(t.Context(), vault.Options{DB: s.db, KeyFile: s.file, MasterKey: strings.TrimSpace(string(good))}); err != nil {
		t.Errorf("the right key in the variable: %v", err)
	}
}

func TestAKeyFileThatWasMadeBeforeACrashIsUsed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := base64.StdEncoding.EncodeToString([]byte("a key of exactly thirty-two byte"))
	if err := os.WriteFile(s.file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	s.open()
	if got, _ := os.ReadFile(s.file); string(got) != key {
		t.Error("the key file was replaced")
	}
}

func TestASecretHasALimit(t *testing.T) { // I30
	t.Parallel()
	store := newSite(t).open()
	for _, plain := range []string{"", strings.Repeat("x", secret.MaxBytes+1)} {
		if _, _, err := store.Seal(t.Context(), "ws_a", secret.Secret(plain)); failure.CodeOf(err) != "secret_size" {
			t.Errorf("%d bytes: %v", len(plain), err)
		}
	}
}
