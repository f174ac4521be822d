package layers

var apiFloor = floor{
	name: "api", rule: "a face translates what the core says: it decides nothing, and knows neither kinds nor foreign systems",
	over: []string{"core", "platform"},
	rows: []row{
		{pkg: "api/http", rule: "the kit knows no resource and no service; those are in v1", may: []arrow{
			{"api/http/problem", "every failure is a problem document"},
			{"api/http/request", "a route's input is read from its declaration"},
			{"api/http/sse", "a route may stream"},
			{"core/workflow", "permissions and the words of responses"},
			{"platform/strictjson", "it describes bodies in the OpenAPI document"},
		}, tests: []arrow{
			{"api/apitest/scenario", "requests as data"},
		}},
		{pkg: "api/http/v1", may: []arrow{
			{"api/http", "resources are mounted on the kit"},
			{"api/http/problem", "a header that is refused is a fault of its own"},
			{"api/http/request", "inputs declare their bodies"},
			{"api/http/sse", "it streams events and progress"},
			{"core/orchestrator", "its routes are the orchestrator's commands"},
			{"core/orchestrator/query", "and what it shows"},
			{"core/identity", "keys and principals are a resource"},
			{"core/kind/outcome", "what happened to rows is a resource"},
			{"core/engine", "it passes an operator's verdict on a step"},
			{"core/workflow", "the words of requests and responses"},
			{"platform/strictjson", "bodies that are read in two steps"},
		}, tests: []arrow{
			{"api/apitest", "a core to serve"},
			{"api/apitest/scenario", "requests as data"},
			{"core/eventstore", "they append events to follow"},
		}},
		{pkg: "api/http/admin", rule: "the admin listener shows what it is handed"},
		{pkg: "api/http/problem", rule: "it translates errors and knows no route", may: []arrow{
			{"core/workflow", "an error of the core has a code and faults"},
		}},
		{pkg: "api/http/request", rule: "it reads requests and knows no route", may: []arrow{
			{"api/http/problem", "what is wrong with a request is a problem document"},
			{"platform/strictjson", "bodies are documents"},
		}},
		{pkg: "api/http/sse", rule: "it writes a stream and does not know what it says"},
		{pkg: "api/client", rule: "the client speaks the wire and shares only the vocabulary", may: []arrow{
			{"core/workflow", "the words of requests and responses"},
		}},
		{pkg: "api/cli", rule: "the command line is a client of the API; commands that run the process come from app", may: []arrow{
			{"api/cli/input", "commands read files"},
			{"api/cli/output", "commands write tables"},
			{"api/cli/progress", "commands watch executions"},
			{"api/client", "every command is a call"},
			{"core/workflow", "the words of requests and responses"},
			{"platform/blob", "the exit code of a folder in use"},
			{"platform/config", "config check reads a configuration"},
			{"platform/db", "the exit code of a store in use"},
		}, tests: []arrow{
			{"api/apitest", "a core to serve"},
			{"api/http", "a server to call"},
		}},
		{pkg: "api/cli/input", rule: "it reads what people hand to a command, and calls no server", may: []arrow{
			{"api/client", "a file becomes a request"},
			{"platform/strictjson", "files are documents"},
		}},
		{pkg: "api/cli/output", rule: "it formats what it is given"},
		{pkg: "api/cli/progress", may: []arrow{
			{"api/cli/output", "times and names are written in one way"},
			{"api/client", "it follows an execution"},
			{"core/workflow", "states and progress"},
		}},
		{pkg: "api/apitest", forTests: true, may: []arrow{
			{"core/projection", "it opens a core"},
			{"api/http", "a server to call"},
			{"api/http/v1", "the API's routes"},
			{"core/engine", "its kind registers steps"},
			{"core/engine/local", "a real engine"},
			{"core/eventstore/sqlite", "a real store"},
			{"core/identity", "tokens with scopes"},
			{"core/kind", "it has a kind"},
			{"core/kind/outcome", "its kind reports rows"},
			{"core/orchestrator", "the core that the faces show"},
			{"core/orchestrator/payload", "inputs that are kept apart"},
			{"core/workflow", "the words of a configuration"},
			{"platform/blob", "a real folder of blobs"},
			{"platform/db", "a real database"},
			{"platform/secret", "its kind has a credential"},
			{"platform/secret/vault", "real secrets"},
			{"platform/strictjson", "faults of its kind's configuration"},
		}},
		{pkg: "api/apitest/scenario", forTests: true, may: []arrow{
			{"api/http/problem", "it checks the form of every failure"},
		}},
	},
}
