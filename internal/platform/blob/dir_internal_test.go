package blob

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestAFullDiskHasItsOwnCode(t *testing.T) {
	d := &Dir{path: "/data/blobs"}
	err := d.storageError("write ex_1/a", fmt.Errorf("write: %w", syscall.ENOSPC))
	if failure.ClassOf(err) != failure.Fatal || failure.CodeOf(err) != "disk_full" {
		t.Errorf("class %s, code %s; want fatal, disk_full", failure.ClassOf(err), failure.CodeOf(err))
	}
	for _, want := range []string{"ex_1/a", "/data/blobs", "free space"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}
