package stage

import (
	"os"
	"syscall"
)

// takeLock locks the folder for this process; the lock goes away with the process.
func takeLock(dir *os.File) error {
	return syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// ownGroup shields the child from the terminal's signals and has the kernel kill it
// when its parent dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
