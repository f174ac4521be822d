package strictjson

import (
	"maps"
	"reflect"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson/syntax"
)

// settings are what options change.
type settings struct {
	limits      Limits
	rename      map[string]string
	unions      []*unionOption
	title, doc  string
	fresh       bool
	mark        bool
	emptyIsFine bool
}

// Limits bound a document before anything is decoded. Zero means the default.
type Limits = syntax.Limits

// Option changes how the documents of a type are read.
type Option func(*settings)

// WithLimits replaces the limits on documents.
func WithLimits(l Limits) Option { return func(s *settings) { s.limits = l } }

// Title gives the schema a title and a description.
func Title(title, doc string) Option { return func(s *settings) { s.title, s.doc = title, doc } }

// NewCredentials accepts a credential in the clear where a secret stands.
// Without it only a reference is accepted. DecodeStored never accepts one.
func NewCredentials() Option { return func(s *settings) { s.fresh = true } }

// ByteOrderMark skips a UTF-8 byte order mark at the beginning, which some
// editors put into files. Without it the mark is a fault.
func ByteOrderMark() Option { return func(s *settings) { s.mark = true } }

// EmptyIsObject reads an empty document and null as {}.
func EmptyIsObject() Option { return func(s *settings) { s.emptyIsFine = true } }

// RenameCodes gives faults other codes than the constants say.
func RenameCodes(codes map[string]string) Option {
	return func(s *settings) {
		if s.rename == nil {
			s.rename = map[string]string{}
		}
		maps.Copy(s.rename, codes)
	}
}

// ConfigurationCodes gives faults the few codes that the configurations of
// workflows have.
func ConfigurationCodes() Option {
	return RenameCodes(map[string]string{CodeMalformed: CodeInvalid, CodeWrongType: CodeInvalid, CodeOutOfRange: CodeInvalid,
		CodeNotOneOf: CodeInvalid, CodeUnknownField: "unknown_key"})
}

// unionOption is what OneOf declares.
type unionOption struct {
	goType   reflect.Type
	selector string
	variants []VariantOption
}

// VariantOption is one struct that an interface may hold; see Variant.
type VariantOption struct {
	name, doc string
	goType    reflect.Type
}

// OneOf declares that fields of the interface type I hold one of the variants.
// Which one is said by the member called selector of the object itself:
//
//	{"type": "http_request", "method": "POST"}
//
// or, where the field has the tag variant:"type", by the member of that name
// beside it, a string:
//
//	{"type": "airtable", "config": {"base_id": "app…"}}
//
// A variant may declare the selector as a field of its own or leave it out. For
// unions that are used in the second form only, selector may be empty.
func OneOf[I any](selector string, variants ...VariantOption) Option {
	return func(s *settings) {
		s.unions = append(s.unions, &unionOption{reflect.TypeFor[I](), selector, variants})
	}
}

// Variant is one struct of a union, under the name that selects it. S, or the
// pointer to it, implements the interface; the field then holds an S, or a *S.
// The doc says to people when to choose it.
func Variant[S any](name, doc string) VariantOption {
	return VariantOption{name, doc, reflect.TypeFor[S]()}
}
