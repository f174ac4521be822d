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

// Type returns the type of the document.
func (JSON[T]) Type() reflect.Type { return reflect.TypeFor[T]() }

// reader compiles the declaration of T. The reader fills the *JSON[T] that it
// is given.
func (JSON[T]) reader() reader {
	declaration := strictjson.For[T]()
	return func(text []byte, into any) *strictjson.Findings {
		value, found := declaration.Decode(text)
		into.(*JSON[T]).Value = value
		return found
	}
}

type reader func(text []byte, into any) *strictjson.Findings

// Document is the type of a field Body. Only JSON[T] implements it.
type Document interface {
	Type() reflect.Type
	reader() reader
}

// faultsOf returns the faults of a document, or the problem that there is none.
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
