//go:build !linux

package demo

import "syscall"

// ownGroup keeps the terminal's signals from the child; only Linux can also
// tie its life to the parent's.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
