package storetest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// childURL is set in the child process that RunKilled kills.
const childURL = "PAW_TEST_KILLED_STORE"

// RunKilled proves that what was acked survives SIGKILL: the test binary runs
// again as a child that appends from many goroutines and says what was acked, is
// killed in the middle, and the next owner of the store must find all of it. The
// calling test does nothing else.
func RunKilled(t *testing.T, driver Driver) {
	if url := os.Getenv(childURL); url != "" {
		appendForEver(t, driver, url)
	}
	url := driver.Fresh(t)
	b := &bundle{driver: driver, url: url, clock: &stepClock{}}
	acked := map[int64]string{} // position → stream and version
	for round := range 4 {
		runAndKill(t, url, 200+150*round, acked)
		b.open(t)
		all := b.all(t, everything())
		versions := map[string]int64{}
		for i, e := range all {
			versions[e.Stream.ID]++
			if e.Position != int64(i+1) || e.Version != versions[e.Stream.ID] {
				t.Fatalf("round %d: event %d has position %d, version %d", round, i, e.Position, e.Version)
			}
		}
		for position, what := range acked {
			if position > int64(len(all)) || fmt.Sprint(all[position-1].Stream.ID, " ", all[position-1].Version) != what {
				t.Fatalf("round %d: acked %s at position %d is gone; head is %d", round, what, position, len(all))
			}
		}
		if want := int64(2 * (round + 1)); b.db.Epoch() != want {
			t.Errorf("epoch %d, want %d", b.db.Epoch(), want)
		}
		b.close(t)
	}
}

// runAndKill kills the child after it has acked n appends, and notes them.
func runAndKill(t *testing.T, url string, n int, acked map[int64]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), childURL+"="+url)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for got := 0; lines.Scan(); got++ {
		if got == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
		// What stood in the pipe at the kill was acked too; the last line may be cut.
		position, what, ok := strings.Cut(lines.Text(), " ")
		var p int64
		if _, err := fmt.Sscan(position, &p); err == nil && ok && strings.HasSuffix(what, ".") {
			acked[p] = strings.TrimSuffix(what, ".")
		}
	}
	if err := cmd.Wait(); err == nil || complaint.Len() > 0 {
		t.Fatalf("the child was to be killed: %v %s", err, complaint.String())
	}
}

// appendForEver is the child.
func appendForEver(t *testing.T, driver Driver, url string) {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	s, err := driver.Open(ctx, d, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	var out sync.Mutex
	var wg sync.WaitGroup
	for c := range 20 {
		wg.Go(func() {
			for {
				a, err := s.Append(ctx, one(fmt.Sprint("s", c), eventstore.Any, things(1+c%3)...))
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				last := a.Events[len(a.Events)-1]
				out.Lock()
				fmt.Printf("%d %s %d.\n", last.Position, last.Stream.ID, last.Version)
				out.Unlock()
			}
		})
	}
	wg.Wait()
}
