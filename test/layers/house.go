package layers

// house is the table of the product, from the top down.
var house = table{
	floors:   []floor{cmdFloor, appFloor, demoFloor, apiFloor, kindsFloor, coreFloor, outsideFloor, platformFloor, examplesFloor, benchFloor, testFloor},
	everyday: everyday,
	modules:  modules,
}

var cmdFloor = floor{
	name: "cmd", rule: "a command minds its signals and hands over to app",
	over: []string{"app"},
	rows: []row{
		{pkg: "cmd/pyairtable-workflows", may: []arrow{
			{"app", "it starts the product"},
		}},
	},
}

var appFloor = floor{
	name: "app", rule: "app opens and closes the parts, and decides nothing",
	over: []string{"demo", "api", "kinds", "core", "outside", "platform"},
	rows: []row{
		{pkg: "app", may: []arrow{
			{"demo", "it adds the commands demo and torture"},
			{"api/*", "it serves the API and runs the command line"},
			{"api/http/*", "it mounts version 1 and the admin listener"},
			{"kinds/*", "it registers every kind"},
			{"core/*", "it opens the core"},
			{"core/kind/outcome", "it opens the store of what happened to rows"},
			{"core/engine/local", "it chooses the engine"},
			{"core/eventstore/postgres", "it chooses the store"},
			{"core/eventstore/sqlite", "it chooses the store"},
			{"core/orchestrator/payload", "it opens the store of inputs"},
			{"outside/*", "it makes the clients of foreign systems"},
			{"outside/airtable/sim", "it adds the command airtable-sim"},
			{"platform/*", "it opens database, blobs, metrics and configuration"},
			{"platform/secret/vault", "it opens the store of secrets"},
		}},
	},
}

var demoFloor = floor{
	name: "demo", rule: "a demo drives the product from outside, as a user does, and shares nothing with what it judges",
	over: []string{"api", "core", "outside", "examples", "platform"},
	rows: []row{
		{pkg: "demo", may: []arrow{
			{"demo/*", "its commands tell the stories of the kinds, on a stage"},
		}},
		{pkg: "demo/airtablesync", may: []arrow{
			{"demo/crm", "the source is a customer base"},
			{"demo/stage", "it plays on both processes"},
			{"api/client", "it makes and starts the sync as a user does"},
			{"core/workflow", "the words of the API"},
			{"outside/airtable", "the types of records that it compares"},
			{"examples", "it runs an example"},
		}},
		{pkg: "demo/crm", may: []arrow{
			{"outside/airtable", "it fills, edits and reads bases"},
		}, tests: []arrow{
			{"outside/airtable/sim", "a simulated Airtable"},
		}},
		{pkg: "demo/stage", may: []arrow{
			{"api/client", "it waits for the server and follows runs"},
			{"core/workflow", "the words of the API"},
			{"outside/airtable", "a client at the simulator's pace"},
		}},
	},
}

var examplesFloor = floor{
	name: "examples", rule: "an example is data",
	rows: []row{
		{pkg: "examples"},
	},
}

var benchFloor = floor{
	name: "bench", rule: "a benchmark measures from inside, without faces and without app",
	over: []string{"kinds", "core", "outside", "platform"},
	rows: []row{
		{pkg: "bench/bytes", may: []arrow{
			{"bench/core", "it fills a core"},
			{"bench/footprint", "it counts bytes"},
			{"bench/scratch", "a database for one measurement"},
			{"core/eventstore", "it reads the events that were written"},
			{"core/kind", "it registers the sync"},
			{"core/workflow", "the words of a start"},
			{"kinds/airtablesync", "it measures a sync"},
			{"outside/airtable", "the sync's client"},
			{"outside/airtable/sim", "a simulated Airtable"},
			{"platform/db", "columns are measured by SQL"},
		}},
		{pkg: "bench/core", rule: "it wires the core as app does; nothing else in bench knows how", may: []arrow{
			{"core/projection", "read models belong to a set"},
			{"core/engine", "its kind registers steps"},
			{"core/engine/local", "the engine that is measured"},
			{"core/eventstore", "journals are streams"},
			{"core/eventstore/postgres", "one store that is measured"},
			{"core/eventstore/sqlite", "the other one"},
			{"core/kind", "it has a kind of five steps"},
			{"core/orchestrator", "starts with their read models"},
			{"core/workflow", "the words of a start"},
			{"platform/blob", "the core needs blobs"},
			{"platform/db", "the stores need a database"},
			{"platform/secret/vault", "the core needs secrets"},
		}},
		{pkg: "bench/engine", may: []arrow{
			{"bench/core", "the core is one of the contenders"},
			{"bench/footprint", "it counts bytes"},
			{"bench/scratch", "a database for each contender"},
			{"core/workflow", "the words of a start"},
		}},
		{pkg: "bench/footprint", may: []arrow{
			{"platform/db", "it asks the database"},
		}, tests: []arrow{
			{"platform/pgtest", "a real PostgreSQL"},
		}},
		{pkg: "bench/lists", may: []arrow{
			{"core/eventstore", "it writes the events of many executions"},
			{"core/eventstore/postgres", "one store that is measured"},
			{"core/eventstore/sqlite", "the other one"},
			{"core/orchestrator/readmodel", "it measures its lists"},
			{"core/projection", "read models belong to a set"},
			{"core/workflow", "the words of a list"},
			{"platform/db", "the stores need a database"},
		}},
		{pkg: "bench/scratch"},
	},
}

var testFloor = floor{
	name: "test", rule: "a test across several floors names what it puts together",
	over: []string{"app", "demo", "api", "kinds", "core", "outside", "platform", "examples"},
	rows: []row{
		{pkg: "test/airtablesync", tests: []arrow{
			{"kinds/airtablesync", "the kind under test"},
			{"kinds/airtablesync/plan", "the types of what it finds"},
			{"core/engine", "it runs the kind's function"},
			{"core/kind", "it binds the kind as the orchestrator does"},
			{"core/kind/outcome", "it reads what happened to rows"},
			{"core/engine/local", "a real engine"},
			{"core/eventstore", "it reads what was recorded"},
			{"core/eventstore/sqlite", "a real store"},
			{"core/workflow", "the words of a configuration"},
			{"outside/airtable", "it fills bases and looks at them"},
			{"outside/airtable/sim", "a simulated Airtable"},
			{"platform/blob", "a real folder of blobs"},
			{"platform/db", "a real database"},
			{"examples", "every example runs"},
		}},
		{pkg: "test/e2e", tests: []arrow{
			{"app", "without a built binary the test's own is the product"},
			{"demo/*", "the demo is a test of the built binary"},
			{"api/client", "it speaks to the server"},
			{"core/workflow", "the words of the API"},
			{"outside/airtable", "it fills bases and looks at them"},
			{"outside/airtable/sim", "a simulated Airtable"},
			{"platform/pgtest", "a server on PostgreSQL"},
			{"examples", "every example runs"},
		}},
		{pkg: "test/layers"},
		{pkg: "test/report"},
	},
}
