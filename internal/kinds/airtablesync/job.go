package airtablesync

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// job is the state of one run of the workflow function. The branches of a run
// share it: one of them runs at a time.
type job struct {
	config   Config
	input    Input
	raw      json.RawMessage
	token    string // names this run's sweeps and listings in the link map
	plan     blob.Ref
	tables   []*table
	groups   [][]*table // by target base, in writing order
	warnings []Warning
	calls    Calls
	progress ProgressTracker
}

// table is the state of one pair of tables in a run.
type table struct {
	pair    int
	info    pairInfo
	changes []Part // rows to write
	later   []Part // rows whose links wait for others
	listing string // "": the target was not listed
	mark    time.Time
	doubled int64
	figures TableSummary
}

// sweepToken is short because the link map keeps it for every row.
func sweepToken(execution string) string {
	sum := sha256.Sum256([]byte(execution))
	return hex.EncodeToString(sum[:8])
}

// take keeps a finished plan.
func (j *job) take(made planMade) {
	j.plan = made.Plan
	j.warnings = append(j.warnings, made.Warnings...)
	for i, info := range made.Pairs {
		mode := ModeIncremental
		if info.Full {
			mode = ModeFull
		}
		j.tables = append(j.tables, &table{pair: i, info: info, figures: TableSummary{
			SourceBase: string(info.SourceBase), SourceTable: info.SourceTable,
			TargetBase: string(info.TargetBase), TargetTable: info.TargetTable, Mode: mode}})
	}
	for _, group := range made.Groups {
		var tables []*table
		for _, i := range group {
			tables = append(tables, j.tables[i])
		}
		j.groups = append(j.groups, tables)
	}
}

func (j *job) begin(run engine.Run) {
	names := make([]string, len(j.tables))
	for i, t := range j.tables {
		names[i] = t.info.SourceTable
		if len(j.config.SourceBases)+len(j.config.TargetBases) > 2 {
			names[i] = fmt.Sprintf("%s (%s → %s)", t.info.SourceTable, t.info.SourceBase, t.info.TargetBase)
		}
	}
	j.progress.Begin(run, "syncing", names...)
}

// start is where reading the source begins.
func (t *table) start() airtable.Position {
	if t.info.Full {
		return airtable.StartAll()
	}
	return airtable.StartChanged(t.info.Since)
}

// compared adds the findings of one page.
func (t *table) compared(c pageCompared) {
	t.figures.Read += int64(c.Count + c.Unchanged)
	t.figures.Unchanged += int64(c.Unchanged)
	t.figures.SkippedLinks += int64(c.SkippedLinks)
	if c.Count > 0 {
		t.changes = append(t.changes, Part{Ref: c.Changes, From: 0, To: c.Count})
	}
}

// take returns what a pass has to write, once.
func (t *table) take(pass string) []Part {
	parts := t.changes
	if pass == passLinks {
		parts, t.later = t.later, nil
		return parts
	}
	t.changes = nil
	return parts
}

// wrote adds what a batch did.
func (t *table) wrote(batch []Part, w batchWritten) {
	t.figures.Created += int64(w.Created)
	t.figures.Updated += int64(w.Updated)
	t.figures.OpenLinks += int64(w.Open)
	t.later = append(t.later, rowsOf(batch, w.Later)...)
}

func (t *table) held(count goneCounted) DeletesHeld {
	return DeletesHeld{Base: t.info.TargetBase, Table: t.info.TargetID, Name: t.info.TargetTable,
		Missing: count.Missing, Rows: count.Rows}
}

// completed lists what becomes valid with the end of the run.
func (j *job) completed() []completedPair {
	var done []completedPair
	for _, t := range j.tables {
		pair := completedPair{Pair: t.pair, Mark: t.mark}
		if t.figures.OpenLinks > 0 {
			pair.Mark = j.firstMark()
		}
		if t.info.Full {
			pair.Sweep, pair.Listing = j.token, t.listing
		}
		done = append(done, pair)
	}
	return done
}

// firstMark is where the run began. A row may link to one that appeared after
// that one's table was read and before its own was: read from here, both are
// found by the next run.
func (j *job) firstMark() time.Time {
	var first time.Time
	for _, t := range j.tables {
		if !t.mark.IsZero() && (first.IsZero() || t.mark.Before(first)) {
			first = t.mark
		}
	}
	return first
}

func (j *job) summary() Summary {
	s := Summary{Calls: j.calls, Warnings: j.warnings}
	s.Calls.Total = s.Calls.Schema + s.Calls.Read + s.Calls.Write + s.Calls.Delete
	for _, t := range j.tables {
		s.Tables = append(s.Tables, t.figures)
		s.Warnings = append(s.Warnings, t.warnings(j.input.Mode)...)
	}
	return s
}

// warnings are what a person should know although the run has completed.
func (t *table) warnings(asked Mode) []Warning {
	var all []Warning
	warn := func(code string, count int64, format string, args ...any) {
		if count > 0 {
			all = append(all, Warning{Code: code, Table: t.info.TargetTable, Count: count, Detail: fmt.Sprintf(format, args...)})
		}
	}
	if asked == ModeIncremental && t.info.Full {
		warn("read_in_full", 1, "no full run has completed with this mapping, so the table was read in full")
	}
	warn("deletes_held", t.figures.Held, "%d rows disappeared from the source, more than a run deletes without being told to; "+
		"run again with {\"allow_deletes\": true} if that is meant", t.figures.Held)
	warn("doubled_rows", t.doubled, "%d target rows carry the source id of another row; delete the copies by hand", t.doubled)
	warn("open_links", t.figures.OpenLinks, "%d links lead to rows that are not in the target; the next run writes those that appeared in the source meanwhile, a full run all", t.figures.OpenLinks)
	return all
}

// tens cuts rows into batches of ten.
func tens(gone []linkmap.Gone) [][]linkmap.Gone {
	var batches [][]linkmap.Gone
	for len(gone) > 0 {
		n := min(len(gone), airtable.MaxBatch)
		batches = append(batches, gone[:n])
		gone = gone[n:]
	}
	return batches
}
