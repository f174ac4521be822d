package orchestrator_test

import (
	"context"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// fakeKind is a kind whose function does what its input says.
type fakeKind struct {
	concurrency int
	private     bool
	freesLane   bool
	gate        chan struct{} // steps named "gate" wait for one value
	entered     chan string   // gets the execution of each "gate" step that began
	allowed     chan struct{} // closed: "fail" and "reauth" steps are let through
	blobs       blob.Store

	mu      sync.Mutex
	effects []string // step and key of each effect, in order
}

func newFakeKind(blobs blob.Store) *fakeKind {
	return &fakeKind{concurrency: 100, gate: make(chan struct{}), entered: make(chan string, 20_000), allowed: make(chan struct{}), blobs: blobs}
}

// did notes an effect.
func (k *fakeKind) did(ctx context.Context) {
	k.mu.Lock()
	defer k.mu.Unlock()
	in := engine.InStep(ctx)
	k.effects = append(k.effects, in.Step+" "+in.Key)
}

// done returns the effects since the last call.
func (k *fakeKind) done() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := k.effects
	k.effects = nil
	return out
}

// fakeConfig has credentials, and an option without effect.
type fakeConfig struct {
	Bases []fakeBase    `json:"bases,omitempty"`
	Token secret.Secret `json:"token,omitempty"`
	Later int           `json:"later,omitempty" noEffect:"it has no effect yet"`
	// Limit bounds the steps that an input may ask for; zero means no limit.
	Limit int `json:"limit,omitempty"`
}

type fakeBase struct {
	ID     string        `json:"id"`
	APIKey secret.Secret `json:"api_key"`
}

// plan is the input of the fake function.
type plan struct {
	Steps  int    `json:"steps,omitempty"`
	Gate   bool   `json:"gate,omitempty"`   // wait in a step that the test opens
	Fail   string `json:"fail,omitempty"`   // fail with this class after the steps
	Retry  bool   `json:"retry,omitempty"`  // one step fails once and then succeeds
	Reauth bool   `json:"reauth,omitempty"` // one step is refused until the test allows it
	Lost   bool   `json:"lost,omitempty"`   // one step must not be repeated, and its answer is lost
	Report bool   `json:"report,omitempty"` // report progress
	Sleep  string `json:"sleep,omitempty"`  // sleep that long
	Wait   bool   `json:"wait,omitempty"`   // wait for the signal fake/go
	Again  int    `json:"again,omitempty"`  // continue so many times, then do the rest
	Keep   bool   `json:"keep,omitempty"`   // keep a blob, and read it at the end
	Child  *plan  `json:"child,omitempty"`  // run a child with this plan before all
	Label  string `json:"label,omitempty"`  // of the gate
	Text   string `json:"text,omitempty"`
}

type outcome struct {
	Steps   int    `json:"steps"`
	Name    string `json:"name,omitempty"`
	Version int    `json:"version,omitempty"`
	Text    string `json:"text,omitempty"`
}

// noted is a domain event of the fake kind.
type noted struct {
	Text string `json:"text"`
}

// kind declares it anew for each process.
func (k *fakeKind) kind() *kind.Kind {
	d := kind.New[fakeConfig, plan]("fake", kind.Options{Concurrency: k.concurrency, Private: k.private, FreesLane: k.freesLane})
	kind.CheckInput(d, func(c fakeConfig, in plan, found *strictjson.Findings) {
		if c.Limit > 0 && in.Steps > c.Limit {
			found.Fault("/steps", "too_many", "at most %d steps", c.Limit)
		}
	})
	f := k.steps(d)
	child := kind.Workflow(d, "child", func(run engine.Run, s kind.Start[fakeConfig, plan]) (outcome, error) { return f.run(run, s) })
	kind.Workflow(d, kind.Main, func(run engine.Run, s kind.Start[fakeConfig, plan]) (outcome, error) {
		if s.Input.Again > 0 {
			s.Input.Again--
			return outcome{}, kind.ContinueAsNew(s.Input)
		}
		if s.Input.Child != nil {
			if out, err := child.Do(run, "", *s.Input.Child); err != nil {
				return out, err
			}
		}
		return f.run(run, s)
	})
	return d
}

// fakeSteps are the steps of one process.
type fakeSteps struct {
	quick, read, gate, retry, reauth, lost engine.Step[engine.None, engine.None]
	fail                                   engine.Step[string, engine.None]
	keep                                   engine.Step[string, kind.Ref]
	use                                    engine.Step[kind.Ref, string]
	goOn                                   engine.Signal[int]
}

func (k *fakeKind) steps(d *kind.Kind) fakeSteps {
	note := kind.Event[noted](d, "noted", 1)
	return fakeSteps{
		quick: kind.Step(d, "quick", engine.StepOptions[engine.None]{}, func(ctx context.Context, _ engine.None) (engine.None, error) {
			k.did(ctx)
			return engine.None{}, note.Record(ctx, noted{Text: "quick"})
		}),
		read: kind.Step(d, "read", engine.StepOptions[engine.None]{ReadOnly: true}, func(context.Context, engine.None) (engine.None, error) { return engine.None{}, nil }),
		keep: kind.Step(d, "keep", engine.StepOptions[string]{}, func(ctx context.Context, text string) (kind.Ref, error) {
			k.did(ctx)
			return kind.PutJSON(ctx, k.blobs, text)
		}),
		use: kind.Step(d, "use", engine.StepOptions[kind.Ref]{ReadOnly: true}, func(ctx context.Context, ref kind.Ref) (string, error) {
			return kind.GetJSON[string](ctx, k.blobs, ref)
		}),
		gate:  kind.Step(d, "gate", engine.StepOptions[engine.None]{}, k.passGate),
		retry: kind.Step(d, "retry", engine.StepOptions[engine.None]{}, failOnce),
		goOn:  kind.Signal[int](d, "go"),
		fail: kind.Step(d, "fail", engine.StepOptions[string]{}, func(ctx context.Context, class string) (engine.None, error) {
			k.did(ctx)
			select {
			case <-k.allowed:
				return engine.None{}, nil
			default:
				return engine.None{}, failure.New(failure.Class(class), "planned", "it was planned to fail")
			}
		}),
		reauth: kind.Step(d, "reauth", engine.StepOptions[engine.None]{}, func(context.Context, engine.None) (engine.None, error) {
			select {
			case <-k.allowed:
				return engine.None{}, nil
			default:
				return engine.None{}, failure.New(failure.Auth, "refused", "the key is not valid")
			}
		}),
		lost: kind.Step(d, "lost", engine.StepOptions[engine.None]{Once: true}, func(context.Context, engine.None) (engine.None, error) {
			return engine.None{}, failure.New(failure.UnknownOutcome, "lost", "the answer was lost")
		}),
	}
}

func failOnce(ctx context.Context, _ engine.None) (engine.None, error) {
	if engine.InStep(ctx).Attempt == 1 {
		f := failure.New(failure.Transient, "once", "fails once")
		f.RetryAfter = time.Millisecond
		return engine.None{}, f
	}
	return engine.None{}, nil
}

// run does what the input says.
func (f fakeSteps) run(run engine.Run, s kind.Start[fakeConfig, plan]) (outcome, error) {
	p := s.Input
	out := outcome{Steps: p.Steps, Name: run.Info().Definition, Version: run.Info().Version}
	if p.Report {
		run.Progress(engine.Progress{Message: "begun", Done: 1, Total: 2, Items: []engine.ProgressItem{{Name: "a", Done: 1, Total: 2}}})
	}
	var kept kind.Ref
	if p.Keep {
		var err error
		if kept, err = f.keep.Do(run, "kept by "+run.Info().Execution); err != nil {
			return out, err
		}
	}
	for _, step := range f.steps(p) {
		if _, err := step.Do(run, engine.None{}); err != nil {
			return out, err
		}
	}
	if err := f.pause(run, p); err != nil {
		return out, err
	}
	if p.Fail != "" {
		if _, err := f.fail.Do(run, p.Fail); err != nil {
			return out, err
		}
	}
	if p.Keep {
		var err error
		out.Text, err = f.use.Do(run, kept)
		return out, err
	}
	return out, nil
}

// steps lists what a plan asks for.
func (f fakeSteps) steps(p plan) []engine.Step[engine.None, engine.None] {
	var todo []engine.Step[engine.None, engine.None]
	for range p.Steps {
		todo = append(todo, f.quick)
	}
	for _, also := range []struct {
		wanted bool
		step   engine.Step[engine.None, engine.None]
	}{{p.Steps > 0, f.read}, {p.Retry, f.retry}, {p.Reauth, f.reauth}, {p.Lost, f.lost}, {p.Gate, f.gate.With(engine.CallOptions{Label: p.Label})}} {
		if also.wanted {
			todo = append(todo, also.step)
		}
	}
	return todo
}

// pause sleeps and waits.
func (f fakeSteps) pause(run engine.Run, p plan) error {
	if p.Sleep != "" {
		d, err := time.ParseDuration(p.Sleep)
		if err != nil {
			return err
		}
		if err := run.Sleep(d); err != nil {
			return err
		}
	}
	if p.Wait {
		_, err := f.goOn.Wait(run, engine.Forever)
		return err
	}
	return nil
}

func (k *fakeKind) passGate(ctx context.Context, _ engine.None) (engine.None, error) {
	k.entered <- engine.InStep(ctx).Execution
	select {
	case <-k.gate:
		return engine.None{}, nil
	case <-ctx.Done():
		return engine.None{}, ctx.Err()
	}
}
