package orchestrator

import (
	"context"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Service manages the life of all workflows. It is safe for concurrent use.
type Service struct{}

func (s *Service) Run(ctx context.Context) error { panic("skeleton") }
func (s *Service) Ready() <-chan struct{}        { panic("skeleton") }
func (s *Service) Create(ctx context.Context, c workflow.Caller, r CreateRequest) (Created, error) {
	panic("skeleton")
}
func (s *Service) Get(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Definition, error) {
	panic("skeleton")
}
func (s *Service) List(ctx context.Context, c workflow.Caller, r ListRequest) (workflow.Page[workflow.Definition], error) {
	panic("skeleton")
}
func (s *Service) Versions(ctx context.Context, c workflow.Caller, id workflow.ID) ([]workflow.Version, error) {
	panic("skeleton")
}
func (s *Service) Update(ctx context.Context, c workflow.Caller, id workflow.ID, r UpdateRequest) (workflow.Definition, error) {
	panic("skeleton")
}
func (s *Service) Archive(ctx context.Context, c workflow.Caller, id workflow.ID) error {
	panic("skeleton")
}
func (s *Service) Execute(ctx context.Context, c workflow.Caller, r ExecuteRequest) (Started, error) {
	panic("skeleton")
}
func (s *Service) PauseWorkflow(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Definition, error) {
	panic("skeleton")
}
func (s *Service) ResumeWorkflow(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Definition, error) {
	panic("skeleton")
}

// CancelWorkflow asks all open executions to cancel and returns how many.
func (s *Service) CancelWorkflow(ctx context.Context, c workflow.Caller, id workflow.ID) (int, error) {
	panic("skeleton")
}
func (s *Service) Metrics(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Metrics, error) {
	panic("skeleton")
}
func (s *Service) Health(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Health, error) {
	panic("skeleton")
}
func (s *Service) Executions(ctx context.Context, c workflow.Caller, r ExecutionsRequest) (workflow.Page[workflow.Execution], error) {
	panic("skeleton")
}
func (s *Service) Execution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	panic("skeleton")
}
func (s *Service) Steps(ctx context.Context, c workflow.Caller, r StepsRequest) (workflow.Page[workflow.Step], error) {
	panic("skeleton")
}
func (s *Service) Events(ctx context.Context, c workflow.Caller, r EventsRequest) (workflow.Page[workflow.Event], error) {
	panic("skeleton")
}
func (s *Service) CancelExecution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	panic("skeleton")
}
func (s *Service) PauseExecution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	panic("skeleton")
}
func (s *Service) ResumeExecution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	panic("skeleton")
}
func (s *Service) Watch(ctx context.Context, c workflow.Caller, r WatchRequest) (*Watch, error) {
	panic("skeleton")
}

// WaitEnd returns the execution once it has ended.
func (s *Service) WaitEnd(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	panic("skeleton")
}

// WaitFor returns once the read models hold everything up to position.
func (s *Service) WaitFor(ctx context.Context, position int64) error { panic("skeleton") }

// CaughtUp returns once the read models hold everything that is durable now.
func (s *Service) CaughtUp(ctx context.Context) error { panic("skeleton") }

// Lag says how far the read models are behind the store.
func (s *Service) Lag(ctx context.Context) (Lag, error) { panic("skeleton") }

// Rebuild drops the read models and makes them again from the first event.
func (s *Service) Rebuild(ctx context.Context) error { panic("skeleton") }

// Kinds lists the registered kinds: name and JSON Schema of the configuration.
func (s *Service) Kinds() []KindInfo { panic("skeleton") }

// KindInfo describes a registered kind.
type KindInfo struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
}

// Lag is how far the read models are behind.
type Lag struct {
	Events  int64
	Seconds float64
}

// Watch delivers frames. It belongs to one goroutine.
type Watch struct{}

// Next waits for the next frame. It returns io.EOF after the end of the
// watched execution.
func (w *Watch) Next(ctx context.Context) (Frame, error) { panic("skeleton") }

// Close frees the watch.
func (w *Watch) Close() { panic("skeleton") }
