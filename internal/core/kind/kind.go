package kind

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// Main is the name of the workflow function that an execution of a kind runs.
// Other functions of the kind are its children.
const Main = "run"

// Options say how a kind behaves. The zero value is a kind that runs one
// execution per workflow at a time and queues the others.
type Options struct {
	// Title and Doc describe the kind to people.
	Title, Doc string
	// Concurrency is how many executions of one workflow run at a time. Zero
	// means 1.
	Concurrency int
	// Overlap is what happens to a start for which there is no room. Empty means
	// QueueAll. A workflow may have a rule of its own.
	Overlap Overlap
	// FreesLane lets an execution that waits (for a time, a signal, a person)
	// free its workflow's lane. By default it keeps the lane, so that two
	// executions of a workflow never interleave.
	FreesLane bool
	// Private keeps the inputs and outputs of executions out of what is public.
	Private bool
	// Config and Input declare what the tags of the two types cannot say, such as
	// the variants of a union.
	Config, Input []strictjson.Option
	// Examples are configurations as people write them, with credentials in the
	// clear. Each must be valid.
	Examples []json.RawMessage
	// Tables are the kind's own.
	Tables Tables
	// Triggers say what starts executions by itself.
	Triggers []Trigger
	// Projections are the kind's own read models. The migrations of their tables
	// are among those of Tables; a rebuild empties them.
	Projections []projection.Projection
}

// Overlap says what happens to a start that finds its workflow's lanes taken.
// Nothing that was accepted is dropped.
type Overlap string

// The rules for overlapping starts.
const (
	QueueAll    Overlap = "queue_all"    // every start waits for its turn
	QueueOne    Overlap = "queue_one"    // an equal start that waits already takes this one in
	Skip        Overlap = "skip"         // the start is refused
	CancelOlder Overlap = "cancel_older" // the executions that are open are cancelled
)

// Kind is one kind of workflow. It is declared by one goroutine; once it is in a
// Set it is safe for concurrent use.
type Kind struct {
	name     string
	options  Options
	config   document
	input    document
	registry *engine.Registry

	functions  map[string]bool
	events     []EventSpec
	operations []OperationSpec
	checkInput func(config, input any, found *strictjson.Findings)
	outcomes   *outcome.Store // nil: the kind records none

	errs   []error
	source *source // nil until the kind is in a set
}

// New declares a kind by its public name, such as airtable_sync, with the Go
// types of its configuration and of the input of an execution. Both are declared
// as package strictjson says; a kind without input takes engine.None.
func New[Config, Input any](name string, o Options) *Kind {
	k := &Kind{name: name, options: o, registry: engine.NewRegistry(), functions: map[string]bool{}}
	common := []strictjson.Option{strictjson.ConfigurationCodes(), strictjson.EmptyIsObject()}
	title := strictjson.Title(name, o.Doc)
	if o.Title != "" {
		title = strictjson.Title(o.Title, o.Doc)
	}
	k.config = compile[Config](k, "configuration", slices.Concat(common, []strictjson.Option{title}, o.Config))
	k.input = compile[Input](k, "input", slices.Concat(common, o.Input))
	return k
}

// Name returns the public name: the type that users write.
func (k *Kind) Name() string { return k.name }

// Title returns what people call the kind; its name if it has no title.
func (k *Kind) Title() string {
	if k.options.Title == "" {
		return k.name
	}
	return k.options.Title
}

// Schema returns the JSON Schema (2020-12) of the configuration.
func (k *Kind) Schema() json.RawMessage { return k.config.schema }

// InputSchema returns the JSON Schema (2020-12) of an execution's input.
func (k *Kind) InputSchema() json.RawMessage { return k.input.schema }

// SecretPointers returns patterns of JSON pointers at which a configuration
// holds credentials: "/source_bases/*/api_key". "*" is any one segment, "**" one
// or more.
func (k *Kind) SecretPointers() []string { return k.config.secrets }

// Secrets returns the places of credentials, and of references to them, in a
// configuration. The error, a *strictjson.Error, says why it cannot be read.
func (k *Kind) Secrets(config []byte) ([]strictjson.SecretPlace, error) {
	return k.config.places(config)
}

// ReplaceSecrets returns a configuration with other text at each of these places.
// An error of replace ends it.
func (k *Kind) ReplaceSecrets(config []byte, replace func(strictjson.SecretPlace) (string, error)) ([]byte, error) {
	return k.config.replace(config, replace)
}

// Examples returns configurations as people write them.
func (k *Kind) Examples() []json.RawMessage { return k.options.Examples }

// Function returns the registered name of the workflow function that an
// execution runs.
func (k *Kind) Function() string { return k.full(Main) }

// Concurrency returns how many executions of one workflow run at a time, at
// least 1.
func (k *Kind) Concurrency() int { return max(k.options.Concurrency, 1) }

// Overlap returns what happens to a start for which there is no room.
func (k *Kind) Overlap() Overlap {
	if k.options.Overlap == "" {
		return QueueAll
	}
	return k.options.Overlap
}

// FreesLane reports whether an execution that waits frees its workflow's lane.
func (k *Kind) FreesLane() bool { return k.options.FreesLane }

// Private reports whether inputs and outputs of executions are not public.
func (k *Kind) Private() bool { return k.options.Private }

// Events lists the domain events that the kind records, in the order of their
// declaration.
func (k *Kind) Events() []EventSpec { return k.events }

// Operations lists the kind's operations, in the order of their declaration.
func (k *Kind) Operations() []OperationSpec { return k.operations }

// Triggers lists what starts executions of the kind by itself.
func (k *Kind) Triggers() []Trigger { return k.options.Triggers }

// Projections lists the kind's own read models.
func (k *Kind) Projections() []projection.Projection { return k.options.Projections }

// Registry holds the kind's workflow functions, steps, signals and writes.
func (k *Kind) Registry() *engine.Registry { return k.registry }

// Validate reports every fault of a configuration that can be found without
// calling anyone, and warnings for what is accepted and has no effect yet.
// Secrets stand in it as references.
func (k *Kind) Validate(config json.RawMessage) workflow.Problems {
	_, found := k.config.decode(config)
	return problems(found)
}

// ValidateInput does the same for the input of an execution of a workflow with
// this configuration, which is valid.
func (k *Kind) ValidateInput(config, input json.RawMessage) workflow.Problems {
	in, found := k.input.decode(input)
	if k.checkInput != nil {
		c, err := k.config.stored(config)
		if err != nil {
			found.Fault("", strictjson.CodeInvalid, "the workflow's configuration cannot be read: %v", err)
			return problems(found)
		}
		k.checkInput(c, in, found)
	}
	return problems(found)
}

// Archive removes the kind's own rows of a workflow that was archived, and gives
// up the outcomes of rows.
func (k *Kind) Archive(ctx context.Context, tx db.Tx, ws workflow.WorkspaceID, id workflow.ID) error {
	if k.outcomes != nil {
		if err := k.outcomes.Archive(ctx, tx, ws, id); err != nil {
			return err
		}
	}
	if k.options.Tables.Archive == nil {
		return nil
	}
	return k.options.Tables.Archive(ctx, tx, ws, id)
}

// Migrate brings the kind's own tables up to date and reads their statements.
func (k *Kind) Migrate(ctx context.Context, d *db.DB) error {
	if k.outcomes != nil {
		if err := k.outcomes.Open(ctx, d); err != nil {
			return err
		}
	}
	if err := k.options.Tables.open(ctx, d, k.name); err != nil {
		return fmt.Errorf("the tables of %s: %w", k.name, err)
	}
	return nil
}

// full returns the registered form of a local name.
func (k *Kind) full(name string) string { return k.name + "/" + name }

// fail notes a mistake of the declaration.
func (k *Kind) fail(format string, args ...any) {
	k.errs = append(k.errs, fmt.Errorf("kind %s: %w", k.name, fmt.Errorf(format, args...)))
}

// localName is the form of the names that a kind declares.
var localName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// checkLocal admits words of lower-case letters and digits, joined by _.
func (k *Kind) checkLocal(what, name string) bool {
	ok := localName.MatchString(name)
	if !ok {
		k.fail("%s %q: a name is made of lower-case letters and digits, with _ between words", what, name)
	}
	return ok
}
