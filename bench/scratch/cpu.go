package scratch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ProcessCPU is the processor time that this process has used so far.
func ProcessCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// tick is the unit of processor time in /proc, the same on every Linux.
const tick = 10 * time.Millisecond

// CPU is the processor time that the server's processes have used so far,
// including those that have ended. It is zero if that cannot be known, because the
// server is on another machine or there is no /proc.
func (s *Server) CPU(ctx context.Context) time.Duration {
	var backend int
	if err := s.conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return 0
	}
	own, err := readStat(backend)
	if err != nil || own.command != "postgres" {
		return 0
	}
	server, err := readStat(own.parent)
	if err != nil {
		return 0
	}
	total := server.used + server.reaped
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		pid, _ := strconv.Atoi(filepath.Base(p))
		if child, err := readStat(pid); err == nil && child.parent == own.parent {
			total += child.used
		}
	}
	return total
}

// stat is what /proc says of a process.
type stat struct {
	command string
	parent  int
	used    time.Duration // by the process itself
	reaped  time.Duration // by children that have ended
}

// readStat reads /proc/<pid>/stat as proc(5) describes it.
func readStat(pid int) (stat, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	open, end := strings.IndexByte(string(raw), '('), strings.LastIndexByte(string(raw), ')')
	if open < 0 || end < open {
		return stat{}, fmt.Errorf("/proc/%d/stat has no command", pid)
	}
	fields := strings.Fields(string(raw[end+1:])) // from the third on
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat has only %d fields", pid, len(fields)+2)
	}
	number := func(field int) int {
		n, _ := strconv.Atoi(fields[field-3])
		return n
	}
	return stat{command: string(raw[open+1 : end]), parent: number(4),
		used: time.Duration(number(14)+number(15)) * tick, reaped: time.Duration(number(16)+number(17)) * tick}, nil
}
