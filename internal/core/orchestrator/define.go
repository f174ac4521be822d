package orchestrator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/credential"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/idempotency"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Limits of what callers send.
const (
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
	err = s.definitions.Create(c.Workspace, id, func(d *definition.Definition) error {
		out = definition.Draft(id, version, s.now())
		out.Warnings = warnings
		memory, err := s.responses.Remember(q, out)
		if err != nil {
			return err
		}
		return s.definitions.Record(ctx, d, meta(c), workflow.EventCreated, version, append(writes, memory...))
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
	err := s.definitions.Change(ctx, c.Workspace, id, func(d *definition.Definition) error {
		if d.State == workflow.Archived {
			return errArchived(id)
		}
		if err := matches(d, r.IfMatch); err != nil {
			return err
		}
		if r.Type != "" && r.Type != d.Newest.Kind {
			return workflow.Invalid("type_is_fixed", "the type of a workflow cannot change; create a new one",
				workflow.Problem{Pointer: "/type", Code: "type_is_fixed", Detail: "this workflow is of type " + d.Newest.Kind})
		}
		version := workflow.VersionData{Kind: d.Newest.Kind, Name: r.Name, Version: d.Newest.Version + 1, Config: r.Config, Labels: r.Labels}
		writes, warnings, err := s.checkVersion(ctx, c.Workspace, &version, d.Newest.Config)
		if err != nil {
			return err
		}
		if err := s.definitions.Record(ctx, d, meta(c), workflow.EventUpdated, version, writes); err != nil {
			return err
		}
		out = d.Shown()
		out.Warnings = warnings
		return nil
	})
	return out, err
}

// Archive retires a workflow permanently; it can still be read. It needs
// workflow.WorkflowWrite and fails with a conflict while executions are open. seen
// is UpdateRequest.IfMatch.
func (s *Service) Archive(ctx context.Context, c workflow.Caller, id workflow.ID, seen ...int) error {
	if err := s.admit(ctx, c, workflow.WorkflowWrite); err != nil {
		return err
	}
	return s.definitions.Change(ctx, c.Workspace, id, func(d *definition.Definition) error {
		if d.State == workflow.Archived {
			return nil
		}
		if err := matches(d, seen); err != nil {
			return err
		}
		of := admission.Lane{Workspace: c.Workspace, Workflow: id}
		if begun, pending := s.admission.Open(of); begun+pending > 0 {
			n := begun + pending
			return workflow.Conflict("executions_open", "%d executions of this workflow are open; cancel them or let them end first", n)
		}
		if err := s.definitions.Record(ctx, d, meta(c), workflow.EventArchived, struct{}{}, s.cleanup(d)); err != nil {
			return err
		}
		s.admission.Halt(of, false) // nothing is left that a halt could hold
		return nil
	})
}

// cleanup returns the writes that remove what the kind keeps for the workflow.
func (s *Service) cleanup(d *definition.Definition) []db.Write {
	k := s.kinds.Kind(d.Newest.Kind)
	if k == nil {
		return nil
	}
	return []db.Write{func(ctx context.Context, tx db.Tx) error { return k.Archive(ctx, tx, d.Workspace, d.ID) }}
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
	hidden, err := credential.Seal(ctx, s.secrets, ws, k, v.Config, before)
	if err != nil {
		return nil, nil, err
	}
	v.Config = hidden.Config
	found := k.Validate(v.Config)
	inConfig := append(hidden.Problems, found.Errors...)
	slices.SortStableFunc(inConfig, func(a, b workflow.Problem) int { return strings.Compare(a.Pointer, b.Pointer) })
	inConfig = slices.Compact(inConfig) // what cannot be read is said by both
	if faults = append(faults, workflow.Under("/config", inConfig)...); len(faults) > 0 {
		return nil, nil, workflow.Invalid("invalid_workflow", "the workflow cannot be accepted", faults...)
	}
	return hidden.Writes, workflow.Under("/config", found.Warnings), nil
}

func (s *Service) kindNames() []string {
	var names []string
	for _, k := range s.Kinds() {
		names = append(names, k.Name())
	}
	return names
}

// checkFrame checks what all kinds have in common, and trims the name.
func checkFrame(v *workflow.VersionData) []workflow.Problem {
	var faults []workflow.Problem
	v.Name, faults = workflow.CheckName(v.Name)
	return append(faults, checkLabels(v.Labels)...)
}

// checkLabels finds every label that is at fault.
func checkLabels(labels map[string]string) []workflow.Problem {
	var faults []workflow.Problem
	if len(labels) > maxLabels {
		faults = append(faults, workflow.Problem{Pointer: "/labels", Code: "too_many", Detail: fmt.Sprintf("a workflow has at most %d labels", maxLabels)})
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		value, at := labels[key], "/labels/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		if n := utf8.RuneCountInString(key); strings.TrimSpace(key) == "" || max(n, utf8.RuneCountInString(value)) > maxLabelLength {
			faults = append(faults, workflow.Problem{Pointer: at, Code: "length", Detail: fmt.Sprintf("the name and the value of a label have at most %d characters, and the name is not blank", maxLabelLength)})
		}
		if text := key + value; strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
			faults = append(faults, workflow.Problem{Pointer: at, Code: "invalid", Detail: "the name and the value of a label have no control characters; remove them"})
		}
	}
	return faults
}

// matches compares the versions that a caller has seen with the newest.
func matches(d *definition.Definition, seen []int) error {
	if seen == nil || slices.Contains(seen, d.Newest.Version) {
		return nil
	}
	have := "you have seen no version of it"
	if len(seen) > 0 {
		have = fmt.Sprintf("you have seen version %d", slices.Max(seen))
	}
	return &workflow.Error{Category: workflow.CategoryPrecondition, Code: "version_changed",
		Message: fmt.Sprintf("the workflow is at version %d, but %s; read it again and repeat your change", d.Newest.Version, have)}
}

func errArchived(id workflow.ID) error {
	return workflow.Conflict("workflow_archived", "workflow %s is archived; it cannot be changed or started", id)
}

func meta(c workflow.Caller) eventstore.Meta {
	return eventstore.Meta{Actor: eventstore.Actor{Type: "principal", ID: string(c.Principal)}, TraceParent: c.TraceParent}
}
