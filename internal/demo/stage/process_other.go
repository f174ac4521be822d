//go:build !linux

package stage

import (
	"os"
	"syscall"
)

// takeLock does nothing: folders can be locked reliably only on Linux.
func takeLock(*os.File) error { return nil }

// ownGroup shields the child from the terminal's signals; only on Linux can its life
// be tied to the parent's as well.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
