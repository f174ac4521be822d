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
		{pkg: "outside/airtable/sim/*", rule: simRule},
	},
}

const simRule = "the simulator judges the client; code that both share would share its mistakes"
