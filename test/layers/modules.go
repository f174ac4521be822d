package layers

import (
	"slices"
	"strings"
)

// module is a module by other authors that the product uses.
type module struct {
	path  string
	in    []string // the only packages that may import it, named as in the table
	tests []string // further packages whose tests may import it
	why   string   // no others may
}

// checkModules finds what a package imports of other modules against the list.
func (c *checker) checkModules(p pkg) {
	for _, to := range p.imports {
		m, ok := c.moduleOf(p.name, to)
		if !ok {
			continue
		}
		if home := homeOf(p.name, m.in); home == "" {
			c.faultf("%s may not import %s: %s", p.name, to, m.why)
		} else {
			c.used[line(home, m.path)] = true
		}
	}
	for _, to := range p.testImports {
		m, ok := c.moduleOf(p.name, to)
		if !ok || homeOf(p.name, m.in) != "" {
			continue
		}
		if home := homeOf(p.name, m.tests); home == "" {
			c.faultf("%s may not import %s: %s", testsOf(p.name), to, m.why)
		} else {
			c.used[line(testsOf(home), m.path)] = true
		}
	}
}

// homeOf returns the first of the homes that a package belongs to.
func homeOf(name string, homes []string) string {
	i := slices.IndexFunc(homes, func(home string) bool { return matches(home, name) })
	if i < 0 {
		return ""
	}
	return homes[i]
}

// moduleOf returns the module that an import belongs to, which is the one with
// the longest path. It returns false for one of our packages, and for an unknown
// module, which is a fault.
func (c *checker) moduleOf(from, to string) (module, bool) {
	if ours(to) {
		return module{}, false
	}
	var found module
	for _, m := range c.modules {
		if (to == m.path || strings.HasPrefix(to, m.path+"/")) && len(m.path) > len(found.path) {
			found = m
		}
	}
	if found.path == "" {
		c.faultf("%s imports %s, which is not in the list of modules: say who may import it and why, in test/layers/modules.go", from, to)
	}
	return found, found.path != ""
}

// modules are those in go.mod that the product imports itself.
var modules = []module{
	{path: "github.com/danielgtaylor/huma/v2", in: []string{"api/http"},
		why: "operations and their OpenAPI document are built in one place"},
	{path: "github.com/go-chi/chi/v5", in: []string{"api/http"},
		why: "routes are built in one place"},
	{path: "github.com/google/go-cmp", in: []string{"core/eventstore/storetest", "core/projection/projectiontest"}, tests: []string{"..."},
		why: "it compares in tests and panics where it cannot"},
	{path: "github.com/google/uuid", in: []string{"core/workflow", "platform/db", "platform/secret/vault", "api/http"},
		why: "IDs are made where things get their names"},
	{path: "github.com/jackc/pgx/v5", in: []string{"platform/db", "platform/pgtest", "core/eventstore/postgres", "bench/footprint", "bench/scratch"},
		why: "the dialect is hidden in platform/db"},
	{path: "github.com/knadh/koanf", in: []string{"platform/config"},
		why: "settings are read in one place"},
	{path: "github.com/pressly/goose/v3", in: []string{"platform/db"},
		why: "migrations run in one place"},
	{path: "github.com/prometheus", in: []string{"platform/telemetry"},
		why: "names of metrics live in one catalogue"},
	{path: "github.com/santhosh-tekuri/jsonschema/v6", tests: []string{"api/http/v1", "kinds/*", "platform/strictjson"},
		why: "it checks the schemas that our code writes"},
	{path: "github.com/spf13/cobra", in: []string{"api/cli", "app", "demo"},
		why: "only commands know the command line"},
	{path: "github.com/spf13/pflag", in: []string{"platform/config", "app", "demo"},
		why: "only commands and settings know flags"},
	{path: "github.com/vbauerster/mpb/v8", in: []string{"api/cli/progress"},
		why: "only the command line draws bars"},
	{path: "go.opentelemetry.io/otel", in: []string{"platform/telemetry"},
		why: "names of metrics and spans live in one catalogue"},
	{path: "go.uber.org/goleak", tests: []string{"..."},
		why: "it finds goroutines that tests leave behind"},
	{path: "go.yaml.in/yaml/v3", in: []string{"platform/config"},
		why: "YAML is read in one place; documents are JSON"},
	{path: "golang.org/x/sync", in: []string{"core/orchestrator", "core/orchestrator/dispatch", "core/projection", "demo/crm"},
		why: "a goroutine has an owner that waits for it; groups are for bounded work"},
	{path: "golang.org/x/sys", in: []string{"platform/blob", "platform/db"},
		why: "what differs between systems is hidden in the platform"},
	{path: "golang.org/x/term", in: []string{"app"},
		why: "the state of the process is read once"},
	{path: "golang.org/x/time", in: []string{"platform/resilience"},
		why: "limits are kept in one place"},
	{path: "modernc.org/sqlite", in: []string{"platform/db"}, tests: []string{"test/e2e"},
		why: "the dialect is hidden in platform/db"},
}
