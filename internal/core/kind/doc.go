// Package kind says what a kind of workflow is. A kind is data: its name, its
// configuration and input as Go types, its workflow functions, steps, events,
// tables and defaults, all declared on one [Kind]. Everything else that a
// workflow can do is written once, in the orchestrator, for all kinds.
//
//	func New() *kind.Kind {
//		k := kind.New[Config, Input]("team_greeting", kind.Options{Title: "Greets a team"})
//		greeted := kind.Event[Greeted](k, "greeted", 1)
//		greet := kind.Step(k, "greet", engine.StepOptions[string]{}, func(ctx context.Context, name string) (int, error) {
//			return len(name), greeted.Record(ctx, Greeted{Name: name})
//		})
//		kind.Workflow(k, "run", func(run engine.Run, s kind.Start[Config, Input]) (Output, error) {
//			n, err := greet.Do(run, s.Config.Name)
//			return Output{Letters: n}, err
//		})
//		return k
//	}
//
// # Names
//
// A kind declares local names. What is stored or shown bears the name of the
// kind: the step greet is team_greeting/greet, the function run is
// team_greeting/run, the event greeted is team_greeting.greeted.
//
// # Mistakes
//
// A declaration never fails by itself. [NewSet] takes all kinds of a process and
// returns everything that is wrong with them at once, so that a mistake is found
// when the process starts.
//
// # Configurations
//
// No configuration is ever journalled. Before a workflow function begins, and
// before it is replayed, the immutable version that its execution is pinned to is
// read from the orchestrator (see [Versions]); a step reads the same version with
// [ConfigOf]. Decoded versions are kept in memory and shared: whoever is given
// one must not change it, nor anything that it refers to.
//
// # The kit
//
// The package also has what steps of every kind need: values and rows in blobs
// ([PutJSON], [PutRows]), credentials ([Reveal]), events ([Recorder]), rows of the
// kind's own ([Write], [Tables]), and what happened to single rows of another
// system ([RowOutcomes]).
//
// It starts and stops nothing, and knows no kind.
package kind
