package airtablesync

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/crm"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/stage"
)

// TortureOptions say how severe the test is. Torture sets the speed itself and
// never continues from an earlier start.
type TortureOptions struct {
	stage.Options
	Kills int    // rounds with a SIGKILL at a random moment
	Drops int    // rounds in which a write's response is lost before the kill
	Seed  uint64 // of all random choices; it is printed
}

// tortureSpeed scales Airtable's limits so that a run lasts long enough to
// be interrupted midway.
const tortureSpeed = 40

// torture is a pair of bases and the source of all random choices.
type torture struct {
	*pair
	rand   *rand.Rand
	usual  time.Duration // how long a run takes, to choose the moment of a kill
	made   int           // tables and fields added to the source so far
	counts tally
}

// tally counts what was done to the server and how it reacted.
type tally struct {
	kills, missed, drops int // missed: the run had ended before the kill
	restart              time.Duration
}

// Torture returns nil only if the bases were equal after every round.
func Torture(ctx context.Context, o TortureOptions) error {
	fmt.Fprintf(o.Out, "torture: %d kills, %d lost answers, %d records, seed %d\n", o.Kills, o.Drops, o.Records, o.Seed)
	t, err := openTorture(ctx, o)
	if err != nil {
		return err
	}
	defer t.Close()
	begin := time.Now()
	for i := range o.Kills {
		if err := t.killRound(ctx, i); err != nil {
			return t.Explain(fmt.Errorf("kill %d of %d (seed %d): %w", i+1, o.Kills, o.Seed, err))
		}
	}
	for i := range o.Drops {
		if err := t.dropRound(ctx, i); err != nil {
			return t.Explain(fmt.Errorf("lost answer %d of %d (seed %d): %w", i+1, o.Drops, o.Seed, err))
		}
	}
	rounds := o.Kills + o.Drops
	t.Sayf("%d kills at random moments (%d of them in the middle of a run), %d lost answers: bases equal after every round, 0 duplicate, 0 missing",
		t.counts.kills, t.counts.kills-t.counts.missed, t.counts.drops)
	t.Sayf("ready again after %.2f s on average; %.0f s in all", t.counts.restart.Seconds()/float64(max(1, rounds)), time.Since(begin).Seconds())
	return nil
}

// openTorture starts both processes with a filled source and an empty target.
func openTorture(ctx context.Context, o TortureOptions) (*torture, error) {
	o.Speed, o.Fresh = tortureSpeed, true
	opened, err := open(ctx, o.Options)
	if err != nil {
		return nil, err
	}
	t := &torture{pair: opened, rand: rand.New(rand.NewPCG(o.Seed, 1)), usual: 300 * time.Millisecond}
	if err := t.prepare(ctx, o.Records); err != nil {
		err = t.Explain(err)
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *torture) prepare(ctx context.Context, records int) error {
	if _, err := t.source.Fill(ctx, "Source", crm.New(records)); err != nil {
		return err
	}
	if err := t.target.CreateEmpty(ctx, "Target"); err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"source_bases":        []endpoint{{BaseID: string(t.source.ID), APIKey: string(t.source.Token)}},
		"target_bases":        []endpoint{{BaseID: string(t.target.ID), APIKey: string(t.target.Token)}},
		"conflict_resolution": "source_wins",
	})
	if err != nil {
		return err
	}
	return t.createSync(ctx, config)
}

// killRound changes the source, starts a run, kills the server at a random moment
// of the run, starts it again and expects equal bases at the end.
func (t *torture) killRound(ctx context.Context, round int) error {
	mode := full
	if round%3 == 2 {
		mode = incremental
	}
	if err := t.source.Disturb(ctx, t.rand, mode == full && round > 0); err != nil {
		return err
	}
	begin := time.Now()
	id, err := t.execute(ctx, mode)
	if err != nil {
		return err
	}
	pause(ctx, time.Duration(t.rand.Int64N(int64(t.usual))))
	t.Server.Kill()
	killed := time.Now()
	t.counts.kills++
	x, err := t.recover(ctx, id)
	if err != nil {
		return err
	}
	if x.EndedAt.Before(killed) { // too late: aim earlier
		t.counts.missed++
		t.usual = max(x.EndedAt.Sub(begin), 10*time.Millisecond)
	} else {
		t.usual += t.usual / 4
	}
	return t.expectEqual(ctx)
}

// dropRound makes the sync write a record, a table or a field, or delete a record,
// drops the response after the write has taken effect, kills the server and expects
// no duplicate at the end.
func (t *torture) dropRound(ctx context.Context, round int) error {
	writes := t.lostWrites()
	w := writes[round%len(writes)]
	if err := w.cause(ctx); err != nil {
		return fmt.Errorf("prepare a %s: %w", w.name, err)
	}
	if err := t.Simulator.LoseResponse(ctx, w.method, w.path); err != nil {
		return err
	}
	id, err := t.execute(ctx, full)
	if err != nil {
		return err
	}
	if err := t.Simulator.WaitForLoss(ctx); err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	t.Server.Kill()
	t.counts.drops++
	if err := t.Simulator.ClearFaults(ctx); err != nil {
		return err
	}
	if _, err := t.recover(ctx, id); err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	return t.expectEqual(ctx)
}

// lostWrite is a write of the sync whose response gets lost.
type lostWrite struct {
	name, method, path string
	cause              func(context.Context) error // makes the sync want to write
}

// lostWrites has one write of each kind that the sync makes.
func (t *torture) lostWrites() []lostWrite {
	target := string(t.target.ID)
	return []lostWrite{
		{"record", "PATCH", "/v0/" + target + "/*", func(ctx context.Context) error { return t.source.Disturb(ctx, t.rand, false) }},
		{"table", "POST", "/v0/meta/bases/" + target + "/tables", func(ctx context.Context) error { return t.source.AddTable(ctx, t.next()) }},
		{"field", "POST", "/v0/meta/bases/" + target + "/tables/*/fields", func(ctx context.Context) error { return t.source.AddField(ctx, t.rand, t.next()) }},
		{"delete", "DELETE", "/v0/" + target + "/*", func(ctx context.Context) error { return t.source.DeleteSome(ctx, t.rand, 2) }},
	}
}

// next numbers the tables and fields that are added to the source.
func (t *torture) next() int {
	t.made++
	return t.made
}

// recover starts the server again and follows the execution to its end.
func (t *torture) recover(ctx context.Context, id workflow.ExecutionID) (workflow.Execution, error) {
	begin := time.Now()
	if err := t.Server.Start(ctx); err != nil {
		return workflow.Execution{}, err
	}
	t.counts.restart += time.Since(begin)
	if err := t.Server.Follow(ctx, id, nil); err != nil {
		return workflow.Execution{}, err
	}
	return t.Server.Completed(ctx, id)
}

func (t *torture) expectEqual(ctx context.Context) error {
	c, err := t.compare(ctx)
	if err != nil {
		return err
	}
	if !c.equal() {
		return fmt.Errorf("the bases differ (missing %d, duplicate %d, extra %d, different %d): %s", c.missing, c.duplicate, c.extra, c.different, c.first)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
