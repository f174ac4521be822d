package stage

import (
	"os"
	"syscall"
)

// takeLock makes the folder this process's own; it is free again when the
// process is gone.
func takeLock(dir *os.File) error {
	return syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// ownGroup keeps the terminal's signals from the child and has the kernel
// kill it when its parent is gone.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
