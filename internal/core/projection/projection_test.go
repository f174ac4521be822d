package projection_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection/projectiontest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// holds fails the test unless the table of a tally has these rows, in the form
// "[events id total]".
func (b *bench) holds(table string, want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, projectiontest.Rows(b.t, b.db, table)[table]); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", table, diff)
	}
}

// stored returns the checkpoint of a projection as the database has it.
func (b *bench) stored(name string) (position int64) {
	b.t.Helper()
	err := b.db.Read().QueryRow(b.t.Context(), "SELECT position FROM projection_checkpoints WHERE name = $1", name).Scan(&position)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		b.t.Fatal(err)
	}
	return position
}

func TestRowsFollowTheEventsThatAreWanted(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		byStream, byEvent := b.tally("by_stream"), b.tally("by_event")
		byEvent.Streams, byEvent.Events = nil, []string{"count.added"}
		followers := b.add(byStream, byEvent)
		b.append("a", "1")
		b.run()
		b.append("b", "2")
		b.appendTo(eventstore.StreamID{Workspace: "ws", Type: "other", ID: "a"}, eventstore.NewEvent{Type: "count.added", Data: []byte("8")})
		b.appendTo(eventstore.StreamID{Workspace: "ws", Type: "count", ID: "a"}, eventstore.NewEvent{Type: "journal.count", Data: []byte("16")})
		last := b.appendTo(eventstore.StreamID{Workspace: "ws", Type: "count", ID: "a"}, eventstore.NewEvent{Type: "count.set", Data: []byte("4")})
		for _, f := range followers {
			b.must(f.WaitFor(b.t.Context(), last))
		}
		b.holds("by_stream", "[1 b 2]", "[2 a 5]")
		b.holds("by_event", "[1 b 2]", "[2 a 9]")
		// The next process goes on from there.
		b.stop()
		again := b.add(byStream, byEvent)
		b.run()
		last = b.append("b", "1")
		b.must(again[0].WaitFor(t.Context(), last))
		b.must(again[1].Current(t.Context()))
		b.holds("by_stream", "[2 a 5]", "[2 b 3]")
		b.holds("by_event", "[2 a 9]", "[2 b 3]")
	})
}

func TestRowsDependOnTheEventsAlone(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		p := b.tally("sums")
		f := b.add(p)[0]
		b.run()
		b.fill(200)
		b.must(f.Current(t.Context()))
		b.stop()
		projectiontest.SameRows(t, b.options(), p)
		b.holds("sums", "[90 0 4410]", "[90 2 13410]")
	})
}

// tamper changes rows in a way that only a rebuild takes back.
func (b *bench) tamper(table string) {
	b.t.Helper()
	dbtest.Exec(b.t, b.db, "UPDATE "+table+" SET total = 1000")
}

func TestARebuildMakesTheRowsOfOneOrOfAllAgain(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		one, two := b.tally("one"), b.tally("two")
		rebuild := func(names ...string) {
			b.tamper("one")
			b.tamper("two")
			b.must(b.Rebuild(b.t.Context(), names...))
		}
		b.add(one, two)
		b.append("a", "3")
		b.must(b.Rebuild(b.t.Context()))
		for _, how := range []string{"alone", "beside a running set"} {
			rebuild("two")
			b.holds("one", "[1 a 1000]")
			b.holds("two", "[1 a 3]")
			rebuild()
			b.holds("one", "[1 a 3]")
			b.holds("two", "[1 a 3]")
			if err := b.Rebuild(b.t.Context(), "one", "three"); !errors.Is(err, projection.ErrUnknown) || !strings.Contains(err.Error(), `"three"`) || !strings.Contains(err.Error(), "one, two") {
				t.Errorf("%s: rebuild of an unknown one: %v", how, err)
			}
			if how == "alone" {
				b.run()
			}
		}
		// Several who ask at once are served by one or two rebuilds.
		done := make(chan error, 5)
		for range cap(done) {
			go func() { done <- b.Rebuild(b.t.Context(), "one") }()
		}
		for range cap(done) {
			b.must(<-done)
		}
		b.holds("one", "[1 a 3]")
		b.stop()
		if err := b.Rebuild(b.t.Context(), "one"); !errors.Is(err, projection.ErrStopped) {
			t.Errorf("a rebuild after the end: %v", err)
		}
	})
}

func TestAnotherVersionOfTheFoldMakesTheRowsAnew(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		p := b.tally("sums")
		last := b.append("a", "3")
		for _, c := range []struct {
			version int
			want    string
		}{{2, "[1 a 3]"}, {2, "[1 a 1000]"}, {3, "[1 a 3]"}, {1, "[1 a 3]"}} {
			p.Version = c.version
			f := b.add(p)[0]
			if at := b.stored("sums"); at > 0 && c.want == "[1 a 3]" {
				b.t.Errorf("version %d begins anew and its checkpoint is %d", c.version, at)
			}
			b.run()
			b.must(f.WaitFor(b.t.Context(), last))
			b.stop()
			b.holds("sums", c.want)
			b.tamper("sums")
		}
	})
}

func TestWhoWaitsIsTold(t *testing.T) {
	t.Parallel()
	b := open(t, dbtest.SQLite(t))
	f := b.add(b.tally("sums"))[0]
	soon, cancel := context.WithCancel(t.Context())
	waits := make(chan error)
	go func() { waits <- f.WaitFor(soon, 1) }()
	cancel()
	if err := <-waits; !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that was given up: %v", err)
	}
	go func() { waits <- f.WaitFor(t.Context(), 2) }()
	b.run()
	b.append("a", "1")
	b.must(f.WaitFor(t.Context(), 1))
	select {
	case err := <-waits:
		t.Errorf("served too early: %v", err)
	default:
	}
	b.append("a", "1")
	b.must(<-waits)
	b.holds("sums", "[2 a 2]")
	go func() { waits <- f.WaitFor(t.Context(), 9) }()
	b.stop()
	if err := <-waits; !errors.Is(err, projection.ErrStopped) {
		t.Errorf("a wait at the end: %v", err)
	}
	b.must(f.WaitFor(t.Context(), 2)) // of what is there
	if err := f.WaitFor(t.Context(), 9); !errors.Is(err, projection.ErrStopped) {
		t.Errorf("a wait after the end: %v", err)
	}
}

// counted counts the writes of a projection.
func counted(p projection.Projection, writes *atomic.Int64) projection.Projection {
	begin := p.Begin
	p.Begin = func(d *db.DB) projection.Fold { return &countedFold{begin(d), writes} }
	return p
}

type countedFold struct {
	projection.Fold
	writes *atomic.Int64
}

func (c *countedFold) Changes() (db.Write, error) {
	c.writes.Add(1)
	return c.Fold.Changes()
}

func TestEventsCollectWhileNobodyWaits(t *testing.T) {
	t.Parallel()
	b := open(t, dbtest.SQLite(t))
	pauses := make(chan pause)
	b.clock = hand{pauses}
	var writes atomic.Int64
	f := b.add(counted(b.tally("sums"), &writes))[0]
	b.run()
	b.append("a", "1")
	p := <-pauses // the follower has seen it
	if p.Duration <= 0 || p.Duration > time.Second {
		t.Errorf("events collect for %v", p.Duration)
	}
	for range 9 {
		b.append("a", "1")
	}
	b.holds("sums")
	p.end()
	b.append("a", "1")
	p = <-pauses // it has seen that one after a first write
	b.holds("sums", "[10 a 10]")
	last := b.append("a", "1")
	b.must(f.WaitFor(t.Context(), last)) // nobody ends the pause: the wait does
	b.holds("sums", "[12 a 12]")
	if n := writes.Load(); n != 2 {
		t.Errorf("%d writes for 12 events, want 2", n)
	}
}

func TestNoEventsCollectWhileSomeoneWaits(t *testing.T) {
	t.Parallel()
	b := open(t, dbtest.SQLite(t))
	pauses := make(chan pause)
	b.clock = hand{pauses}
	f := b.add(b.tally("sums"))[0]
	served := make(chan error)
	go func() { served <- f.WaitFor(t.Context(), 3) }()
	b.run()
	paused := 0
	for range 3 {
		b.append("a", "1")
		for behind := true; behind; {
			select {
			case p := <-pauses: // one may begin before the wait
				paused++
				p.end()
			default:
			}
			l, err := f.Lag(t.Context())
			b.must(err)
			behind = l.Events > 0
		}
	}
	b.must(<-served)
	if paused > 1 {
		t.Errorf("%d pauses while someone waited", paused)
	}
}

func TestManyProjectionsReadTheStoreOnce(t *testing.T) {
	t.Parallel()
	b := open(t, dbtest.SQLite(t))
	b.fill(12_000) // 10,800 public ones: 22 pages
	var all []projection.Projection
	for i := range 10 {
		p := b.tally(fmt.Sprintf("sums_%d", i))
		p.Events = []string{"none"}
		all = append(all, p)
	}
	b.add(all...)
	b.must(b.Rebuild(t.Context()))
	// Each alone would read 22; some fall out of step on a busy machine.
	if n := b.store.reads.Load(); n < 20 || n > 110 {
		t.Errorf("ten projections read %d pages, of 22 each", n)
	}
}

func TestACheckpointIsNotWrittenForNothing(t *testing.T) {
	t.Parallel()
	b := open(t, dbtest.SQLite(t))
	p := b.tally("sums")
	p.Events = []string{"count.none"}
	f := b.add(p)[0]
	b.run()
	b.fill(1000)
	b.must(f.Current(t.Context()))
	if at := b.stored("sums"); at != 0 {
		t.Errorf("the checkpoint is %d though nothing was wanted", at)
	}
	b.fill(10_000)
	b.must(f.Current(t.Context()))
	if at := b.stored("sums"); at < 5_000 {
		t.Errorf("the checkpoint is %d after 11,000 events: a restart would look at them all", at)
	}
	at := b.stored("sums")
	b.fill(100)
	b.must(f.Current(t.Context()))
	if again := b.stored("sums"); again != at {
		t.Errorf("the checkpoint has moved from %d to %d for nothing", at, again)
	}
}

func TestALateProjectionSaysByHowMuch(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		p := b.tally("sums")
		b.add(p)
		b.append("a", "1")
		b.append("a", "1")
		before := time.Now()
		lags, err := b.Lags(b.t.Context())
		b.must(err)
		if l := lags[0]; len(lags) != 1 || l.Projection != "sums" || l.Events != 2 || l.Age <= 0 || l.Age > time.Since(before)+time.Minute || l.Fault != nil {
			b.t.Errorf("lag %+v", lags)
		}
		f := b.add(p)[0]
		b.run()
		b.must(f.Current(b.t.Context()))
		if l, err := f.Lag(b.t.Context()); err != nil || l.Events != 0 || l.Age != 0 {
			b.t.Errorf("caught up, and the lag is %+v, %v", l, err)
		}
	})
}

func TestAddRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	b := open(t, dbtest.SQLite(t))
	good := b.tally("sums")
	b.add(good)
	for want, change := range map[string]func(*projection.Projection){
		"the name must match":              func(p *projection.Projection) { p.Name = "A b" },
		"the version is 0":                 func(p *projection.Projection) { p.Version = 0 },
		"it has no fold":                   func(p *projection.Projection) { p.Begin = nil },
		"it has no tables":                 func(p *projection.Projection) { p.Tables = nil },
		`the table "x; DROP TABLE y"`:      func(p *projection.Projection) { p.Tables = []string{"x; DROP TABLE y"} },
		`the table "more" is listed twice`: func(p *projection.Projection) { p.Tables = []string{"more", "more"} },
		"two projections are called sums":  func(p *projection.Projection) { p.Name = "sums" },
		"both have the table sums":         func(p *projection.Projection) { p.Tables = []string{"more", "sums"} },
	} {
		p := good
		p.Name, p.Tables = "other", []string{"more"}
		change(&p)
		if _, err := b.Add(t.Context(), p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	b.run()
	b.stop()
	late := good
	late.Name, late.Tables = "late", []string{"late"}
	if _, err := b.Add(t.Context(), late); err == nil || !strings.Contains(err.Error(), "before the others run") {
		t.Errorf("added late: %v", err)
	}
}

func TestUpsertStoresAnyNumberOfRows(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		b.tally("sums")
		fold := newAdder(b.db, "sums")
		for _, n := range []int{0, 1, 3, 4, 15, 64, 85, 150} {
			dbtest.Exec(b.t, b.db, "DELETE FROM sums")
			for range 2 { // the second time all of them are there
				b.must(b.db.Write(b.t.Context(), func(ctx context.Context, tx db.Tx) error {
					var rows []*sum
					for i := range n {
						rows = append(rows, &sum{fmt.Sprint(i), int64(i), int64(2 * i)})
					}
					return fold.upsert.Write(ctx, tx, rows)
				}))
			}
			rows := projectiontest.Rows(b.t, b.db, "sums")["sums"]
			for i, row := range rows {
				var events, id, total int
				if _, err := fmt.Sscanf(row, "[%d %d %d]", &events, &id, &total); err != nil || events != id || total != 2*id {
					b.t.Errorf("row %d is %s", i, row)
				}
			}
			if len(rows) != n {
				b.t.Errorf("%d rows of %d", len(rows), n)
			}
		}
	})
}
