package sim

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// copyOf copies the data file as it is at this moment: what a process that is killed now leaves behind.
func copyOf(t *testing.T, path string, tail string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(target, append(raw, tail...), 0o600); err != nil {
		t.Fatal(err)
	}
	return target
}

// everything is the schema and all records of the base, as the API answers them, with the names of those that
// were modified after they were created.
func (a *airtable) everything() any {
	a.t.Helper()
	all := list{a.schema()}
	for _, t := range a.schema() {
		id := t.(obj)["id"].(string)
		all = append(all, a.records(id, "view", "Grid view"))
		all = append(all, a.names(id, "view", "Grid view", "filterByFormula", "IS_AFTER(LAST_MODIFIED_TIME(),CREATED_TIME())"))
	}
	return all
}

// exercise does one of each write.
func (a *airtable) exercise() (people string) {
	people, companies := a.crm()
	firms := a.create(companies, obj{"Name": "Acme"}, obj{"Name": "Apex"})
	ids := a.create(people,
		obj{"Name": "Ann \"x\" <é>\n", "Age": 1.5, "Active": true, "Tags": list{"a"}, "Company": list{firms[0]}, "Bio": "* b",
			"Owner": obj{"email": "o@example.com"}, "Files": list{obj{"url": "https://example.com/f"}}, "Code": obj{"text": "1"}, "Seen": "2024-01-01"},
		obj{"Name": "Bob", "Company": list{firms[0], firms[1]}}, obj{"Name": "Cid"})
	a.clock.pass(5e9)
	a.ok("PATCH", a.at(people)+"/"+ids[1], obj{"fields": obj{"Stage": "Fresh", "Company": list{firms[1]}}, "typecast": true})
	a.ok("DELETE", a.at(people)+"/"+ids[2], nil)
	a.ok("PATCH", a.at(people), obj{"performUpsert": obj{"fieldsToMergeOn": list{"Name"}}, "records": list{obj{"fields": obj{"Name": "Bob", "Age": 9}}, obj{"fields": obj{"Name": "Dan"}}}})
	a.ok("PATCH", "/v0/meta/bases/"+a.base+"/tables/"+people, obj{"name": "Persons"})
	return people
}

func TestWhatWasAcknowledgedIsThereAfterAnUncleanStop(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]string{"clean end": "", "torn line": `12345678 {"records":[{"t":`, "half a checksum": "1234", "wrong checksum": "00000000 {}\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "data")
			before := setup(t, onFile(path))
			people := before.exercise()
			after := setup(t, onFile(copyOf(t, path, tail)))
			after.base = before.base
			if diff := cmp.Diff(before.everything(), after.everything()); diff != "" {
				t.Fatal(diff)
			}
			// And it works on: the next numbers, links and formulas are those of the world that was left.
			id := after.create(people, obj{"Name": "Eve", "Age": 2})[0]
			if got := after.fields(people, id)["Label"]; got != "Eve/2" {
				t.Errorf("got %v", got)
			}
			if got := after.names(people, "view", "Grid view"); !strings.HasSuffix(got, "Bob,Dan,Eve") {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestEveryPrefixOfTheFileIsAStateThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	a := setup(t, onFile(path))
	people, companies := a.crm()
	firm := a.create(companies, obj{"Name": "Acme"})[0]
	states := map[string]bool{fmt.Sprint(a.everything()): true}
	for i := range 5 {
		a.create(people, obj{"Name": fmt.Sprint(i), "Company": list{firm}}, obj{"Name": fmt.Sprint(i, "b")})
		states[fmt.Sprint(a.everything())] = true
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	prefix := bytes.IndexByte(raw, '\n') + 1 // behind the header, then base, table, company
	for range 3 {
		prefix += bytes.IndexByte(raw[prefix:], '\n') + 1
	}
	for cut := prefix; cut <= len(raw); cut += 37 {
		target := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(target, raw[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		after := setup(t, onFile(target))
		after.base = a.base
		if !states[fmt.Sprint(after.everything())] {
			t.Fatalf("the first %d of %d bytes are a state that no call has left", cut, len(raw))
		}
	}
}

func TestRefusedWritesLeaveNoTraceOnDisk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	size := a.sim.world.store.journal.Size()
	a.failsWith("POST", a.at(people), obj{"records": list{obj{"fields": obj{"Name": "x"}}, obj{"fields": obj{"Age": "x"}}}}, 422,
		"INVALID_VALUE_FOR_COLUMN", `Field "Age" cannot accept the provided value`)
	if got := a.sim.world.store.journal.Size(); got != size {
		t.Errorf("the file grew by %d bytes", got-size)
	}
}

func TestCompaction(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	before := setup(t, onFile(path))
	people := before.exercise()
	for i := range 300 {
		before.create(people, obj{"Name": fmt.Sprint("n", i), "Notes": strings.Repeat("x", 500)})
	}
	for _, id := range before.create(people, numbered(20)...) {
		before.ok("DELETE", before.at(people)+"/"+id, nil)
	}
	size := before.sim.world.store.journal.Size()
	before.sim.world.store.compactAt = 1
	before.create(people, obj{"Name": "rewrites"})
	if got := before.sim.world.store.journal.Size(); got >= size {
		t.Errorf("the file went from %d to %d bytes", size, got)
	}
	before.create(people, obj{"Name": "behind it"})
	after := setup(t, onFile(copyOf(t, path, "torn")))
	after.base = before.base
	if diff := cmp.Diff(before.everything(), after.everything()); diff != "" {
		t.Error(diff)
	}
}

func TestCallersAtTheSameTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			for i := range 25 {
				a.ok("PATCH", a.at(people), obj{"performUpsert": obj{"fieldsToMergeOn": list{"Name"}},
					"records": list{obj{"fields": obj{"Name": fmt.Sprint(caller, "/", i%10), "Age": i}}}})
				a.call("GET", a.at(people)+"?pageSize=10&filterByFormula=%7BAge%7D%3E3&sort[0][field]=Age", nil)
			}
		})
	}
	callers.Wait()
	after := setup(t, onFile(copyOf(t, path, "")))
	after.base = a.base
	if n := len(strings.Split(after.names(people), ",")); n != 80 {
		t.Errorf("found %d records of 80", n)
	}
	if diff := cmp.Diff(a.everything(), after.everything()); diff != "" {
		t.Error(diff)
	}
}

func TestAReadingCallWaitsForWhatItMayHaveSeen(t *testing.T) {
	t.Parallel()
	a := setup(t, onFile(filepath.Join(t.TempDir(), "data")))
	people, _ := a.crm()
	a.create(people, obj{"Name": "x"})
	seen, err := a.sim.world.read(func() ([]byte, *wire.Error) { return nil, nil })
	if err != nil || seen.ticket == nil || seen.ticket != a.sim.world.store.newest() {
		t.Errorf("the response waits for %v, %v", seen.ticket, err)
	}
}

func TestTheNumberOfADeletedRecordIsNotGivenAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	before := setup(t, onFile(path))
	people, _ := before.crm()
	last := before.create(people, obj{}, obj{})[1]
	before.ok("DELETE", before.at(people)+"/"+last, nil)
	before.ok("PATCH", "/v0/meta/bases/"+before.base+"/tables/"+people, obj{"name": "Persons"}) // keeps the table with its next number
	copied := copyOf(t, path, "")
	after := setup(t, onFile(copied))
	after.base = before.base
	after.create(people, obj{"Name": "third"})
	raw, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(string(raw)), "\n"); !strings.Contains(lines[len(lines)-1], `"n":3,`) {
		t.Errorf("the third record is kept as %s", lines[len(lines)-1])
	}
}

func TestOpeningLeavesASoundFileAsItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	setup(t, onFile(path)).exercise()
	before := copyOf(t, path, "")
	after := copyOf(t, before, "torn")
	setup(t, onFile(after))
	want, err := os.ReadFile(before)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(after)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestDataFileInUseIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	setup(t, onFile(path))
	if _, err := Open(Config{DataFile: path}); err == nil || !strings.Contains(err.Error(), "is in use") {
		t.Errorf("got %v", err)
	}
}

func TestAFullDiskIsAnErrorAndNothingIsAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	if err := a.sim.world.store.journal.Close(); err != nil { // stands for a disk that takes nothing more
		t.Fatal(err)
	}
	status, text, _ := a.call("POST", a.at(people), obj{"fields": obj{"Name": "lost"}})
	if status != 500 || !strings.Contains(text, "SERVER_ERROR") {
		t.Errorf("got %d %s", status, text)
	}
	after := setup(t, onFile(copyOf(t, path, "")))
	after.base = a.base
	if got := after.names(people); got != "" {
		t.Errorf("got %q", got)
	}
}
