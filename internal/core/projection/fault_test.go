package projection_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// breaking makes a fold fail.
type breaking struct {
	projection.Fold
	apply func(*eventstore.Event) error
	write func() error
}

func (f breaking) Apply(ctx context.Context, e *eventstore.Event) error {
	if f.apply != nil {
		if err := f.apply(e); err != nil {
			return err
		}
	}
	return f.Fold.Apply(ctx, e)
}

func (f breaking) Changes() (db.Write, error) {
	write, err := f.Fold.Changes()
	if f.write == nil || err != nil {
		return write, err
	}
	return func(ctx context.Context, tx db.Tx) error { return errors.Join(write(ctx, tx), f.write()) }, nil
}

func broken(p projection.Projection, apply func(*eventstore.Event) error, write func() error) projection.Projection {
	begin := p.Begin
	p.Begin = func(d *db.DB) projection.Fold { return breaking{begin(d), apply, write} }
	return p
}

func TestABrokenProjectionStopsAlone(t *testing.T) {
	t.Parallel()
	const events, poisoned = 40, 23
	errPoison := errors.New("poison")
	atPoison := func(e *eventstore.Event) error {
		if e.Position == poisoned {
			return errPoison
		}
		return nil
	}
	for how, c := range map[string]struct {
		data  string // of the event at fault
		apply func(*eventstore.Event) error
		want  string
		fix   string
	}{
		"an event that does not decode":   {data: `"no number"`, want: "decode a number", fix: "start a build"},
		"an event that cannot be written": {data: `-1000`, want: "sums", fix: "the database refuses"},
		"an error of its own":             {data: `1`, apply: atPoison, want: "poison", fix: "start a build"},
		"a panic": {data: `1`, apply: func(e *eventstore.Event) error {
			if e.Position == poisoned {
				panic("poison")
			}
			return nil
		}, want: "panic: poison", fix: "start a build"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			each(t, func(b *bench) {
				other := b.tally("other")
				other = broken(other, nil, nil)
				other.Streams = []string{"fine"}
				followers := b.add(broken(b.tally("sums"), c.apply, nil), other)
				for i := 1; i < events; i++ { // one batch for both
					data := "1"
					if i == poisoned {
						data = c.data
					}
					b.append("a", data)
				}
				last := b.appendTo(eventstore.StreamID{Workspace: "ws", Type: "fine", ID: "a"}, eventstore.NewEvent{Type: "count.added", Data: []byte("1")})
				b.run()
				b.must(followers[1].WaitFor(b.t.Context(), last))
				b.holds("other", "[1 a 1]")

				var fault *projection.Fault
				if err := followers[0].WaitFor(b.t.Context(), last); !errors.As(err, &fault) {
					b.t.Fatalf("waiting for a stopped one: %v", err)
				}
				if fault.Projection != "sums" || fault.Position != poisoned || fault.Type != "count.added" || fault.Stream.ID != "a" || !strings.Contains(fault.Error(), c.want) || !strings.Contains(fault.Fix(), c.fix) {
					b.t.Errorf("fault %+v", fault)
				}
				b.must(followers[0].WaitFor(b.t.Context(), poisoned-1))
				b.holds("sums", fmt.Sprintf("[%d a %d]", poisoned-1, poisoned-1))
				lags, err := b.Lags(b.t.Context())
				b.must(err)
				if lags[0].Events != events-poisoned+1 || lags[0].Fault == nil || lags[1].Events != 0 || lags[1].Fault != nil {
					b.t.Errorf("lags %+v", lags)
				}
			})
		})
	}
}

func TestAFullDiskIsToBeFreed(t *testing.T) {
	t.Parallel()
	f := projection.Fault{Projection: "sums", Cause: fmt.Errorf("write: %w", db.ErrFull)}
	if !strings.Contains(f.Error(), "free space on the disk") || strings.Contains(f.Error(), "build") {
		t.Error(f.Error())
	}
}

func TestAStoppedProjectionGoesOnOnceItCan(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		var healed atomic.Bool
		fails := func() error {
			if healed.Load() {
				return nil
			}
			return errors.New("the disk is full")
		}
		f := b.add(broken(b.tally("sums"), nil, fails))[0]
		for range 9 {
			b.append("a", "1")
		}
		b.run()
		var fault *projection.Fault
		if err := f.Current(b.t.Context()); !errors.As(err, &fault) || fault.Position != 1 {
			b.t.Fatalf("%v", err)
		}
		// A rebuild tells the same.
		if err := b.Rebuild(b.t.Context()); !errors.As(err, &fault) || fault.Position != 1 {
			b.t.Errorf("rebuild: %v", err)
		}
		healed.Store(true)
		for {
			err := f.Current(b.t.Context())
			if err == nil {
				break
			}
			if !errors.As(err, &fault) {
				b.t.Fatal(err)
			}
		}
		b.holds("sums", "[9 a 9]")
		if l, err := f.Lag(b.t.Context()); err != nil || l.Fault != nil {
			b.t.Errorf("lag %+v, %v", l, err)
		}
	})
}

func TestAFailedWriteIsTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		var tries atomic.Int64
		once := func() error {
			switch tries.Add(1) % 6 {
			case 1:
				return errors.New("no space")
			case 3:
				panic("no space")
			}
			return nil
		}
		f := b.add(broken(b.tally("sums"), nil, once))[0]
		b.run()
		for range 30 {
			b.append("a", "1")
			b.must(f.Current(b.t.Context()))
		}
		b.holds("sums", "[30 a 30]")
	})
}

func TestPausesGrowUntilSomeoneComes(t *testing.T) {
	t.Parallel()
	b := open(t, dbtest.SQLite(t))
	pauses := make(chan pause)
	b.clock = hand{pauses}
	var healed atomic.Bool
	f := b.add(broken(b.tally("sums"), nil, func() error {
		if healed.Load() {
			return nil
		}
		return errors.New("no space")
	}))[0]
	b.append("a", "1")
	b.run()
	var last pause
	for i, want := range []time.Duration{50 * time.Millisecond, time.Second, 0, // it is not known yet whether the event is at fault
		time.Second, time.Second, time.Second, 3 * time.Second, time.Second, 7 * time.Second, time.Second, 15 * time.Second, time.Second, 15 * time.Second} {
		if last.end != nil {
			last.end()
		}
		if last = <-pauses; last.Duration != want {
			t.Errorf("pause %d lasts %v, want %v", i, last.Duration, want)
		}
	}
	told := make(chan error)
	go func() { told <- f.Current(t.Context()) }()
	last = <-pauses // the next try has failed too, though nobody has ended the long pause
	var fault *projection.Fault
	if err := <-told; last.Duration != time.Second || !errors.As(err, &fault) {
		t.Errorf("after a pause of %v: %v", last.Duration, err)
	}
	healed.Store(true)
	last.end()
	<-pauses
	b.must(f.Current(t.Context()))
	b.holds("sums", "[1 a 1]")
}

// childStore names the store in the environment of a process that is to be killed.
const childStore = "PAW_PROJECTION_STORE"

// beKilled is the process that is killed between the fold and the commit: its write
// never returns.
func beKilled(t *testing.T, url string) {
	b := open(t, url)
	b.add(broken(b.tally("sums"), nil, func() error {
		fmt.Println("folded")
		select {}
	}))
	b.run()
	select {}
}

func TestAKilledProcessLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	if url := os.Getenv(childStore); url != "" {
		beKilled(t, url)
	}
	dbtest.Each(t, func(t *testing.T, url string) {
		before := open(t, url)
		p := before.tally("sums")
		before.add(p)
		before.append("a", "1")
		before.must(before.Rebuild(t.Context()))
		for range 3 {
			before.append("a", "1")
		}
		before.must(before.store.Close())
		before.must(before.db.Close())
		foldAndKill(t, url)
		b := open(t, url)
		f := b.add(p)[0]
		b.holds("sums", "[1 a 1]")
		if at := b.stored("sums"); at != 1 {
			t.Errorf("the checkpoint is %d", at)
		}
		b.run()
		b.must(f.Current(t.Context()))
		b.holds("sums", "[4 a 4]")
	})
}

// foldAndKill kills a process once it has folded events and is about to commit.
func foldAndKill(t *testing.T, url string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAKilledProcessLosesAndRepeatsNothing$")
	child.Env = append(os.Environ(), childStore+"="+url)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	folded := false
	for lines.Scan() {
		folded = folded || strings.HasPrefix(lines.Text(), "folded")
		if folded {
			_ = child.Process.Kill()
		}
	}
	if err := child.Wait(); err == nil || !folded {
		t.Fatalf("the process was to be killed once it had folded: %v", err)
	}
}
