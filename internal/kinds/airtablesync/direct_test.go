package airtablesync

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
)

// direct is a branch whose steps run at once. It notes the largest input and
// result.
type direct struct {
	engine.Thread
	*testBundle
	root           engine.Root
	long           bool
	steps, largest int
	parallel       []int // of the forks
}

func (d *direct) Info() engine.Info        { return engine.Info{Root: d.root} }
func (d *direct) Replaying() bool          { return false }
func (d *direct) Progress(engine.Progress) {}
func (d *direct) HistoryLong() bool        { return d.long }

func (d *direct) Step(c engine.Call) (json.RawMessage, error) {
	in, err := c.Input()
	d.ok(err)
	ctx, _ := d.attempt(1)
	out, err := c.Step.Call(ctx, in)
	d.steps++
	d.largest = max(d.largest, len(in), len(out))
	return out, err
}

// Fork runs the branches one after the other.
func (d *direct) Fork(_ string, n, parallel int, body func(int, engine.Thread) error) error {
	d.parallel = append(d.parallel, parallel)
	for i := range n {
		if err := body(i, d); err != nil {
			return err
		}
	}
	return nil
}

// directly returns a run of a workflow whose steps run at once.
func (b *testBundle) directly() (*direct, engine.Run, *Workflow) {
	d := &direct{testBundle: b, root: engine.Root{Execution: "ex_1", Generation: 1}}
	k := kind.New[Config, Input](Name, kind.Options{Tables: b.links.Tables()})
	return d, engine.NewRun(d), &Workflow{steps: declareSteps(k, b.tools)}
}

// next is what the next generation begins with.
func (b *testBundle) next(err error) kind.Start[Config, Input] {
	b.Helper()
	raw, ok := engine.Continuation(err)
	if !ok {
		b.Fatalf("it does not go on: %v", err)
	}
	var in struct {
		Input   Input           `json:"$continued"`
		Carried json.RawMessage `json:"$carried"`
	}
	b.ok(json.Unmarshal(raw, &in))
	return kind.Start[Config, Input]{Config: b.stored, Input: in.Input, Carried: in.Carried}
}
