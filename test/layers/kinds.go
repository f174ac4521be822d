package layers

var kindsFloor = floor{
	name: "kinds",
	rule: "a kind knows what a kind is, the words, the engine and clients of foreign systems, but no other kind, face, driver or simulator; what two kinds need belongs on a floor below, behaviour from outside comes through a port",
	over: []string{"core", "outside", "platform"}, testsOver: []string{"examples"}, strangers: true,
	rows: []row{
		{pkg: "kinds/*", may: []arrow{
			{"./...", "its own rooms"},
			{"core/kind", "it declares itself"},
			{"core/kind/outcome", "it reports rows that it could not write"},
			{"core/engine", "its function runs on the engine's interface"},
			{"outside/airtable", "the types of Airtable's API; behaviour comes through a port"},
			{"platform/blob", "pages of rows travel as references"},
			{"platform/db", "it keeps rows of its own"},
			{"platform/secret", "a configuration may hold a credential"},
			{"platform/strictjson", "one declaration reads and describes its configuration"},
		}, tests: []arrow{
			{"core/workflow", "the faults that they expect"},
			{"examples", "the examples are valid configurations"},
		}},
		{pkg: "kinds/*/plan", rule: "a decision is a function of values: no engine, no rows, no clock", without: []string{"platform/clock"}, may: []arrow{
			{"outside/airtable", "the types that it compares"},
		}},
		{pkg: "kinds/airtablesync/linkmap", rule: "it remembers and decides nothing", may: []arrow{
			{"../plan", "the values that are remembered"},
			{"core/kind", "its tables are the kind's"},
			{"core/engine", "its rows are attached to steps"},
			{"core/workflow", "rows belong to a workflow"},
			{"outside/airtable", "the ids of rows"},
			{"platform/db", "links are rows"},
		}, tests: []arrow{
			{"platform/db/dbtest", "both databases"},
		}},
	},
}
