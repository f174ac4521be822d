package orchestrator

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/cleanup"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/dispatch"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/idempotency"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/payload"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
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
	Blobs cleanup.Blobs
	// Outcomes may be nil when no kind records what happened to rows.
	Outcomes cleanup.Outcomes
	// Inputs keeps inputs that no journal may hold; nil refuses large ones.
	Inputs payload.Keeper
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
	*query.Reader // what is shown of them

	store       eventstore.Store
	engine      engine.Engine
	hub         *Hub
	kinds       *kind.Set
	secrets     *vault.Store
	clock       clock.Clock
	log         *slog.Logger
	responses   *idempotency.Memory
	model       *readmodel.Model
	definitions *definition.Cache
	admission   *admission.Control
	dispatcher  *dispatch.Dispatcher
	inputs      *payload.Inputs
	cleaner     *cleanup.Cleaner
	ready       chan struct{} // closed when open executions are known
	stopping    chan struct{} // closed when Run's context has ended
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
	if s.model, err = readmodel.Open(ctx, o.DB, o.Projections); err != nil {
		return nil, err
	}
	s.furnish(o)
	s.hub.rule = s.dispatcher.Rule
	o.Kinds.Bind(s.definitions, s.inputs)
	return s, nil
}

func newService(o Options) *Service {
	s := &Service{store: o.Store, engine: o.Engine, hub: o.Hub, admission: o.Hub.admission, kinds: o.Kinds, secrets: o.Secrets,
		definitions: definition.NewCache(o.Store), inputs: payload.NewInputs(o.Inputs), clock: o.Clock, log: o.Logger,
		ready: make(chan struct{}), stopping: make(chan struct{})}
	if s.clock == nil {
		s.clock = clock.System()
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// furnish gives the service its rooms, once there is something to read from.
func (s *Service) furnish(o Options) {
	if o.ReadPatience == 0 {
		o.ReadPatience = 10 * time.Second
	}
	s.Reader = query.New(query.Options{Store: s.store, Model: s.model, Definitions: s.definitions, Validate: s.validate,
		Progress: s.hub.progress, Patience: o.ReadPatience})
	s.dispatcher = dispatch.New(dispatch.Options{Store: s.store, Engine: s.engine, Admission: s.admission, Definitions: s.definitions,
		Kind: s.kindOf, Inputs: s.inputs, Heard: s.heard, Clock: s.clock, Log: s.log})
	s.cleaner = cleanup.New(cleanup.Options{Store: s.store, Model: s.model, Blobs: o.Blobs, Outcomes: o.Outcomes, Clock: s.clock, Log: s.log})
}

// Kinds lists the registered kinds in order of their names.
func (s *Service) Kinds() []*kind.Kind {
	kinds := slices.Clone(s.kinds.Kinds())
	slices.SortFunc(kinds, func(a, b *kind.Kind) int { return cmp.Compare(a.Name(), b.Name()) })
	return kinds
}

// kindOf is what a dispatcher asks.
func (s *Service) kindOf(name string) dispatch.Kind {
	if k := s.kinds.Kind(name); k != nil {
		return k
	}
	return nil
}

// validate is what a reader asks.
func (s *Service) validate(name string, config json.RawMessage) (workflow.Problems, bool) {
	if k := s.kinds.Kind(name); k != nil {
		return k.Validate(config), true
	}
	return workflow.Problems{}, false
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
