package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
)

func TestStopsInOrderOnSIGTERM(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir())
	begin := time.Now()
	if code := p.terminate(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if took := time.Since(begin); took > 25*time.Second {
		t.Errorf("stopping took %s", took)
	}
}

func TestAdminTokenIsShownOnceAndKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serve(t, dir)
	token := p.token(t)
	if !strings.Contains(p.output.String(), token) {
		t.Error("the first start did not show the admin token")
	}
	info, err := os.Stat(filepath.Join(dir, "admin-token"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("admin-token has mode %o, want 600", info.Mode().Perm())
	}
	if _, err := p.api(t).Workflows(t.Context(), client.List{}); err != nil {
		t.Errorf("the token does not work: %v", err)
	}
	p.kill()
	again := serve(t, dir)
	if strings.Contains(again.output.String(), token) {
		t.Error("a later start showed the token again")
	}
	if _, err := again.api(t).Workflows(t.Context(), client.List{}); err != nil {
		t.Errorf("the token does not work after a restart: %v", err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serve(t, dir)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"the same folder": dir, "a link to it": link} {
		second := launch(t, path)
		if code := second.wait(t); code == 0 {
			t.Errorf("%s: the second process ended with 0", name)
		}
		said := second.output.String()
		if !strings.Contains(said, "paw.db") || !strings.Contains(said, "another") {
			t.Errorf("%s: the refusal does not name the store and the cause: %s", name, said)
		}
	}
}

func TestUsedPortIsNamed(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir())
	addr := strings.TrimPrefix(p.url, "http://")
	second := launch(t, t.TempDir(), "--http-addr", addr)
	if code := second.wait(t); code == 0 {
		t.Error("the second server ended with 0")
	}
	if said := second.output.String(); !strings.Contains(said, addr) || !strings.Contains(said, "already in use") || !strings.Contains(said, "http.addr") {
		t.Errorf("the refusal does not name address, cause and setting: %s", said)
	}
}

func TestUnknownSettingIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "paw.yaml")
	if err := os.WriteFile(file, []byte("http:\n  adr: 127.0.0.1:0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, dir, "--config", file)
	if code := p.wait(t); code == 0 {
		t.Error("the server ended with 0")
	}
	if said := p.output.String(); !strings.Contains(said, "http.adr") || !strings.Contains(said, "http.addr") {
		t.Errorf("no suggestion: %s", said)
	}
}

func TestUnreachableServerIsOneSentence(t *testing.T) {
	t.Parallel()
	out, code := command(t, []string{"PAW_URL=http://127.0.0.1:9", "PAW_TOKEN=x"}, "workflows", "list")
	if code == 0 || !strings.Contains(out, "serve") || strings.Count(strings.TrimSpace(out), "\n") > 0 {
		t.Errorf("exit code %d: %s", code, out)
	}
}
