package layers

var outsideFloor = floor{
	name: "outside", rule: "what speaks to a foreign system knows nothing of us; pass it values",
	over: []string{"platform"},
	rows: []row{
		{pkg: "outside/airtable", may: []arrow{
			{"platform/resilience", "calls wait for limits"},
		}, tests: []arrow{
			{"outside/airtable/sim", "a simulated Airtable"},
		}},
		{pkg: "outside/airtable/sim", rule: simRule, may: []arrow{
			{"./...", "its own rooms"},
		}},
		{pkg: "outside/airtable/sim/wire", rule: simRule},
		{pkg: "outside/airtable/sim/journal", rule: simRule},
		{pkg: "outside/airtable/sim/limit", rule: simRule},
		{pkg: "outside/airtable/sim/formula", rule: simRule},
		{pkg: "outside/airtable/sim/quirk", rule: simRule},
		{pkg: "outside/airtable/sim/file", rule: simRule},
		{pkg: "outside/airtable/sim/fault", rule: simRule, may: []arrow{
			{"../quirk", "the plan holds the switches"},
			{"../wire", "a fault answers as Airtable does"},
		}},
		{pkg: "outside/airtable/sim/schema", rule: simRule, may: []arrow{
			{"../formula", "a formula field is parsed when it is created"},
			{"../wire", "ids and refusals"},
		}},
		{pkg: "outside/airtable/sim/cell", rule: simRule, may: []arrow{
			{"../file", "a file has a name by its url"},
			{"../quirk", "switches say who and what a cell takes"},
			{"../formula", "a formula sees a cell as a value"},
			{"../schema", "a cell obeys its field"},
			{"../wire", "ids and refusals"},
		}},
		{pkg: "outside/airtable/sim/record", rule: simRule, may: []arrow{
			{"../cell", "a record has cells"},
			{"../formula", "computed fields are evaluated"},
			{"../quirk", "switches limit what a call may write"},
			{"../schema", "a record belongs to a table"},
			{"../wire", "ids and refusals"},
		}},
		{pkg: "outside/airtable/sim/listing", rule: simRule, may: []arrow{
			{"../formula", "a list may be filtered by a formula"},
			{"../record", "it lists records"},
			{"../schema", "views and fields choose and order them"},
			{"../wire", "ids and refusals"},
		}},
	},
}

const simRule = "the simulator judges the client; code that both share would share its mistakes"
