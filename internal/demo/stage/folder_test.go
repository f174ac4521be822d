package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	first, lock, err := openDir(dir, 100, false)
	if err != nil || first.Synced {
		t.Fatalf("an empty folder: %+v, %v", first, err)
	}
	if _, _, err := openDir(dir, 100, false); err == nil || !strings.Contains(err.Error(), "another demo") {
		t.Errorf("a folder in use: %v", err)
	}
	leftover := filepath.Join(dir, "airtable.data")
	if err := os.WriteFile(leftover, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lock.Close()
	second, lock, err := openDir(dir, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(leftover); err == nil {
		t.Error("an interrupted start left its data")
	}
	second.Synced = true
	if err := second.save(dir); err != nil {
		t.Fatal(err)
	}
	lock.Close()
	third, lock, err := openDir(dir, 100, false)
	if err != nil || !third.Synced {
		t.Errorf("a finished start was not found: %+v, %v", third, err)
	}
	lock.Close()
}

func TestOpenDirRefusesWhatIsNotItsOwn(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.doc"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openDir(dir, 100, true); err == nil || !strings.Contains(err.Error(), "--dir") {
		t.Errorf("a foreign folder: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "thesis.doc")); err != nil {
		t.Errorf("a foreign file is gone: %v", err)
	}
}
