// Package formula is Airtable's formula language as far as the simulator speaks it: the operators and the
// functions AND OR NOT IF BLANK LOWER FIND SEARCH RECORD_ID CREATED_TIME LAST_MODIFIED_TIME IS_SAME
// IS_AFTER IS_BEFORE DATETIME_PARSE. It knows nothing of tables: fields come through a Resolver and a Row.
// It is not the expression language of our own product.
package formula

import (
	"errors"
	"strings"
)

// Type is what a formula or a field is known to yield before it is evaluated.
type Type int

// The static types. Any is a blank or a mixture.
const (
	Any Type = iota
	NumberType
	TextType
	DateType
)

// Resolver finds a field by name or id and tells its id and its type.
type Resolver func(name string) (id string, static Type, found bool)

// Row is one record as a formula sees it.
type Row interface {
	// Field is the value of the field with this id.
	Field(id string) Value
	// RecordID is the record's id.
	RecordID() string
	// CreatedTime and LastModifiedTime are in milliseconds since 1970.
	CreatedTime() int64
	LastModifiedTime() int64
}

// Formula is a compiled formula; it is immutable and safe for concurrent use.
type Formula struct {
	root      node
	static    Type
	canonical string
	refs      []string
}

// ErrInvalid says that a text is no formula: wrong syntax, an unknown function or a wrong number of arguments.
//
//lint:ignore ST1005 these are Airtable's words
var ErrInvalid = errors.New("Invalid formula. Please check your formula text.")

// UnknownFieldsError lists the fields that a formula names and its table has not.
type UnknownFieldsError struct{ Names []string }

// Error is Airtable's message, with the names in lower case.
func (e *UnknownFieldsError) Error() string {
	return "Unknown field names: " + strings.ToLower(strings.Join(e.Names, ", "))
}

// Compile reads a formula. The error is ErrInvalid or an *UnknownFieldsError.
func Compile(source string, resolve Resolver) (*Formula, error) {
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := parser{source: source, tokens: tokens, resolve: resolve}
	root, err := p.whole()
	if err != nil {
		return nil, err
	}
	if len(p.unknown) > 0 {
		return nil, &UnknownFieldsError{Names: p.unknown}
	}
	return &Formula{root: root.node, static: root.static, canonical: p.canonical(), refs: p.refs}, nil
}

// Eval computes the value for one row.
func (f *Formula) Eval(row Row) Value { return f.root(row) }

// Static is the type that Eval yields, as far as it is known beforehand.
func (f *Formula) Static() Type { return f.static }

// Canonical is the text with every field written as {fld…}.
func (f *Formula) Canonical() string { return f.canonical }

// Refs are the ids of the fields named, each once, in order of appearance.
func (f *Formula) Refs() []string { return f.refs }
