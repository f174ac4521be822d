package airtablesync

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
)

// job is what all branches of one run share. One branch runs at a time.
type job struct {
	steps    steps
	config   Config
	input    Input
	token    string   // names the sweeps and listings of this run in the link map
	plan     kind.Ref // set once the schemas are settled
	warnings []plan.Warning
	calls    Calls
	progress ProgressTracker
}

// sweepToken is short, because the link map keeps it for every row. A redrive has
// the token of its origin: what that has swept and listed counts as seen.
func sweepToken(root engine.Root) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", root.Execution, root.Generation))
	return hex.EncodeToString(sum[:8])
}
