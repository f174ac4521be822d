package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/idempotency"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret/vault"
)

// Options says what a service works with.
type Options struct {
	Store  eventstore.Store
	DB     *db.DB
	Engine engine.Engine
	// Hub is the engine's observer and its places.
	Hub *Hub
	// Projections keeps the read models up to date. Its caller runs it, after New
	// and until Run has ended.
	Projections *projection.Set
	// Kinds are the kinds of workflow; the engine has their registry.
	Kinds *kind.Set
	// Secrets may be nil when no kind has credentials.
	Secrets *vault.Store
	// Blobs may be nil when no step keeps big values.
	Blobs Blobs
	// Outcomes may be nil when no kind records what happened to rows.
	Outcomes Outcomes
	// Inputs keeps inputs that no journal may hold; nil refuses large ones.
	Inputs Inputs
	// ReadPatience bounds how long a read waits for the read models; then it
	// is refused as unavailable. Zero means 10 s.
	ReadPatience time.Duration
	Clock        clock.Clock  // nil means the machine's clock
	Logger       *slog.Logger // nil means none
}

// Service manages the life of all workflows: definitions, starts, verbs,
// concurrency, and what is shown of them. Its methods check the caller's
// right themselves, touch the caller's workspace only, and return errors of
// package workflow for what a caller may see. It is safe for concurrent use.
type Service struct {
	store       eventstore.Store
	engine      engine.Engine
	hub         *Hub
	kinds       *kind.Set
	secrets     *vault.Store
	blobs       Blobs
	clock       clock.Clock
	log         *slog.Logger
	responses   *idempotency.Memory
	model       *readmodel.Model
	definitions *definitions
	admission   *admission.Control
	takeover    takeover
	inputs      *inputs
	cleaner     *cleaner
	outcomes    Outcomes
	watches     atomic.Int64
	// readPatience is how long a read waits for the read models.
	readPatience time.Duration
	ready        chan struct{} // closed when open executions are known
	stopping     chan struct{} // closed when Run's context has ended
}

// New prepares the tables and returns a service that works once Run is called.
func New(ctx context.Context, o Options) (*Service, error) {
	s := newService(o)
	for _, k := range o.Kinds.Kinds() {
		if o.Secrets == nil && len(k.SecretPointers()) > 0 {
			return nil, fmt.Errorf("the kind %s has credentials and there is no place to keep them", k.Name())
		}
		if err := k.Migrate(ctx, o.DB); err != nil {
			return nil, err
		}
		for _, p := range k.Projections() {
			if _, err := o.Projections.Add(ctx, p); err != nil {
				return nil, fmt.Errorf("the kind %s: %w", k.Name(), err)
			}
		}
	}
	var err error
	if s.responses, err = idempotency.Open(ctx, o.DB, s.clock); err != nil {
		return nil, err
	}
	s.takeover.begin()
	s.hub.rule = s.rule
	o.Kinds.Bind(s, s.inputs)
	s.model, err = readmodel.Open(ctx, o.DB, o.Projections)
	return s, err
}

func newService(o Options) *Service {
	s := &Service{store: o.Store, engine: o.Engine, hub: o.Hub, admission: o.Hub.admission, inputs: &inputs{kept: o.Inputs, starting: map[executionKey]json.RawMessage{}}, kinds: o.Kinds, secrets: o.Secrets, blobs: o.Blobs,
		outcomes: o.Outcomes, clock: o.Clock, log: o.Logger, cleaner: newCleaner(), ready: make(chan struct{}), stopping: make(chan struct{}),
		definitions: &definitions{store: o.Store, most: maxHeldDefinitions, held: map[definitionKey]*definition{}}}
	if s.clock == nil {
		s.clock = clock.System()
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.readPatience = o.ReadPatience; s.readPatience == 0 {
		s.readPatience = 10 * time.Second
	}
	return s
}

// Ready is closed when commands are taken.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// admit checks a right and waits until commands are taken.
func (s *Service) admit(ctx context.Context, c workflow.Caller, p workflow.Permission) error {
	if err := c.Require(p); err != nil {
		return err
	}
	select {
	case <-s.stopping:
		return workflow.Unavailable("stopping", "the server is stopping; try again after its restart")
	default:
	}
	select {
	case <-s.ready:
		return nil
	case <-ctx.Done():
		return errors.Join(workflow.Unavailable("starting", "the server is still starting; try again in a moment"), ctx.Err())
	}
}

// now is the time in the store's precision.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }
