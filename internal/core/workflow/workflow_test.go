package workflow

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestIDsAreWellFormedAndSort(t *testing.T) {
	var last ExecutionID
	for range 1000 {
		id := NewExecutionID()
		if !id.Valid() || id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
	for _, id := range []string{"", "ex_", "ex_1", "wf_" + string(last)[3:], string(last) + "0", strings.Replace(string(last), "-", "/", 1)} {
		if ExecutionID(id).Valid() {
			t.Errorf("%q passes for an execution's id", id)
		}
	}
	if !NewID().Valid() || !NewKeyID().Valid() {
		t.Error("a fresh id is not well-formed")
	}
}

func TestAPermissionIsHeldOrNot(t *testing.T) {
	runner := Caller{Scopes: []Permission{WorkflowRun}}
	if !runner.Can(Public) || !runner.Can(WorkflowRun) || runner.Can(WorkflowRead) || runner.Can(Admin) {
		t.Error("a caller can what its scopes do not say, or cannot what they say")
	}
	for _, p := range Permissions() {
		if !p.Known() || !(Caller{Scopes: []Permission{Admin}}).Can(p) {
			t.Errorf("an admin lacks %s", p)
		}
		if (Caller{}).Can(p) {
			t.Errorf("nobody has %s", p)
		}
	}
	if Public.Known() {
		t.Error("public is nothing that a key could hold")
	}
}

func TestErrorsAreMatchedByCategoryAndCode(t *testing.T) {
	err := fmt.Errorf("start: %w", Conflict("workflow_paused", "it is paused"))
	if !errors.Is(err, &Error{Category: CategoryConflict}) || !errors.Is(err, &Error{Code: "workflow_paused"}) || errors.Is(err, ErrNotFound) || errors.Is(err, &Error{Code: "other"}) {
		t.Errorf("%v matches wrongly", err)
	}
	if got := AsError(err); got.Category != CategoryConflict {
		t.Errorf("got %+v", got)
	}
	secret := errors.New("dial tcp 10.0.0.1: password=canary")
	hidden := AsError(secret)
	if hidden.Category != CategoryInternal || strings.Contains(hidden.Error(), "canary") || !errors.Is(hidden, secret) {
		t.Errorf("a foreign error shows as %q", hidden)
	}
	listed := Invalid("invalid", "two faults", Problem{"/a", "x", "is wrong"}, Problem{"/b", "y", "too"})
	if got := listed.Error(); got != "two faults; /a: is wrong; /b: too" {
		t.Error(got)
	}
}

// A reason for parking is explained where people look for it: with its fix, in the
// API's document, and in the guide.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{FixFor("another"): true}
	for _, reason := range ParkReasons() {
		if fix := FixFor(reason); fix == "" || seen[fix] {
			t.Errorf("%s has no fix of its own", reason)
		}
		seen[FixFor(reason)] = true
	}
	field, _ := reflect.TypeFor[Parking]().FieldByName("Reason")
	if diff := cmp.Diff(ParkReasons(), strings.Split(field.Tag.Get("enum"), ",")); diff != "" {
		t.Error(diff)
	}
	guide, err := os.ReadFile("../../../docs/executions.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(guide), "## Parked")
	table, _, _ = strings.Cut(table, "**Answer**")
	var rows []string
	for _, line := range strings.Split(table, "\n") {
		if row, ok := strings.CutPrefix(line, "| `"); ok {
			reason, _, _ := strings.Cut(row, "`")
			rows = append(rows, reason)
		}
	}
	slices.Sort(rows)
	if diff := cmp.Diff(slices.Sorted(slices.Values(ParkReasons())), rows); diff != "" {
		t.Errorf("docs/executions.md explains others: %s", diff)
	}
}

func TestDerivedExecutionIDs(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_700_000_000_000)
	for name, c := range map[string]struct {
		got, want ExecutionID
	}{
		"by seed":          {DerivedExecutionID("a"), "ex_ca978112-ca1b-8dca-bac2-31b39a23dc4d"},
		"by another seed":  {DerivedExecutionID("b"), "ex_3e23e816-0039-894a-b389-4f6564e1b134"},
		"by seed and time": {DerivedExecutionIDAt("a", at), "ex_018bcfe5-6800-7dca-bac2-31b39a23dc4d"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", name, c.got, c.want)
		}
		if !c.got.Valid() {
			t.Errorf("%s: %s is not valid", name, c.got)
		}
	}
	if early, late := DerivedExecutionIDAt("b", at), DerivedExecutionIDAt("a", at.Add(time.Millisecond)); early >= late {
		t.Errorf("%s does not sort before %s", early, late)
	}
}
