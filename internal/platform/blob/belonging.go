package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

const (
	idFile = "store-id"
	// newIDFile holds the id until it is complete.
	newIDFile = ".store-id.new"
)

// belongsTo refuses a directory that does not belong to the store with this id. A
// new directory is claimed for it.
func (d *Dir) belongsTo(storeID string) error {
	if !idForm.MatchString(storeID) {
		return fmt.Errorf("open the blob directory %s: %q is not the id of a store", d.path, storeID)
	}
	raw, err := d.root.ReadFile(idFile)
	if err == nil {
		if found := strings.TrimSpace(string(raw)); found != storeID {
			return d.foreign("belongs to the store %s, not to %s", found, storeID)
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return d.storageError("read "+idFile, err)
	}
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return d.storageError("list the owners", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && e.Name() != "lost+found" { // file systems create it
			return d.foreign("holds blobs (%s) and does not say which store they belong to", e.Name())
		}
	}
	if err := d.sign(storeID); err != nil {
		return d.storageError("write "+idFile, err)
	}
	return nil
}

// sign writes the id of the store atomically and makes it durable.
func (d *Dir) sign(storeID string) error {
	f, err := d.root.OpenFile(newIDFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(storeID + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := d.root.Rename(newIDFile, idFile); err != nil {
		return err
	}
	return d.sync(".")
}

// foreign refuses the directory, in one sentence with the fix.
func (d *Dir) foreign(format string, args ...any) error {
	return failure.Wrap(ErrForeign, failure.Validation, "foreign_blobs",
		"the blob directory %s %s; set data_dir to the folder that was used with this database, or to an empty one if there is none", d.path, fmt.Sprintf(format, args...))
}
