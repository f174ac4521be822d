package readmodel

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// foldWorkflow folds an event of a definition. The rows that it needs are held.
func foldWorkflow(rows *held, e *eventstore.Event) error {
	key := name{e.Stream.Workspace, e.Stream.ID}
	if e.Type == workflow.EventDiscarded {
		return foldDiscarded(rows, e)
	}
	if e.Type == workflow.EventCreated {
		r := &workflowRow{seq: e.Position, workspace: key.workspace, id: key.id, state: string(workflow.Active),
			created: e.Time.UnixMicro(), figures: newFigures()}
		rows.workflows[key] = r
		rows.recounted(r)
	}
	r := rows.workflows[key]
	if r == nil {
		return nil
	}
	if err := r.take(e); err != nil {
		return err
	}
	r.updated = e.Time.UnixMicro()
	rows.changed(r)
	return nil
}

// take changes the row as an event says.
func (r *workflowRow) take(e *eventstore.Event) error {
	switch e.Type {
	case workflow.EventCreated, workflow.EventUpdated:
		var v workflow.VersionData
		if err := json.Unmarshal(e.Data, &v); err != nil {
			return err
		}
		r.kind, r.name, r.version, r.config, r.labels = v.Kind, v.Name, int64(v.Version), string(v.Config), labelsJSON(v.Labels)
	case workflow.EventPaused:
		r.state = string(workflow.Halted)
	case workflow.EventResumed:
		r.state = string(workflow.Active)
	case workflow.EventArchived:
		r.state = string(workflow.Archived)
	}
	return nil
}

// foldDiscarded notes that the redrive of an execution was given up.
func foldDiscarded(rows *held, e *eventstore.Event) error {
	d, err := discarded(e)
	if err != nil {
		return err
	}
	if r := rows.executions[name{e.Stream.Workspace, string(d.Execution)}]; r != nil {
		r.more.DiscardedAt = e.Time.UnixMicro()
		rows.moved(r)
	}
	return nil
}

// labelsJSON writes labels in the order of their names.
func labelsJSON(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	raw, _ := json.Marshal(labels) // strings always encode
	return string(raw)
}

// discarded reads the data of the event that a redrive was given up.
func discarded(e *eventstore.Event) (d workflow.Discarded, err error) {
	return d, json.Unmarshal(e.Data, &d)
}
