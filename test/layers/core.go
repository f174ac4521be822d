package layers

// From the top down: orchestrator, kind, engine, eventstore. Identity stands
// beside the orchestrator, and workflow below them all.
var coreFloor = floor{
	name: "core",
	rule: "the core knows no foreign system, no kind and no face, and only its tests name drivers; what it needs from outside is a small port that app fills",
	over: []string{"platform"},
	rows: []row{
		{pkg: "core/orchestrator", may: []arrow{
			{"core/orchestrator/admission", "it asks which execution may begin or go on"},
			{"core/orchestrator/credential", "the credentials of a configuration become references"},
			{"core/orchestrator/cleanup", "blobs go with the execution that owns them"},
			{"core/orchestrator/definition", "a start and a command hold their workflow"},
			{"core/orchestrator/dispatch", "it has executions begin"},
			{"core/orchestrator/payload", "an input may have no place in a journal"},
			{"core/orchestrator/query", "it shows what there is"},
			{"core/orchestrator/idempotency", "a repeated request has its effect once"},
			{"core/orchestrator/progress", "it passes on what functions report"},
			{"core/orchestrator/readmodel", "it shows what happened"},
			{"core/projection", "it rebuilds read models and waits for them"},
			{"core/kind", "a kind says how its workflows are configured and run"},
			{"core/engine", "it starts and steers executions"},
			{"core/eventstore", "definitions are streams"},
			{"core/workflow", "the words"},
			{"platform/db", "what a command writes commits with its event"},
			{"platform/secret/vault", "it seals the credentials of a configuration"},
		}, tests: []arrow{
			{"core/engine/local", "a real engine"},
			{"core/eventstore/postgres", "a real store"},
			{"core/eventstore/sqlite", "a real store"},
			{"core/projection/projectiontest", "a rebuild gives the same rows"},
			{"platform/blob", "blobs to be deleted"},
			{"platform/pgtest", "a real PostgreSQL"},
			{"platform/secret", "what became of a credential"},
			{"platform/strictjson", "faults of its test kind's configuration"},
		}},
		{pkg: "core/orchestrator/admission", rule: "admission counts; who starts executions and stores them is the orchestrator's business", without: []string{"platform/clock"}, may: []arrow{
			{"core/workflow", "the words"},
		}},
		{pkg: "core/orchestrator/cleanup", rule: "it deletes what ended executions have left", may: []arrow{
			{"core/engine", "what an execution took over stands in its first event"},
			{"core/eventstore", "where that event is"},
			{"core/workflow", "the words"},
			{"platform/blob", "an execution owns blobs"},
		}},
		{pkg: "core/orchestrator/definition", rule: "it holds workflows as they were recorded and decides nothing", without: []string{"platform/clock"}, may: []arrow{
			{"core/eventstore", "a definition is a stream"},
			{"core/workflow", "the words"},
			{"platform/db", "what is written with an event"},
		}, tests: []arrow{
			{"core/eventstore/sqlite", "a real store"},
			{"platform/db/dbtest", "a real database"},
		}},
		{pkg: "core/orchestrator/dispatch", rule: "it has executions begin; who may start them, and what for, is the orchestrator's business", may: []arrow{
			{"core/engine", "it releases executions and hears of their ends"},
			{"core/eventstore", "ends are events"},
			{"core/orchestrator/admission", "it asks which execution may begin"},
			{"core/orchestrator/definition", "an execution is pinned to a version"},
			{"core/workflow", "the words"},
		}},
		{pkg: "core/orchestrator/query", rule: "it shows and changes nothing", may: []arrow{
			{"core/engine", "it shows the engine's events"},
			{"core/eventstore", "a watch follows the store"},
			{"core/orchestrator/definition", "a workflow is shown as it is held"},
			{"core/orchestrator/progress", "the last reports"},
			{"core/projection", "why a read model is behind"},
			{"core/workflow", "the words"},
		}},
		{pkg: "core/orchestrator/credential", rule: "it reads a configuration by its declaration and knows no kind", without: []string{"platform/clock"}, may: []arrow{
			{"core/workflow", "the words"},
			{"platform/db", "a secret is stored in the transaction of its configuration"},
			{"platform/secret", "a credential becomes a reference"},
			{"platform/strictjson", "the declaration says where credentials stand"},
		}},
		{pkg: "core/orchestrator/idempotency", rule: "it remembers answers and does not know what they say", may: []arrow{
			{"core/workflow", "the words"},
			{"platform/db", "an answer is a row of its effect's transaction"},
		}, tests: []arrow{
			{"platform/db/dbtest", "the plans of its queries"},
		}},
		{pkg: "core/orchestrator/progress", rule: "it holds what functions report and stores nothing", may: []arrow{
			{"core/workflow", "the words"},
		}},
		{pkg: "core/orchestrator/payload", rule: "it keeps inputs and does not know what they mean", may: []arrow{
			{"core/engine", "the size above which no journal takes an input"},
			{"core/workflow", "the words"},
			{"platform/blob", "a large input is a blob"},
			{"platform/db", "a small one is a row of the start's commit"},
		}, tests: []arrow{
			{"platform/db/dbtest", "a real store"},
			{"platform/secret/vault", "inputs are really sealed"},
		}},
		{pkg: "core/orchestrator/readmodel", rule: "a read model follows the store and decides nothing", may: []arrow{
			{"core/engine", "it understands the engine's events"},
			{"core/eventstore", "it folds events"},
			{"core/projection", "it is followed, checkpointed and rebuilt there"},
			{"core/workflow", "the words"},
			{"platform/db", "it keeps rows"},
		}, tests: []arrow{
			{"platform/db/dbtest", "the plans of its queries"},
		}},
		{pkg: "core/projection", rule: "it follows the store for every read model and knows none of them", may: []arrow{
			{"core/eventstore", "what it follows"},
			{"platform/db", "a checkpoint commits with the rows"},
		}, tests: []arrow{
			{"core/eventstore/postgres", "a real store"},
			{"core/eventstore/sqlite", "a real store"},
			{"core/projection/projectiontest", "it compares dumps"},
			{"platform/db/dbtest", "real databases"},
		}},
		{pkg: "core/projection/projectiontest", forTests: true, rule: "it compares rows before and after a rebuild", may: []arrow{
			{"core/projection", "it rebuilds"},
			{"platform/db", "it dumps tables"},
		}},
		{pkg: "core/identity", rule: "identity stands beside the orchestrator, on the event store", may: []arrow{
			{"core/eventstore", "principals and keys are streams"},
			{"core/workflow", "the words"},
			{"platform/auth", "it hashes keys"},
		}, tests: []arrow{
			{"core/eventstore/sqlite", "a real store"},
			{"platform/db", "a real database"},
		}},

		{pkg: "core/kind", rule: "it says what a kind is and what its steps are given; what is done with kinds belongs to the orchestrator", may: []arrow{
			{"core/projection", "a kind may have read models of its own"},
			{"core/kind/outcome", "steps report the rows that they could not write"},
			{"core/engine", "functions, steps and events are declared to the engine"},
			{"core/workflow", "the words of a configuration and its faults"},
			{"platform/blob", "steps keep rows in blobs"},
			{"platform/db", "a kind has tables of its own"},
			{"platform/secret", "steps resolve credentials"},
			{"platform/strictjson", "one declaration reads and describes a configuration"},
		}, tests: []arrow{
			{"core/engine/enginetest", "a store in memory is enough"},
			{"core/engine/local", "a real engine"},
			{"core/eventstore", "they read what was recorded"},
			{"platform/db/dbtest", "real databases"},
		}},
		{pkg: "core/kind/outcome", rule: "it keeps what happened to rows and decides nothing", may: []arrow{
			{"core/workflow", "the words"},
			{"platform/db", "outcomes are rows"},
		}, tests: []arrow{
			{"platform/db/dbtest", "real databases"},
		}},

		{pkg: "core/engine", rule: engineRule, may: []arrow{
			{"core/eventstore", "a record may be a public event"},
			{"core/workflow", "states and progress are declared once"},
			{"platform/db", "attached rows commit with a step's result"},
			{"platform/secret", "a credential that a step was shown is hidden in what it leaves"},
		}},
		{pkg: "core/engine/local", rule: engineRule, may: []arrow{
			{"core/engine/local/activation", "it drives an execution's state machine"},
			{"core/engine/local/attempt", "it runs steps"},
			{"core/engine/local/history", "it reads what is durable"},
			{"core/engine/local/journal", "it sees which records became durable"},
			{"core/engine/local/openset", "executions that wait are rows"},
			{"core/engine/local/takeover", "a redrive takes over what its origin leaves"},
			{"core/engine", "it keeps the promises of this interface"},
			{"core/eventstore", "journals are streams"},
			{"core/workflow", "the words"},
			{"platform/db", "open executions are rows"},
		}, tests: []arrow{
			{"platform/db/dbtest", "both databases"},
			{"core/engine/enginetest", "the promises"},
			{"core/eventstore/postgres", "a real store"},
			{"core/eventstore/sqlite", "a real store"},
			{"platform/pgtest", "a real PostgreSQL"},
		}},
		{pkg: "core/engine/local/activation", rule: "an activation turns inputs into one append; it has no store and no clock, and starts nothing", without: []string{"platform/clock"}, may: []arrow{
			{"core/engine/local/attempt", "steps that are called become attempts"},
			{"core/engine/local/journal", "what happens becomes records"},
			{"core/engine/local/machine", "it feeds an execution's function"},
			{"core/engine", "the words of inputs"},
			{"core/eventstore", "records become events"},
			{"core/workflow", "states and reasons"},
			{"platform/db", "attached rows ride in the append"},
		}},
		{pkg: "core/engine/local/attempt", rule: "an attempt runs one try of a step and judges it; it knows no execution", may: []arrow{
			{"core/engine", "it calls steps"},
			{"core/workflow", "the reasons of a parking"},
		}},
		{pkg: "core/engine/local/history", rule: "it reads records and does not know what follows from them", may: []arrow{
			{"core/engine/local/journal", "events become records"},
			{"core/engine", "the streams of executions"},
			{"core/eventstore", "what it reads from"},
		}},
		{pkg: "core/engine/local/takeover", rule: "it adds up records and reads none", without: []string{"platform/clock"}, may: []arrow{
			{"core/engine/local/journal", "the records of an origin"},
			{"core/engine", "the words of a feed"},
		}},
		{pkg: "core/engine/local/journal", rule: "a journal is values: records in, their sum out", without: []string{"platform/clock"}, may: []arrow{
			{"core/engine", "the words of the records"},
			{"core/eventstore", "a record is an event"},
			{"core/workflow", "the states that records lead to"},
		}},
		{pkg: "core/engine/local/machine", rule: "a machine turns inputs into commands; it has no store and no clock", without: []string{"platform/clock"}, may: []arrow{
			{"core/engine", "it gives workflow functions their run"},
		}},
		{pkg: "core/engine/local/openset", rule: "it knows which executions are open and drives none", may: []arrow{
			{"core/engine", "it understands the engine's events"},
			{"core/eventstore", "it catches up from the store"},
			{"core/workflow", "the words"},
			{"platform/db", "open executions are rows"},
		}, tests: []arrow{
			{"core/engine/enginetest", "a store in memory"},
			{"core/eventstore/sqlite", "a real store"},
			{"platform/db/dbtest", "both databases"},
		}},
		{pkg: "core/engine/enginetest", forTests: true, may: []arrow{
			{"core/engine", "the promises are the interface's"},
			{"core/eventstore", "it looks at what was recorded"},
			{"core/workflow", "the states that it expects"},
			{"platform/db", "it looks at attached rows"},
		}},
		{pkg: "core/engine/lint", rule: "it reads source text"},
		{pkg: "core/engine/lint/cmd", may: []arrow{
			{"core/engine/lint", "it prints what was found"},
		}},

		{pkg: "core/eventstore", rule: "the event store stores; it does not know what runs on it", may: []arrow{
			{"platform/db", "inline writes share its transaction"},
		}},
		{pkg: "core/eventstore/relational", rule: "what both stores share", may: []arrow{
			{"core/eventstore", "it keeps the promises of this interface"},
			{"platform/db", "events are rows"},
		}, tests: []arrow{
			{"platform/db/dbtest", "the plans of its queries"},
		}},
		{pkg: "core/eventstore/postgres", may: []arrow{
			{"core/eventstore/relational", "it adds the dialect"},
			{"platform/db", "events are rows"},
		}, tests: []arrow{
			{"core/eventstore", "they kill a store that appends"},
			{"core/eventstore/storetest", "the promises"},
			{"platform/pgtest", "a real PostgreSQL"},
		}},
		{pkg: "core/eventstore/sqlite", may: []arrow{
			{"core/eventstore/relational", "it adds the dialect"},
			{"platform/db", "events are rows"},
		}, tests: []arrow{
			{"core/eventstore", "they kill a store that appends"},
			{"core/eventstore/storetest", "the promises"},
		}},
		{pkg: "core/eventstore/storetest", forTests: true, may: []arrow{
			{"core/eventstore", "the promises are the interface's"},
			{"platform/db", "inline writes share its transaction"},
		}},

		{pkg: "core/workflow", rule: "the vocabulary is what the others speak; it knows none of them"},
	},
}

const engineRule = "the engine runs functions; definitions and permissions belong to the orchestrator"
