//go:build !linux

package stage

import (
	"os"
	"syscall"
)

// takeLock does nothing: only Linux is sure to lock folders.
func takeLock(*os.File) error { return nil }

// ownGroup keeps the terminal's signals from the child; only Linux can also
// tie its life to the parent's.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
