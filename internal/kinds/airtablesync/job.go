package airtablesync

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// job is what all branches of one run share. One branch runs at a time.
type job struct {
	runState
	steps    steps
	config   Config
	input    Input
	bases    []*baseSync
	tables   []*tableSync // in the order of the plan's pairs
	progress ProgressTracker
}

// arrange sets the bases and tables, and shows them.
func (j *job) arrange(run engine.Run, bases []baseState, tables []tableState) {
	names := tableNames(j.config, tables)
	items := make([]engine.ProgressItem, len(tables))
	j.tables = make([]*tableSync, len(tables))
	for i, state := range tables {
		j.tables[i] = &tableSync{tableState: state, job: j, pair: i, name: names[i]}
		items[i] = engine.ProgressItem{Name: names[i], Done: state.Done, Total: state.Figures.Read}
	}
	j.bases = make([]*baseSync, len(bases))
	for i, state := range bases {
		j.bases[i] = &baseSync{baseState: state}
		for _, n := range state.Tables {
			j.bases[i].tables = append(j.bases[i].tables, j.tables[n])
		}
	}
	j.progress.Begin(run, "syncing", items...)
}

// sweepToken is short, because the link map keeps it for every row. A redrive has
// the token of its origin: what that has swept and listed counts as seen. A
// further generation has that of the first one, see runState.
func sweepToken(root engine.Root) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", root.Execution, root.Generation))
	return hex.EncodeToString(sum[:8])
}
