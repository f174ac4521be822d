package airtablesync

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// job is what all branches of one run share. One branch runs at a time.
type job struct {
	steps     steps
	config    Config
	rawConfig json.RawMessage
	input     Input
	token     string   // names the sweeps and listings of this run in the link map
	plan      blob.Ref // set once the schemas are settled
	warnings  []plan.Warning
	calls     Calls
	progress  ProgressTracker
}

// sweepToken is short, because the link map keeps it for every row.
func sweepToken(execution string) string {
	sum := sha256.Sum256([]byte(execution))
	return hex.EncodeToString(sum[:8])
}
