package layers

var apiFloor = floor{
	name: "api", rule: "a face translates what the core says: it decides nothing, and knows neither kinds nor foreign systems",
	over: []string{"core", "platform"},
	rows: []row{
		{pkg: "api/http", may: []arrow{
			{"core/identity", "it asks whose token a request carries"},
			{"core/orchestrator", "its routes are the orchestrator's commands and reads"},
			{"core/engine", "it passes an operator's verdict on a step"},
			{"core/workflow", "the words of requests and answers"},
		}, tests: []arrow{
			{"api/apitest", "a core to serve"},
			{"core/eventstore", "it appends events to follow"},
		}},
		{pkg: "api/client", rule: "the client speaks the wire and shares only the vocabulary", may: []arrow{
			{"core/workflow", "the words of requests and answers"},
		}},
		{pkg: "api/cli", rule: "the command line is a client of the API; commands that run the process come from app", may: []arrow{
			{"api/client", "every command is a call"},
			{"core/workflow", "the words of requests and answers"},
			{"platform/blob", "the exit code of a folder in use"},
			{"platform/config", "config check reads a configuration"},
			{"platform/db", "the exit code of a store in use"},
		}, tests: []arrow{
			{"api/apitest", "a core to serve"},
			{"api/http", "a server to call"},
		}},
		{pkg: "api/apitest", forTests: true, may: []arrow{
			{"core/engine", "its kind registers steps"},
			{"core/engine/local", "a real engine"},
			{"core/eventstore/sqlite", "a real store"},
			{"core/identity", "tokens with scopes"},
			{"core/orchestrator", "the core that the faces show"},
			{"core/workflow", "the words of a configuration"},
			{"platform/blob", "a real folder of blobs"},
			{"platform/db", "a real database"},
			{"platform/secret", "real secrets"},
		}},
	},
}
