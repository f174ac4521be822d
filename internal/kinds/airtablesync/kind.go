package airtablesync

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Name is the type of these workflows in the API.
const Name = "airtable_sync"

// Options are what the kind works with. All are required, and all stay the
// caller's to close.
type Options struct {
	Airtable Airtable
	Secrets  kind.Secrets
	// Blobs keep pages of rows between the steps of one execution.
	Blobs blob.Store
	// DB holds the link map.
	DB *db.DB
}

// New declares the kind airtable_sync. Two runs of one workflow would read each
// other's marks, so they run one after the other.
func New(o Options) *kind.Kind {
	links := linkmap.New(o.DB)
	k := kind.New[Config, Input](Name, kind.Options{
		Title: "Airtable sync", Doc: "Keeps tables of Airtable target bases equal to tables of source bases, one way.",
		Concurrency: 1, Overlap: kind.QueueAll, Tables: links.Tables(), Examples: []json.RawMessage{example},
	})
	kind.CheckConfig(k, checkConfig)
	kind.CheckInput(k, checkInput)
	w := &Workflow{steps: declareSteps(k, newTools(k, o.Airtable, o.Secrets, o.Blobs, links))}
	kind.Workflow(k, kind.Main, w.Run)
	return k
}

// example is a configuration as people write it.
var example = json.RawMessage(`{
  "source_bases": [{"base_id": "appSource00000001", "api_key": "patSource.token", "tables": ["People"]}],
  "target_bases": [{"base_id": "appTarget00000001", "api_key": "patTarget.token"}]
}`)
