package sim

import (
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkUpsert writes a table of 5,000 records, ten a call and then over again, into a data file.
func BenchmarkUpsert(b *testing.B) {
	a := setup(b, onFile(filepath.Join(b.TempDir(), "data")))
	people, _ := a.crm()
	for i := range b.N {
		batch := list{}
		for k := range 10 {
			batch = append(batch, obj{"fields": obj{"Name": fmt.Sprint((i*10 + k) % 5000), "Age": i, "Notes": "some text that a person might write", "Stage": "Won"}})
		}
		a.ok("PATCH", a.at(people), obj{"performUpsert": obj{"fieldsToMergeOn": list{"Name"}}, "records": batch})
	}
}

// BenchmarkList reads pages of 100 from a table of 5,000 records, each first page with a filter.
func BenchmarkList(b *testing.B) {
	a := setup(b)
	people, _ := a.crm()
	a.create(people, numbered(5000)...)
	for b.Loop() {
		a.call("GET", a.at(people)+"?filterByFormula=%7BAge%7D%3E%3D0", nil)
	}
}
