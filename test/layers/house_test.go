package layers

import (
	"slices"
	"strings"
	"testing"
)

// faultsOf returns what the table says about a single package, which need not
// exist, or need not have these imports.
func faultsOf(p pkg) []string {
	return slices.DeleteFunc(house.check([]pkg{p}), func(fault string) bool {
		return !strings.HasPrefix(fault, p.name+" ") && !strings.HasPrefix(fault, testsOf(p.name)+" ")
	})
}

func TestTheHouseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pkg  pkg
		want []string // all of them, in the one fault
	}{
		"a kind that imports the simulator": {pkg{name: "kinds/pipeline", imports: []string{"outside/airtable/sim"}},
			[]string{"kinds/pipeline may not import outside/airtable/sim", "simulator", "the row of kinds/*"}},
		"a kind that imports another kind": {pkg{name: "kinds/pipeline", imports: []string{"kinds/airtablesync"}},
			[]string{"may not import kinds/airtablesync", "floor below"}},
		"a kind that imports a store's driver": {pkg{name: "kinds/pipeline", imports: []string{"core/eventstore/sqlite"}},
			[]string{"may not import core/eventstore/sqlite"}},
		"a kind that imports an engine's driver": {pkg{name: "kinds/pipeline", imports: []string{"core/engine/local"}},
			[]string{"may not import core/engine/local"}},
		"a kind that imports the orchestrator": {pkg{name: "kinds/pipeline", imports: []string{"core/orchestrator"}},
			[]string{"may not import core/orchestrator"}},
		"a kind that imports a face": {pkg{name: "kinds/pipeline", imports: []string{"api/http"}},
			[]string{"may not import api/http"}},
		"a kind whose tests import a driver": {pkg{name: "kinds/pipeline", testImports: []string{"core/engine/local"}},
			[]string{"the tests of kinds/pipeline may not import core/engine/local"}},
		"a kind that uses what only its tests may": {pkg{name: "kinds/pipeline", imports: []string{"examples"}},
			[]string{"may not import examples"}},
		"a core package that imports a foreign system": {pkg{name: "core/orchestrator", imports: []string{"outside/airtable"}},
			[]string{"core/orchestrator may not import outside/airtable", "port"}},
		"a core package whose tests import a kind": {pkg{name: "core/orchestrator", testImports: []string{"kinds/airtablesync"}},
			[]string{"the tests of core/orchestrator may not import kinds/airtablesync"}},
		"an orchestrator that names a driver": {pkg{name: "core/orchestrator", imports: []string{"core/eventstore/postgres"}},
			[]string{"may not import core/eventstore/postgres"}},
		"an orchestrator that imports its neighbour": {pkg{name: "core/orchestrator", imports: []string{"core/identity"}},
			[]string{"may not import core/identity"}},
		"an engine that imports a package above it": {pkg{name: "core/engine", imports: []string{"core/orchestrator"}},
			[]string{"may not import core/orchestrator", "definitions"}},
		"a vocabulary that imports a store": {pkg{name: "core/workflow", imports: []string{"core/eventstore"}},
			[]string{"may not import core/eventstore", "knows none of them"}},
		"a kind's plan that looks at the clock": {pkg{name: "kinds/pipeline/plan", imports: []string{"platform/clock"}},
			[]string{"kinds/pipeline/plan may not import platform/clock", "function of values"}},
		"a kind's plan that knows the engine": {pkg{name: "kinds/pipeline/plan", imports: []string{"core/engine"}},
			[]string{"kinds/pipeline/plan may not import core/engine", "function of values"}},
		"a kind that imports a room of another kind": {pkg{name: "kinds/pipeline", imports: []string{"kinds/airtablesync/plan"}},
			[]string{"may not import kinds/airtablesync/plan", "floor below"}},
		"a package of kinds that imports the orchestrator": {pkg{name: "core/kind", imports: []string{"core/orchestrator"}},
			[]string{"core/kind may not import core/orchestrator", "belongs to the orchestrator"}},
		"a package of kinds that imports the store": {pkg{name: "core/kind", imports: []string{"core/eventstore"}},
			[]string{"core/kind may not import core/eventstore"}},
		"an engine that knows kinds": {pkg{name: "core/engine/local", imports: []string{"core/kind"}},
			[]string{"core/engine/local may not import core/kind", "definitions"}},
		"a machine that has a store": {pkg{name: "core/engine/local/machine", imports: []string{"core/eventstore"}},
			[]string{"machine may not import core/eventstore", "no store"}},
		"a machine that has a clock": {pkg{name: "core/engine/local/machine", imports: []string{"platform/clock"}},
			[]string{"machine may not import platform/clock", "no clock"}},
		"an admission that keeps rows": {pkg{name: "core/orchestrator/admission", imports: []string{"platform/db"}},
			[]string{"admission may not import platform/db", "counts"}},
		"a kit of the API that knows a service": {pkg{name: "api/http", imports: []string{"core/orchestrator"}},
			[]string{"api/http may not import core/orchestrator", "those are in v1"}},
		"a core package that no one has placed": {pkg{name: "core/task", imports: []string{"core/eventstore/sqlite"}},
			[]string{"core/task is not in the table", "say on which floor it stands"}},
		"a floor that no one has placed": {pkg{name: "jobs/nightly", imports: []string{"kinds/airtablesync"}},
			[]string{"jobs/nightly is not in the table", "say on which floor it stands"}},
		"a platform package that imports the core": {pkg{name: "platform/db", imports: []string{"core/workflow"}},
			[]string{"platform/db may not import core/workflow", "move the caller up"}},
		"a platform package whose tests import the core": {pkg{name: "platform/db", testImports: []string{"core/eventstore"}},
			[]string{"the tests of platform/db may not import core/eventstore"}},
		"a platform package that takes an everyday tool without a line": {pkg{name: "platform/auth", imports: []string{"platform/clock"}},
			[]string{"may not import platform/clock"}},
		"a client of Airtable that knows the simulator": {pkg{name: "outside/airtable", imports: []string{"outside/airtable/sim"}},
			[]string{"may not import outside/airtable/sim"}},
		"a simulator that shares code with the client": {pkg{name: "outside/airtable/sim", imports: []string{"outside/airtable"}},
			[]string{"may not import outside/airtable", "mistakes"}},
		"a face that imports a kind": {pkg{name: "api/http", imports: []string{"kinds/airtablesync"}},
			[]string{"may not import kinds/airtablesync"}},
		"a client of the API that imports the engine": {pkg{name: "api/client", imports: []string{"core/engine"}},
			[]string{"may not import core/engine", "wire"}},
		"a server that imports a package for tests": {pkg{name: "app", imports: []string{"platform/pgtest"}},
			[]string{"app imports platform/pgtest, which is for tests alone"}},
		"a module outside its home": {pkg{name: "core/orchestrator", imports: []string{"github.com/jackc/pgx/v5/pgxpool"}},
			[]string{"may not import github.com/jackc/pgx/v5/pgxpool", "dialect"}},
		"a test that imports a module outside its home": {pkg{name: "core/orchestrator", testImports: []string{"modernc.org/sqlite"}},
			[]string{"the tests of core/orchestrator may not import modernc.org/sqlite"}},
		"a product that imports a module for tests": {pkg{name: "core/workflow", imports: []string{"github.com/google/go-cmp/cmp"}},
			[]string{"may not import github.com/google/go-cmp/cmp"}},
		"a module that no one has placed": {pkg{name: "app", imports: []string{"example.com/left/pad"}},
			[]string{"imports example.com/left/pad", "say who may import it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := faultsOf(c.pkg)
			if len(got) != 1 {
				t.Fatalf("got %d faults, want one: %q", len(got), got)
			}
			for _, part := range c.want {
				if !strings.Contains(got[0], part) {
					t.Errorf("got %q, want %q in it", got[0], part)
				}
			}
		})
	}
}

func TestTheHouseLetsPass(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]pkg{
		"a further kind": {name: "kinds/pipeline", imports: []string{"core/engine", "core/kind", "kinds/pipeline/rows", "platform/clock"},
			testImports: []string{"kinds/pipeline", "examples", "github.com/google/go-cmp/cmp"}},
		"its plan":                          {name: "kinds/pipeline/plan", imports: []string{"outside/airtable", "platform/suggest"}, testImports: []string{"platform/clock"}},
		"an app that registers it":          {name: "app", imports: []string{"kinds/pipeline"}},
		"a client's tests on the simulator": {name: "outside/airtable", testImports: []string{"outside/airtable/sim"}},
		"tests on a real store":             {name: "core/orchestrator", testImports: []string{"core/eventstore/sqlite"}},
		"a suite that uses a suite's tools": {name: "core/engine/enginetest", imports: []string{"core/engine"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := faultsOf(p); len(got) > 0 {
				t.Errorf("got %q", got)
			}
		})
	}
}
