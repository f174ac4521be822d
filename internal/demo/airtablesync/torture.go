package demo

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// TortureOptions say how hard the sync is tried.
type TortureOptions struct {
	Dir      string
	Kills    int    // rounds with a SIGKILL at a random moment
	Drops    int    // rounds in which a write's answer is lost before the kill
	Records  int    // in the source base, about
	Seed     uint64 // of all chance; printed
	Out      io.Writer
	Binary   string // of the product; empty: this process's own
	Database string // URL; empty: SQLite in Dir
}

// tortureSpeed scales Airtable's limits so that a run lasts long enough to be
// hit in its middle.
const tortureSpeed = 40

// torture is a stage and the chance that rules it.
type torture struct {
	*stage
	rand   *rand.Rand
	tables []crmTable
	usual  time.Duration // how long a run takes, for the choice of moments
	made   int           // tables and fields added to the source so far
	counts tally
}

// tally is what was done to the server, and seen of it.
type tally struct {
	kills, missed, drops int // missed: the run had ended before the kill
	restart              time.Duration
}

// Torture ends with nil only if the bases were equal after every round.
func Torture(ctx context.Context, o TortureOptions) error {
	fmt.Fprintf(o.Out, "torture: %d kills, %d lost answers, %d records, seed %d\n", o.Kills, o.Drops, o.Records, o.Seed)
	t, err := openTorture(ctx, o)
	if err != nil {
		return err
	}
	defer t.close()
	begin := time.Now()
	for i := range o.Kills {
		if err := t.killRound(ctx, i); err != nil {
			return t.explain(fmt.Errorf("kill %d of %d (seed %d): %w", i+1, o.Kills, o.Seed, err))
		}
	}
	for i := range o.Drops {
		if err := t.dropRound(ctx, i); err != nil {
			return t.explain(fmt.Errorf("lost answer %d of %d (seed %d): %w", i+1, o.Drops, o.Seed, err))
		}
	}
	rounds := o.Kills + o.Drops
	t.sayf("%d kills at random moments (%d of them in the middle of a run), %d lost answers: bases equal after every round, 0 doubled, 0 missing",
		t.counts.kills, t.counts.kills-t.counts.missed, t.counts.drops)
	t.sayf("ready again after %.2f s on average; %.0f s in all", t.counts.restart.Seconds()/float64(max(1, rounds)), time.Since(begin).Seconds())
	return nil
}

// openTorture starts both processes over a filled source and an empty target.
func openTorture(ctx context.Context, o TortureOptions) (*torture, error) {
	s, err := openStage(ctx, Options{Dir: o.Dir, Records: o.Records, Speed: tortureSpeed, Out: o.Out, Binary: o.Binary, Database: o.Database, fresh: true})
	if err != nil {
		return nil, err
	}
	t := &torture{stage: s, rand: rand.New(rand.NewPCG(o.Seed, 1)), tables: newCRM(o.Records), usual: 300 * time.Millisecond}
	if err := t.prepare(ctx); err != nil {
		err = t.explain(err)
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *torture) prepare(ctx context.Context) error {
	if _, err := t.source.fill(ctx, "Source", t.tables); err != nil {
		return err
	}
	if err := t.target.createEmpty(ctx, "Target"); err != nil {
		return err
	}
	return t.server.createSync(ctx, &t.state, object{
		"source_bases":        []object{{"base_id": t.source.base, "api_key": string(t.ends.SourceBases[0].APIKey)}},
		"target_bases":        []object{{"base_id": t.target.base, "api_key": string(t.ends.TargetBases[0].APIKey)}},
		"conflict_resolution": "source_wins",
	})
}

// killRound changes the source, starts a run, kills the server at a random
// moment of it, starts it again and expects equal bases at the end.
func (t *torture) killRound(ctx context.Context, round int) error {
	mode := "full"
	if round%3 == 2 {
		mode = "incremental"
	}
	if err := t.source.disturb(ctx, t.rand, mode == "full" && round > 0); err != nil {
		return err
	}
	begin := time.Now()
	id, err := t.server.execute(ctx, t.state.Workflow, mode)
	if err != nil {
		return err
	}
	pause(ctx, time.Duration(t.rand.Int64N(int64(t.usual))))
	t.server.kill()
	killed := time.Now()
	t.counts.kills++
	if err := t.recover(ctx, id); err != nil {
		return err
	}
	ended, err := t.server.endOf(ctx, id)
	if err != nil {
		return err
	}
	if ended.Before(killed) { // too late: aim earlier
		t.counts.missed++
		t.usual = max(ended.Sub(begin), 10*time.Millisecond)
	} else {
		t.usual += t.usual / 4
	}
	return t.expectEqual(ctx)
}

// dropRound makes the sync write a record, a table, a field or a delete,
// loses the answer of that write after it has taken effect, kills the server
// and expects no double at the end.
func (t *torture) dropRound(ctx context.Context, round int) error {
	writes := t.lostWrites()
	w := writes[round%len(writes)]
	if err := w.cause(ctx); err != nil {
		return fmt.Errorf("prepare a %s: %w", w.name, err)
	}
	if err := t.sim.dropAnswer(ctx, w.method, w.path); err != nil {
		return err
	}
	id, err := t.server.execute(ctx, t.state.Workflow, "full")
	if err != nil {
		return err
	}
	if err := t.sim.waitHit(ctx); err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	t.server.kill()
	t.counts.drops++
	if err := t.sim.clearFaults(ctx); err != nil {
		return err
	}
	if err := t.recover(ctx, id); err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	return t.expectEqual(ctx)
}

// recover starts the server again and follows the execution to its end.
func (t *torture) recover(ctx context.Context, id string) error {
	begin := time.Now()
	if err := t.server.start(ctx); err != nil {
		return err
	}
	t.counts.restart += time.Since(begin)
	if err := t.server.follow(ctx, id, func(int64, int64) bool { return true }); err != nil {
		return err
	}
	return t.server.mustComplete(ctx, id)
}

func (t *torture) expectEqual(ctx context.Context) error {
	c, err := compareBases(ctx, t.source, t.target)
	if err != nil {
		return err
	}
	if !c.equal() {
		return fmt.Errorf("the bases differ (missing %d, doubled %d, extra %d, different %d): %s", c.Missing, c.Doubled, c.Extra, c.Different, c.First)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
