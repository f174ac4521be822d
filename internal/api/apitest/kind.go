package apitest

import (
	"context"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// KindName is the type of the small kind's workflows.
const KindName = "test_kind"

// Input says what one execution of the small kind does.
type Input struct {
	Again   int    `json:"again,omitempty" minimum:"0"` // continue so many times before all
	Child   *Input `json:"child,omitempty"`             // run a child with this input
	Work    int    `json:"work,omitempty" minimum:"0"`  // steps, each with progress, a label and an event
	Rows    int    `json:"rows,omitempty" minimum:"0"`  // row outcomes: record rec0 and so on; every third one is of Deals, and held
	More    int64  `json:"more,omitempty" minimum:"0"`  // rows of Deals that are counted only
	Hold    bool   `json:"hold,omitempty"`              // wait for Core.Release after the work
	Wait    bool   `json:"wait,omitempty"`              // wait for a signal that never comes
	Approve bool   `json:"approve,omitempty"`           // wait for the signal approve; who approved is what was found
	// End: "" completes; "fail" fails, unless the configuration greets with
	// "mended"; "auth" and "unknown" park.
	End string `json:"end,omitempty"`
}

type config struct {
	Greeting string        `json:"greeting" nonempty:"true"`
	APIKey   secret.Secret `json:"api_key,omitempty"`
	Later    string        `json:"later,omitempty" noEffect:"it has no effect yet"`
}

type workIn struct {
	Execution string `json:"execution"`
	Item      int    `json:"item"`
}

type output struct {
	Greeting string `json:"greeting"`
	Done     int    `json:"done"`
	Found    string `json:"found,omitempty"`
}

// worked is what the small kind records.
type worked struct {
	Item int `json:"item"`
}

// approval is the data of the signal approve.
type approval struct {
	By string `json:"by"`
}

// finding is the result of the last step, which only an answer fills.
type finding struct {
	Found string `json:"found,omitempty"`
}

// newKind declares the small kind.
func newKind(c *Core) *kind.Kind {
	k := kind.New[config, Input](KindName, kind.Options{Concurrency: 10})
	kind.CheckConfig(k, func(c config, found *strictjson.Findings) {
		if c.Greeting == "bad" {
			found.Fault("/greeting", "impolite", "choose another greeting")
			found.Fault("/tables/0", "unknown_table", "the table Nope is not in the base; correct its name")
		}
	})
	event := kind.Event[worked](k, "worked", 1)
	outcomes := kind.RowOutcomes(k)
	j := &job{
		work: kind.Step(k, "work", engine.StepOptions[workIn]{}, func(ctx context.Context, in workIn) (engine.None, error) {
			return engine.None{}, event.Record(ctx, worked{Item: in.Item})
		}),
		tell: kind.Step(k, "tell", engine.StepOptions[tellIn]{}, func(ctx context.Context, in tellIn) (engine.None, error) {
			return engine.None{}, tell(ctx, outcomes, in)
		}),
		hold: kind.Step(k, "hold", engine.StepOptions[workIn]{ReadOnly: true}, c.hold),
		end:  kind.Step(k, "end", engine.StepOptions[string]{Once: true}, finish),
	}
	j.never = kind.Signal[engine.None](k, "never")
	j.approve = kind.Signal[approval](k, "approve")
	j.child = kind.Workflow(k, "child", j.run)
	kind.Workflow(k, kind.Main, j.run)
	return k
}

type job struct {
	work, hold engine.Step[workIn, engine.None]
	tell       engine.Step[tellIn, engine.None]
	end        engine.Step[string, finding]
	never      engine.Signal[engine.None]
	approve    engine.Signal[approval]
	child      engine.Workflow[Input, output]
}

func (j *job) run(run engine.Run, s kind.Start[config, Input]) (output, error) {
	todo := s.Input
	if todo.Again > 0 {
		todo.Again--
		return output{}, kind.ContinueAsNew(todo)
	}
	if todo.Child != nil {
		if _, err := j.child.Do(run, "", *todo.Child); err != nil {
			return output{}, fmt.Errorf("child: %w", err)
		}
	}
	for i := range todo.Work {
		if _, err := j.work.With(engine.CallOptions{Label: fmt.Sprintf("item %d", i+1)}).Do(run, workIn{Item: i}); err != nil {
			return output{}, fmt.Errorf("work: %w", err)
		}
		run.Progress(engine.Progress{Message: "working", Done: int64(i + 1), Total: int64(todo.Work),
			Items: []engine.ProgressItem{{Name: "companies", Done: int64(i + 1), Total: int64(todo.Work)}}})
	}
	if todo.Rows > 0 || todo.More > 0 {
		if _, err := j.tell.Do(run, tellIn{Rows: todo.Rows, More: todo.More}); err != nil {
			return output{}, fmt.Errorf("tell: %w", err)
		}
	}
	if todo.Hold {
		if _, err := j.hold.Do(run, workIn{Execution: run.Info().Execution}); err != nil {
			return output{}, fmt.Errorf("hold: %w", err)
		}
	}
	if todo.Wait {
		if _, err := j.never.Wait(run, engine.Forever); err != nil {
			return output{}, fmt.Errorf("wait: %w", err)
		}
	}
	if todo.Approve {
		by, err := j.approve.Wait(run, engine.Forever)
		return output{Greeting: s.Config.Greeting, Found: by.By}, err
	}
	if s.Config.Greeting == "mended" {
		todo.End = ""
	}
	last, err := j.end.Do(run, todo.End)
	if err != nil {
		return output{}, fmt.Errorf("end: %w", err)
	}
	return output{Greeting: s.Config.Greeting, Done: todo.Work, Found: last.Found}, nil
}

// tellIn says how many rows a step tells of.
type tellIn struct {
	Rows int   `json:"rows"`
	More int64 `json:"more"`
}

func tell(ctx context.Context, to kind.OutcomeRecorder, in tellIn) error {
	var rows []outcome.Row
	for i := range in.Rows {
		r := outcome.Row{Table: "Contacts", Record: fmt.Sprint("rec", i), Field: "Boss", What: outcome.Reduced, Code: "open_links", Message: "1 link leads nowhere"}
		if i%3 == 2 {
			r = outcome.Row{Table: "Deals", Record: fmt.Sprint("rec", i), What: outcome.Held, Code: "deletes_held", Message: "its source row is gone"}
		}
		rows = append(rows, r)
	}
	if err := to.Record(ctx, rows...); err != nil || in.More == 0 {
		return err
	}
	return to.Count(ctx, outcome.Count{Table: "Deals", What: outcome.Held, Code: "deletes_held", Rows: in.More})
}

func finish(_ context.Context, how string) (finding, error) {
	switch how {
	case "fail":
		return finding{}, failure.New(failure.Validation, "unknown_table", "the table Nope is not in the base; correct its name")
	case "auth":
		return finding{}, failure.New(failure.Auth, "invalid_token", "Airtable refused the token; renew it")
	case "unknown":
		return finding{}, failure.New(failure.UnknownOutcome, "answer_lost", "the answer of the other system was lost")
	}
	return finding{}, nil
}
