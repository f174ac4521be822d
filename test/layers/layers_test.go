// Package layers_test reads the import graph of the product, test imports
// included, and fails with the reason beside the forbidden pair. It is the
// executable form of the floor plan in docs/architecture.md.
package layers_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/pyairtable/pyairtable-workflows/"

// rule forbids every package under From to import a package under To, but
// for the ones under Except; the packages under Not are exempt. Tests says
// whether the rule also holds for the package's tests.
type rule struct {
	From, To string
	Not      string
	Except   []string
	Tests    bool
	Why      string
}

var rules = []rule{
	{From: "internal/platform", To: "internal", Except: []string{"internal/platform"}, Tests: true,
		Why: "the platform is small tools for everyone and knows nobody; move the caller up"},
	{From: "internal/core", To: "internal/outside", Tests: true,
		Why: "the core knows no foreign system; give it a step"},
	{From: "internal/core", To: "internal/kinds", Tests: true,
		Why: "a kind is registered from above; the core sees orchestrator.Kind"},
	{From: "internal/core", To: "internal/api", Tests: true,
		Why: "faces translate what the core says; the core does not know who asks"},
	{From: "internal/core", To: "internal/app", Tests: true, Why: "only cmd and end-to-end tests import app"},
	{From: "internal/core/workflow", To: "internal/core", Tests: true,
		Why: "the vocabulary is what the others speak; it speaks of nobody"},
	{From: "internal/core/eventstore", To: "internal/core", Except: []string{"internal/core/eventstore", "internal/core/workflow"}, Tests: true,
		Why: "the event store stores; it does not know what runs on it"},
	{From: "internal/core/engine", To: "internal/core", Except: []string{"internal/core/engine", "internal/core/eventstore", "internal/core/workflow"}, Tests: true,
		Why: "the engine runs functions; definitions and permissions belong to the orchestrator"},
	{From: "internal/core/identity", To: "internal/core", Except: []string{"internal/core/identity", "internal/core/eventstore", "internal/core/workflow"}, Tests: true,
		Why: "identity stands beside the orchestrator"},
	{From: "internal/core/orchestrator", To: "internal/core/identity", Tests: false,
		Why: "identity stands beside the orchestrator; pass a caller"},
	{From: "internal/core/orchestrator", To: "internal/core/engine/local", Tests: false,
		Why: "the orchestrator sees engine.Engine; app chooses the driver"},
	{From: "internal/core/orchestrator", To: "internal/core/eventstore/sqlite", Tests: false, Why: "drivers are named in app and in tests only"},
	{From: "internal/core/orchestrator", To: "internal/core/eventstore/postgres", Tests: false, Why: "drivers are named in app and in tests only"},
	{From: "internal/outside", To: "internal/core", Tests: true, Why: "a foreign system knows nothing of us; pass it values"},
	{From: "internal/outside", To: "internal/kinds", Tests: true, Why: "kinds use outside, never the other way"},
	{From: "internal/outside", To: "internal/api", Tests: true, Why: "faces and foreign systems are strangers"},
	{From: "internal/outside", To: "internal/app", Tests: true, Why: "only cmd and end-to-end tests import app"},
	{From: "internal/outside/airtable/sim", To: "internal/outside", Except: []string{"internal/outside/airtable/sim"}, Tests: true,
		Why: "the simulator judges the client; sharing code with it would share its mistakes"},
	{From: "internal/outside/airtable", To: "internal/outside/airtable/sim", Not: "internal/outside/airtable/sim", Tests: false,
		Why: "the client talks to Airtable; only its tests meet the simulator"},
	{From: "internal/kinds", To: "internal/api", Tests: true, Why: "a kind's calls reach the faces as operations that it declares"},
	{From: "internal/kinds", To: "internal/core/orchestrator", Tests: true, Why: "the orchestrator finds kinds structurally"},
	{From: "internal/kinds", To: "internal/core/identity", Tests: true, Why: "who may do what is decided above"},
	{From: "internal/kinds", To: "internal/core/engine/local", Tests: true, Why: "a kind runs on every engine"},
	{From: "internal/kinds", To: "internal/core/eventstore", Tests: true, Why: "a kind records events through its steps"},
	{From: "internal/kinds", To: "internal/app", Tests: true, Why: "only cmd and end-to-end tests import app"},
	{From: "internal/api", To: "internal/kinds", Tests: true, Why: "no face imports a kind"},
	{From: "internal/api", To: "internal/outside", Tests: true, Why: "faces decide nothing and call nobody"},
	{From: "internal/api", To: "internal/app", Tests: true, Why: "only cmd and end-to-end tests import app"},
	{From: "internal/api/client", To: "internal/core", Except: []string{"internal/core/workflow"}, Tests: false,
		Why: "the client speaks the wire; it may share the vocabulary"},
	{From: "internal/api/cli", To: "internal/core", Except: []string{"internal/core/workflow"}, Tests: false,
		Why: "the CLI is a client of the API"},
}

// confined names modules that one package hides from all others.
var confined = []struct{ Module, Home, Why string }{
	{"github.com/failsafe-go/failsafe-go", "internal/platform/resilience", "its API is before 1.0"},
	{"modernc.org/sqlite", "internal/platform/db", "the dialect is hidden in platform/db"},
	{"go.temporal.io/sdk", "internal/core/engine/temporal", "one engine's driver"},
}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func TestArrowsPointDown(t *testing.T) {
	pkgs := list(t)
	if len(pkgs) < 10 {
		t.Fatalf("only %d packages were listed", len(pkgs))
	}
	for _, p := range pkgs {
		from := strings.TrimPrefix(p.ImportPath, module)
		check(t, from, p.Imports, false)
		check(t, from, append(p.TestImports, p.XTestImports...), true)
	}
}

func TestForbiddenPairIsFound(t *testing.T) {
	r, bad := forbidden("internal/core/engine/local", "internal/outside/airtable", true)
	if !bad || !strings.Contains(r.Why, "foreign") {
		t.Errorf("an arrow from the core to the outside passed: %+v", r)
	}
	if r, bad := forbidden("internal/kinds/airtablesync", "internal/kinds/pipeline", false); !bad {
		t.Errorf("two kinds may know each other: %+v", r)
	}
	if r, bad := forbidden("internal/outside/airtable", "internal/outside/airtable/sim", true); bad {
		t.Errorf("the client's tests may not meet the simulator: %s", r.Why)
	}
}

func check(t *testing.T, from string, imports []string, tests bool) {
	t.Helper()
	for _, imp := range imports {
		for _, c := range confined {
			if under(imp, c.Module) && !under(from, c.Home) && !tests {
				t.Errorf("%s imports %s: only %s may (%s)", from, imp, c.Home, c.Why)
			}
		}
		to, ours := strings.CutPrefix(imp, module)
		if !ours {
			continue
		}
		if r, bad := forbidden(from, to, tests); bad {
			t.Errorf("%s imports %s: %s", from, to, r.Why)
		}
	}
}

// forbidden returns the rule that the arrow from → to breaks.
func forbidden(from, to string, tests bool) (rule, bool) {
	if a, b := kindOf(from), kindOf(to); a != "" && b != "" && a != b {
		return rule{Why: "kinds are strangers to each other; put what both need on a floor below"}, true
	}
	for _, r := range rules {
		if !under(from, r.From) || !under(to, r.To) || anyUnder(to, r.Except) {
			continue
		}
		if tests && !r.Tests || r.Not != "" && under(from, r.Not) {
			continue
		}
		return r, true
	}
	return rule{}, false
}

func kindOf(pkg string) string {
	rest, ok := strings.CutPrefix(pkg, "internal/kinds/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func anyUnder(pkg string, dirs []string) bool {
	for _, d := range dirs {
		if under(pkg, d) {
			return true
		}
	}
	return false
}

func under(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatalf("decode go list: %v", err)
		}
		pkgs = append(pkgs, p)
	}
}
