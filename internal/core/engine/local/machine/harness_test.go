package machine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// bench is what the functions of these tests are made of.
type bench struct {
	*testing.T
	reg   *engine.Registry
	a, b  engine.Step[int, int]
	read  engine.Step[int, int]
	yes   engine.Signal[int]
	no    engine.Signal[int]
	child engine.Workflow[int, int]
}

func newBench(t *testing.T) *bench {
	reg := engine.NewRegistry()
	never := func(context.Context, int) (int, error) { panic("a machine runs no steps") }
	return &bench{T: t, reg: reg, a: engine.NewStep(reg, "t/a", engine.StepOptions[int]{}, never), b: engine.NewStep(reg, "t/b", engine.StepOptions[int]{}, never),
		read: engine.NewStep(reg, "t/read", engine.StepOptions[int]{ReadOnly: true}, never), yes: engine.NewSignal[int](reg, "t/yes"), no: engine.NewSignal[int](reg, "t/no"),
		child: engine.NewWorkflow(reg, "t/child", func(engine.Run, int) (int, error) { return 0, nil })}
}

// machine returns a machine for a function; o may be given.
func (b *bench) machine(fn func(engine.Run) (int, error), o ...machine.Options) *machine.Machine {
	b.Helper()
	reg := engine.NewRegistry()
	engine.NewWorkflow(reg, "t/main", func(run engine.Run, _ int) (int, error) { return fn(run) })
	opts := machine.Options{}
	if len(o) > 0 {
		opts = o[0]
	}
	opts.Info = engine.Info{Workspace: "ws", Execution: "ex", Generation: 1, Function: "t/main", Root: engine.Root{Execution: "ex", Generation: 1}}
	opts.Function, opts.Loaded = reg.Function("t/main"), 0
	if opts.Progress == nil {
		opts.Progress = func(engine.Progress) {}
	}
	m := machine.New(opts)
	b.Cleanup(m.Close)
	return m
}

// said takes what the function has asked for and describes it.
func said(m *machine.Machine) string {
	commands, steps, aborts := m.Take()
	var parts []string
	for i := range commands {
		parts = append(parts, describe(&commands[i]))
	}
	for _, w := range steps {
		in, _ := w.Input()
		parts = append(parts, fmt.Sprintf("run %s@%s(%s)", w.Call.Step.Name, w.Path, in))
	}
	for _, w := range aborts {
		parts = append(parts, "abort "+w.Path)
	}
	return strings.Join(parts, ", ")
}

func describe(c *machine.Command) string {
	text := c.Describe()
	if c.N != 0 {
		text += fmt.Sprintf(" #%d", c.N)
	}
	if len(c.Out) > 0 {
		text += " " + string(c.Out)
	}
	if c.Err != nil {
		text += " " + c.Err.Code
	}
	return text
}

// says compares what the function has asked for.
func (b *bench) says(m *machine.Machine, want string) {
	b.Helper()
	if why := m.Failure(); why != nil {
		b.Fatalf("it failed: %+v", why)
	}
	if got := said(m); got != want {
		b.Errorf("it asked for: %s\nwant:         %s", got, want)
	}
}

// fails looks for a part of why the machine cannot go on.
func (b *bench) fails(m *machine.Machine, want string) {
	b.Helper()
	why := m.Failure()
	if why == nil {
		b.Fatalf("it did not fail; it asked for %s", said(m))
	}
	if text := fmt.Sprintf("%s | %s | %s | %s", why.Path, why.Step, why.Recorded, why.Got); !strings.Contains(text, want) {
		b.Errorf("it failed: %s\nwant:      %s", text, want)
	}
}

func done(m *machine.Machine, path, name string, out any) {
	raw, _ := json.Marshal(out)
	m.StepEnded(epoch, path, name, raw, nil)
}

func failed(m *machine.Machine, path, name, code string) {
	m.StepEnded(epoch, path, name, nil, &engine.Error{Code: code, Message: code})
}
