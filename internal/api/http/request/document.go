package request

import (
	"net/http"
	"reflect"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// JSON is a body: one JSON document of the type T, declared and checked as
// package strictjson says.
type JSON[T any] struct{ Value T }

// document is a JSON[T] of any T.
type document interface {
	goType() reflect.Type
	reader() reader
}

// reader fills the *JSON[T] that it is given.
type reader func(text []byte, into any) *strictjson.Findings

func (JSON[T]) goType() reflect.Type { return reflect.TypeFor[T]() }

// reader compiles the declaration of T, and panics if it is wrong.
func (JSON[T]) reader() reader {
	declaration := strictjson.For[T](strictjson.WithLimits(strictjson.Limits{Bytes: maxBody}))
	return func(text []byte, into any) *strictjson.Findings {
		value, found := declaration.Decode(text)
		into.(*JSON[T]).Value = value
		return found
	}
}

// faultsOf returns the faults of a document, or the problem of a text that is
// not a document.
func faultsOf(found *strictjson.Findings) ([]problem.Fault, *problem.Details) {
	var faults []problem.Fault
	for _, f := range found.Faults() {
		faults = append(faults, problem.Fault{Pointer: f.Pointer, Code: f.Code, Detail: f.Detail})
	}
	if len(faults) > 0 && faults[0].Code == strictjson.CodeMalformed {
		p := problem.New(http.StatusBadRequest, faults[0].Code, faults[0].Detail)
		p.Errors = faults
		return nil, p
	}
	return faults, nil
}
