package demo

import "syscall"

// ownGroup keeps the terminal's signals from the child and has the kernel
// kill it when its parent is gone.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
