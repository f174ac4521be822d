package layers

// Below each other stand: orchestrator, readmodel, engine, eventstore;
// identity stands beside the orchestrator, and workflow at the ground.
var coreFloor = floor{
	name: "core",
	rule: "the core knows no foreign system, no kind and no face, and names drivers in tests only; what it needs from outside is a small port that app fills",
	over: []string{"platform"},
	rows: []row{
		{pkg: "core/orchestrator", may: []arrow{
			{"core/orchestrator/readmodel", "it shows what happened"},
			{"core/engine", "it starts and steers executions"},
			{"core/eventstore", "definitions are streams"},
			{"core/workflow", "the words"},
			{"platform/db", "starts, answers and checkpoints are rows"},
			{"platform/secret", "a credential becomes a reference"},
		}, tests: []arrow{
			{"core/engine/local", "a real engine"},
			{"core/eventstore/postgres", "a real store"},
			{"core/eventstore/sqlite", "a real store"},
			{"platform/pgtest", "a real PostgreSQL"},
		}},
		{pkg: "core/orchestrator/readmodel", may: []arrow{
			{"core/engine", "it understands the engine's events"},
			{"core/eventstore", "it follows the store"},
			{"core/workflow", "the words"},
			{"platform/db", "it keeps rows"},
		}},
		{pkg: "core/identity", rule: "identity stands beside the orchestrator, on the event store", may: []arrow{
			{"core/eventstore", "principals and keys are streams"},
			{"core/workflow", "the words"},
			{"platform/auth", "it hashes keys"},
		}, tests: []arrow{
			{"core/eventstore/sqlite", "a real store"},
			{"platform/db", "a real database"},
		}},

		{pkg: "core/engine", rule: "the engine runs functions; definitions and permissions belong to the orchestrator", may: []arrow{
			{"core/eventstore", "a record may be a public event"},
			{"platform/db", "attached rows commit with a step's result"},
		}},
		{pkg: "core/engine/local", rule: "the engine runs functions; definitions and permissions belong to the orchestrator", may: []arrow{
			{"core/engine", "it keeps the promises of this interface"},
			{"core/eventstore", "journals are streams"},
			{"platform/db", "open executions are rows"},
		}, tests: []arrow{
			{"core/engine/enginetest", "the promises"},
			{"core/eventstore/postgres", "a real store"},
			{"core/eventstore/sqlite", "a real store"},
			{"platform/pgtest", "a real PostgreSQL"},
		}},
		{pkg: "core/engine/enginetest", forTests: true, may: []arrow{
			{"core/engine", "the promises are the interface's"},
			{"core/eventstore", "it looks at what was recorded"},
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
		}},
		{pkg: "core/eventstore/postgres", may: []arrow{
			{"core/eventstore/relational", "it adds the dialect"},
			{"platform/db", "events are rows"},
		}, tests: []arrow{
			{"core/eventstore", "it kills a store that appends"},
			{"core/eventstore/storetest", "the promises"},
			{"platform/pgtest", "a real PostgreSQL"},
		}},
		{pkg: "core/eventstore/sqlite", may: []arrow{
			{"core/eventstore/relational", "it adds the dialect"},
			{"platform/db", "events are rows"},
		}, tests: []arrow{
			{"core/eventstore", "it kills a store that appends"},
			{"core/eventstore/storetest", "the promises"},
		}},
		{pkg: "core/eventstore/storetest", forTests: true, may: []arrow{
			{"core/eventstore", "the promises are the interface's"},
			{"platform/db", "inline writes share its transaction"},
		}},

		{pkg: "core/workflow", rule: "the vocabulary is what the others speak; it speaks of nobody"},
	},
}
