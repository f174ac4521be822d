package airtablesync

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// savedState is how far a run is: everything that a generation leaves to the next
// one, beside the input. It is kept in blobs, and only their names travel in the
// journal. It names tables, blobs and rows, and holds no cell.
//
// Its size follows from the tables, some 400 bytes for each, and not from the
// rows: lists of parts are folded before (see fold).
type savedState struct {
	runState
	Bases  []baseState  `json:"bases,omitempty"`
	Tables []tableState `json:"tables,omitempty"`
}

// runState is the part of the state that all tables share.
type runState struct {
	// Token names the sweeps and listings of this run in the link map. It is drawn
	// by the first generation and the same in all: what one of them has seen must
	// count as seen when a later one looks for what is missing.
	Token string `json:"token"`
	// Schemas is nil once they are settled; then Plan is set.
	Schemas  *schemaState   `json:"schemas,omitempty"`
	Plan     kind.Ref       `json:"plan,omitzero"`
	Warnings []plan.Warning `json:"warnings,omitempty"` // of the plan
	Calls    Calls          `json:"calls"`
}

// schemaState is how far the schemas are.
type schemaState struct {
	Round   int          `json:"round,omitempty"`
	Sources []baseSchema `json:"sources,omitempty"` // read so far, in the order of the configuration
	Targets []baseSchema `json:"targets,omitempty"` // in this round
	Made    *planMade    `json:"made,omitempty"`    // by this round, once all targets have been read
	Change  int          `json:"change,omitempty"`  // the next of its changes
	Fresh   []string     `json:"fresh,omitempty"`   // target tables that cannot hold a row of ours
}

// baseState is how far a target base is.
type baseState struct {
	Tables []int `json:"tables"`          // by their numbers
	Phase  int   `json:"phase,omitempty"` // of baseSync.sync
}

// tableState is how far a pair of tables is.
type tableState struct {
	Figures TableSummary `json:"figures"`
	Source  reading      `json:"source"`
	Target  *reading     `json:"target,omitempty"`  // nil: the target is not listed
	Pages   []part       `json:"pages,omitempty"`   // of source rows, to be compared
	Changes []part       `json:"changes,omitempty"` // rows to be written
	Later   []part       `json:"later,omitempty"`   // rows whose links wait for other rows
	// Unmet counts rows of ours that the listing has found and no source page has
	// named yet.
	Unmet      int        `json:"unmet,omitempty"`
	Altered    []string   `json:"altered,omitempty"` // fields, as warnings name them
	Duplicates int64      `json:"duplicates,omitempty"`
	Done       int64      `json:"done,omitempty"` // rows, as progress shows them
	Owing      owingState `json:"owing,omitzero"`
	Gone       goneState  `json:"gone,omitzero"`
}

// reading is where the listing of a table is.
type reading struct {
	At       airtable.Position `json:"at"`
	Restarts int               `json:"restarts,omitempty"` // how often it has expired
}

// owingState is how far the rows are of which the target lacks something.
type owingState struct {
	Known  bool                `json:"known,omitempty"` // there are such rows
	Read   bool                `json:"read,omitempty"`  // all of them were found and read
	After  airtable.RecordID   `json:"after,omitempty"` // the last one that was found
	Rows   []airtable.RecordID `json:"rows,omitempty"`  // found, to be read
	Lookup reading             `json:"lookup,omitzero"` // of Rows
}

// goneState is how far the search for rows is whose source rows are gone.
type goneState struct {
	Stage  goneStage         `json:"stage,omitempty"`
	After  airtable.RecordID `json:"after,omitempty"` // the last source row that was found to be missing
	Rows   []linkmap.Gone    `json:"rows,omitempty"`  // found, to be looked up or deleted
	Lookup reading           `json:"lookup,omitzero"` // of Rows
}

// carried is what travels in the journal: the pieces of the state, in order.
type carried struct {
	Pieces []kind.Ref `json:"pieces"`
}

// maxPieceBytes bounds a piece of the state. It is text within JSON, which may
// double it, and has to fit into engine.MaxValueBytes.
const maxPieceBytes = 100_000

// takeUp begins a run, or goes on where the generation before has stopped.
func (w *Workflow) takeUp(run engine.Run, s kind.Start[Config, Input]) (*job, error) {
	j := &job{steps: w.steps, config: s.Config, input: s.Input.settled()}
	if s.Carried == nil {
		j.Token, j.Schemas = sweepToken(run.Info().Root), &schemaState{}
		return j, nil
	}
	var from carried
	if err := json.Unmarshal(s.Carried, &from); err != nil {
		return nil, unreadableState(err)
	}
	var text strings.Builder
	for _, ref := range from.Pieces {
		piece, err := loadRows[string](run, j.steps, part{Ref: ref, To: 1})
		if err != nil {
			return nil, err
		}
		text.WriteString(piece[0])
	}
	var state savedState
	if err := json.Unmarshal([]byte(text.String()), &state); err != nil {
		return nil, unreadableState(err)
	}
	if j.runState = state.runState; j.Schemas == nil {
		j.arrange(run, state.Bases, state.Tables)
	}
	return j, nil
}

func unreadableState(err error) error {
	return &engine.Error{Class: failure.Fatal, Code: "bad_state",
		Message: fmt.Sprintf("this build cannot read how far the run was: %v; start a new run", err)}
}

// goOn ends the generation: the next one does what is left. Every branch has
// stopped.
func (j *job) goOn(run engine.Run, in Input) error {
	if err := j.fold(run); err != nil {
		return err
	}
	state := savedState{runState: j.runState}
	for _, b := range j.bases {
		state.Bases = append(state.Bases, b.baseState)
	}
	for _, t := range j.tables {
		state.Tables = append(state.Tables, t.tableState)
	}
	text, err := json.Marshal(state)
	if err != nil {
		return err
	}
	var to carried
	for _, piece := range inPieces(string(text), maxPieceBytes) {
		ref, err := keepRows(run, j.steps, []string{piece})
		if err != nil {
			return err
		}
		to.Pieces = append(to.Pieces, ref)
	}
	return kind.ContinueWith(in, to)
}

// inPieces cuts text between its characters.
func inPieces(text string, most int) []string {
	var pieces []string
	for len(text) > most {
		cut := most
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		pieces, text = append(pieces, text[:cut]), text[cut:]
	}
	return append(pieces, text)
}
