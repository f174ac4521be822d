package kind

import (
	"encoding/json"
	"reflect"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// document is a Go type that people write as JSON, without its type.
type document struct {
	goType  reflect.Type
	schema  json.RawMessage
	secrets []string
	// decode reads a document and reports every fault.
	decode func([]byte) (any, *strictjson.Findings)
	// stored reads a document that was checked when it was stored.
	stored  func([]byte) (any, error)
	places  func([]byte) ([]strictjson.SecretPlace, error)
	replace func([]byte, func(strictjson.SecretPlace) (string, error)) ([]byte, error)
}

// exampleReference stands for every credential of an example.
const exampleReference = "secret:sec_example"

// compile compiles the declaration of T. A mistake is noted at the kind; the
// document is then not to be used.
func compile[T any](k *Kind, what string, options []strictjson.Option) document {
	t, err := strictjson.Compile[T](options...)
	if err != nil {
		k.fail("%s: %w", what, err)
		return document{goType: reflect.TypeFor[T]()}
	}
	return document{
		goType: reflect.TypeFor[T](), schema: t.Schema(), secrets: t.SecretPointers(),
		decode: func(text []byte) (any, *strictjson.Findings) { return t.Decode(text) },
		stored: func(text []byte) (any, error) { return t.DecodeStored(text) },
		places: t.Secrets, replace: t.ReplaceSecrets,
	}
}

// blank replaces every secret by a reference.
func (d *document) blank(text []byte) ([]byte, error) {
	return d.replace(text, func(strictjson.SecretPlace) (string, error) { return exampleReference, nil })
}

// checked adds a check of the decoded value to decode.
func (d *document) checked(check func(any, *strictjson.Findings)) {
	decode := d.decode
	if decode == nil { // the declaration has mistakes
		return
	}
	d.decode = func(text []byte) (any, *strictjson.Findings) {
		value, found := decode(text)
		check(value, found)
		return value, found
	}
}

// CheckConfig adds what the kind itself has to say about a configuration to what
// is wrong with its form. It is also called for a configuration that has faults;
// what could not be read is then zero. C is the kind's configuration.
func CheckConfig[C any](k *Kind, check func(config C, found *strictjson.Findings)) {
	if k.isConfig(reflect.TypeFor[C](), "CheckConfig") {
		k.config.checked(func(value any, found *strictjson.Findings) { check(value.(C), found) })
	}
}

// CheckInput does the same for the input of an execution, which may depend on
// the configuration. A kind has at most one such check.
func CheckInput[C, I any](k *Kind, check func(config C, input I, found *strictjson.Findings)) {
	if !k.isConfig(reflect.TypeFor[C](), "CheckInput") || !k.isInput(reflect.TypeFor[I](), "CheckInput") {
		return
	}
	if k.checkInput != nil {
		k.fail("CheckInput is called twice; make it one check")
	}
	k.checkInput = func(config, input any, found *strictjson.Findings) { check(config.(C), input.(I), found) }
}

// isConfig reports whether a declaration names the kind's configuration, and
// notes the mistake if it does not.
func (k *Kind) isConfig(t reflect.Type, where string) bool {
	if t != k.config.goType {
		k.fail("%s takes a configuration of type %v, but the kind's is %v", where, t, k.config.goType)
	}
	return t == k.config.goType
}

func (k *Kind) isInput(t reflect.Type, where string) bool {
	if t != k.input.goType {
		k.fail("%s takes an input of type %v, but the kind's is %v", where, t, k.input.goType)
	}
	return t == k.input.goType
}

// problems returns findings in the words of the product.
func problems(found *strictjson.Findings) workflow.Problems {
	return workflow.Problems{Errors: asProblems(found.Faults()), Warnings: asProblems(found.Warnings())}
}

func asProblems(faults []strictjson.Fault) []workflow.Problem {
	var list []workflow.Problem
	for _, f := range faults {
		list = append(list, workflow.Problem{Pointer: f.Pointer, Code: f.Code, Detail: f.Detail})
	}
	return list
}
