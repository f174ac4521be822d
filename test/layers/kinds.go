package layers

var kindsFloor = floor{
	name: "kinds",
	rule: "a kind knows the words, the engine and clients of foreign systems, but no other kind, face, driver or simulator; what two kinds need belongs on a floor below, behaviour from outside comes through a port",
	over: []string{"core", "outside", "platform"}, testsOver: []string{"examples"}, strangers: true,
	rows: []row{
		{pkg: "kinds/*", may: []arrow{
			{"core/engine", "its function runs on the engine's interface"},
			{"core/workflow", "the words of a configuration and its faults"},
			{"outside/airtable", "the types of Airtable's API; behaviour comes through a port"},
			{"platform/blob", "pages of rows travel as references"},
			{"platform/db", "it keeps rows of its own"},
		}, tests: []arrow{
			{"examples", "the examples are valid configurations"},
			{"platform/pgtest", "its rows on a real PostgreSQL"},
		}},
	},
}
