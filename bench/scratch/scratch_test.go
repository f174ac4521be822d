package scratch

import (
	"os"
	"testing"
	"time"
)

func TestDatabaseIsReplacedInAURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://postgres@/postgres?host=/tmp/paw": "postgres://postgres@/bench_1?host=/tmp/paw",
		"postgres://u:p@db.example:5432/old":          "postgres://u:p@db.example:5432/bench_1",
	} {
		if got := withDatabase(url, "bench_1"); got != want {
			t.Errorf("withDatabase(%q) = %q, want %q", url, got, want)
		}
	}
}

func TestProcessTimeGrowsAsProcSaysIt(t *testing.T) {
	t.Parallel()
	begin := ProcessCPU()
	for ProcessCPU()-begin < 5*tick { // keeps the processor busy
	}
	own, err := readStat(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if own.parent != os.Getppid() || own.command == "" {
		t.Errorf("/proc says %+v; the parent is %d", own, os.Getppid())
	}
	if now := ProcessCPU(); own.used > now+2*tick || own.used < now-time.Second {
		t.Errorf("/proc says %s, getrusage %s", own.used, now)
	}
}
