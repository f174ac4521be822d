package orchestrator

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/credential"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/idempotency"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Limits of what callers send.
const (
	maxNameLength  = 200
	maxLabels      = 64
	maxLabelLength = 256
	maxConfigBytes = 192 << 10
	maxInputBytes  = 1 << 20
)

// Create makes a workflow. It needs workflow.WorkflowWrite. An invalid
// configuration gives one error with every problem, and nothing is stored.
func (s *Service) Create(ctx context.Context, c workflow.Caller, r CreateRequest) (Created, error) {
	if err := s.admit(ctx, c, workflow.WorkflowWrite); err != nil {
		return Created{}, err
	}
	q, err := idempotency.New(c, "POST /workflows", r.IdempotencyKey, r)
	if err != nil {
		return Created{}, err
	}
	made, replayed, err := idempotency.Once(ctx, s.responses, q, func() (workflow.Definition, error) { return s.define(ctx, c, r, q) })
	return Created{Definition: made, Replayed: replayed}, err
}

// define makes a workflow.
func (s *Service) define(ctx context.Context, c workflow.Caller, r CreateRequest, q *idempotency.Request) (out workflow.Definition, err error) {
	version := workflow.VersionData{Kind: r.Type, Name: r.Name, Version: 1, Config: r.Config, Labels: r.Labels}
	writes, warnings, err := s.checkVersion(ctx, c.Workspace, &version, nil)
	if err != nil {
		return out, err
	}
	id := workflow.NewID()
	err = s.definitions.create(c.Workspace, id, func(d *definition) error {
		now := s.now()
		draft := definition{workspace: d.workspace, id: id, state: workflow.Active, newest: version, created: now, updated: now}
		out = draft.shown()
		out.Warnings = warnings
		memory, err := s.responses.Remember(q, out)
		if err != nil {
			return err
		}
		return s.record(ctx, c, d, workflow.EventCreated, version, append(writes, memory...))
	})
	return out, err
}

// Update gives a workflow a new version. It needs workflow.WorkflowWrite. Open
// executions keep the version that they have.
func (s *Service) Update(ctx context.Context, c workflow.Caller, id workflow.ID, r UpdateRequest) (workflow.Definition, error) {
	var out workflow.Definition
	if err := s.admit(ctx, c, workflow.WorkflowWrite); err != nil {
		return out, err
	}
	err := s.definitions.with(ctx, c.Workspace, id, true, func(d *definition) error {
		if d.state == workflow.Archived {
			return errArchived(id)
		}
		if err := matches(d, r.IfMatch); err != nil {
			return err
		}
		if r.Type != "" && r.Type != d.newest.Kind {
			return workflow.Invalid("type_is_fixed", "the type of a workflow cannot change; create a new one",
				workflow.Problem{Pointer: "/type", Code: "type_is_fixed", Detail: "this workflow is of type " + d.newest.Kind})
		}
		version := workflow.VersionData{Kind: d.newest.Kind, Name: r.Name, Version: d.newest.Version + 1, Config: r.Config, Labels: r.Labels}
		writes, warnings, err := s.checkVersion(ctx, c.Workspace, &version, d.newest.Config)
		if err != nil {
			return err
		}
		if err := s.record(ctx, c, d, workflow.EventUpdated, version, writes); err != nil {
			return err
		}
		out = d.shown()
		out.Warnings = warnings
		return nil
	})
	return out, err
}

// Archive retires a workflow permanently; it can still be read. It needs
// workflow.WorkflowWrite and fails with a conflict while executions are open.
func (s *Service) Archive(ctx context.Context, c workflow.Caller, id workflow.ID) error {
	if err := s.admit(ctx, c, workflow.WorkflowWrite); err != nil {
		return err
	}
	return s.definitions.with(ctx, c.Workspace, id, true, func(d *definition) error {
		if d.state == workflow.Archived {
			return nil
		}
		of := admission.Lane{Workspace: c.Workspace, Workflow: id}
		if begun, pending := s.admission.Open(of); begun+pending > 0 {
			n := begun + pending
			return workflow.Conflict("executions_open", "%d executions of this workflow are open; cancel them or let them end first", n)
		}
		if err := s.record(ctx, c, d, workflow.EventArchived, struct{}{}, s.cleanup(d)); err != nil {
			return err
		}
		s.admission.Halt(of, false) // nothing is left that a halt could hold
		return nil
	})
}

// cleanup returns the writes that remove what the kind keeps for the workflow.
func (s *Service) cleanup(d *definition) []db.Write {
	k := s.kinds.Kind(d.newest.Kind)
	if k == nil {
		return nil
	}
	return []db.Write{func(ctx context.Context, tx db.Tx) error { return k.Archive(ctx, tx, d.workspace, d.id) }}
}

// Get returns a workflow with its newest version. It needs workflow.WorkflowRead.
func (s *Service) Get(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Definition, error) {
	var out workflow.Definition
	if err := c.Require(workflow.WorkflowRead); err != nil {
		return out, err
	}
	err := s.definitions.with(ctx, c.Workspace, id, false, func(d *definition) error {
		out = d.shown()
		return nil
	})
	if err == nil {
		out.Warnings = s.warnings(out)
	}
	return out, err
}

// Versions returns all versions of a workflow, oldest first. It needs
// workflow.WorkflowRead.
func (s *Service) Versions(ctx context.Context, c workflow.Caller, id workflow.ID) ([]workflow.Version, error) {
	if err := c.Require(workflow.WorkflowRead); err != nil {
		return nil, err
	}
	var out []workflow.Version
	err := eachEvent(ctx, s.store, workflowStream(c.Workspace, id), func(e *eventstore.Event) error {
		if e.Type != workflow.EventCreated && e.Type != workflow.EventUpdated {
			return nil
		}
		var v workflow.VersionData
		err := json.Unmarshal(e.Data, &v)
		out = append(out, workflow.Version{Workflow: id, Number: v.Version, Name: v.Name, Config: v.Config, Labels: v.Labels,
			CreatedAt: e.Time, CreatedBy: workflow.PrincipalID(e.Meta.Actor.ID)})
		return err
	})
	if err == nil && len(out) == 0 {
		err = noWorkflow(id)
	}
	return out, err
}

// create calls use with a workflow that does not exist yet.
func (s *definitions) create(ws workflow.WorkspaceID, id workflow.ID, use func(*definition) error) error {
	d := s.take(ws, id)
	defer s.release(d)
	d.mu.Lock()
	defer d.mu.Unlock()
	return use(d)
}

// record appends one event to the stream of d, which the caller holds for
// writing, and applies it.
func (s *Service) record(ctx context.Context, c workflow.Caller, d *definition, kind string, data any, inline []db.Write) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	done, err := s.store.Append(ctx, eventstore.Batch{Inline: inline, Streams: []eventstore.StreamAppend{{
		Stream: d.streamID(), Expected: d.stream,
		Events: []eventstore.NewEvent{{Type: kind, Schema: 1, Data: raw, Meta: meta(c)}},
	}}})
	if err != nil {
		return fmt.Errorf("record %s of %s: %w", kind, d.id, err)
	}
	return d.apply(&done.Events[0])
}

// checkVersion validates a version and moves its credentials away. It returns
// what must be written along with it, and the warnings.
func (s *Service) checkVersion(ctx context.Context, ws workflow.WorkspaceID, v *workflow.VersionData, before json.RawMessage) ([]db.Write, []workflow.Problem, error) {
	faults := checkFrame(v)
	k := s.kinds.Kind(v.Kind)
	if k == nil {
		faults = append(faults, workflow.Problem{Pointer: "/type", Code: "unknown_type",
			Detail: fmt.Sprintf("%q is not a type of workflow; the types are: %s", v.Kind, strings.Join(s.kindNames(), ", "))})
		return nil, nil, workflow.Invalid("invalid_workflow", "the workflow cannot be accepted", faults...)
	}
	if len(v.Config) > maxConfigBytes || !json.Valid(v.Config) {
		faults = append(faults, workflow.Problem{Pointer: "/config", Code: "malformed",
			Detail: fmt.Sprintf("the configuration is a JSON object of at most %d KiB", maxConfigBytes>>10)})
		return nil, nil, workflow.Invalid("invalid_workflow", "the workflow cannot be accepted", faults...)
	}
	hidden, err := credential.Seal(ctx, s.secrets, ws, k.SecretPointers(), v.Config, before)
	if err != nil {
		return nil, nil, err
	}
	v.Config = hidden.Config
	found := k.Validate(v.Config)
	inConfig := append(hidden.Problems, found.Errors...)
	slices.SortStableFunc(inConfig, func(a, b workflow.Problem) int { return strings.Compare(a.Pointer, b.Pointer) })
	if faults = append(faults, below("/config", inConfig)...); len(faults) > 0 {
		return nil, nil, workflow.Invalid("invalid_workflow", "the workflow cannot be accepted", faults...)
	}
	return hidden.Writes, below("/config", found.Warnings), nil
}

// checkFrame checks what all kinds have in common, and trims the name.
func checkFrame(v *workflow.VersionData) []workflow.Problem {
	var faults []workflow.Problem
	v.Name = strings.TrimSpace(v.Name)
	if n := utf8.RuneCountInString(v.Name); n == 0 || n > maxNameLength || !utf8.ValidString(v.Name) {
		faults = append(faults, workflow.Problem{Pointer: "/name", Code: "length", Detail: fmt.Sprintf("give the workflow a name of 1 to %d characters", maxNameLength)})
	}
	if strings.ContainsFunc(v.Name, unicode.IsControl) { // they would act on the terminal of whoever lists workflows
		faults = append(faults, workflow.Problem{Pointer: "/name", Code: "invalid", Detail: "a name is one line without control characters; remove them"})
	}
	if len(v.Labels) > maxLabels {
		faults = append(faults, workflow.Problem{Pointer: "/labels", Code: "too_many", Detail: fmt.Sprintf("a workflow has at most %d labels", maxLabels)})
	}
	for key, value := range v.Labels {
		if key == "" || len(key) > maxLabelLength || len(value) > maxLabelLength {
			faults = append(faults, workflow.Problem{Pointer: "/labels", Code: "length", Detail: fmt.Sprintf("label names and values have at most %d bytes, names at least 1", maxLabelLength)})
			break
		}
	}
	return faults
}

// below puts the pointers of problems under a member of a larger document.
func below(prefix string, problems []workflow.Problem) []workflow.Problem {
	out := slices.Clone(problems)
	for i := range out {
		out[i].Pointer = prefix + out[i].Pointer
	}
	return out
}

// warnings checks a stored configuration again: a later build may support what an
// earlier one ignored.
func (s *Service) warnings(d workflow.Definition) []workflow.Problem {
	k := s.kinds.Kind(d.Type)
	if k == nil {
		return []workflow.Problem{{Pointer: "/type", Code: "unknown_type", Detail: "this build does not know this type, so the workflow cannot be started here"}}
	}
	return below("/config", k.Validate(d.Config).Warnings)
}

// matches compares the version that a caller has seen with the newest.
func matches(d *definition, seen int) error {
	if seen == 0 || seen == d.newest.Version {
		return nil
	}
	return &workflow.Error{Category: workflow.CategoryPrecondition, Code: "version_changed",
		Message: fmt.Sprintf("the workflow is at version %d, but you have seen version %d; read it again and repeat your change", d.newest.Version, seen)}
}

func errArchived(id workflow.ID) error {
	return workflow.Conflict("workflow_archived", "workflow %s is archived; it cannot be changed or started", id)
}

func meta(c workflow.Caller) eventstore.Meta {
	return eventstore.Meta{Actor: eventstore.Actor{Type: "principal", ID: string(c.Principal)}, TraceParent: c.TraceParent}
}
