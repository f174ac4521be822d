package request

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// Place is where a parameter stands in a request.
type Place string

// The places of parameters, each named as its struct tag and as in OpenAPI.
const (
	Path   Place = "path"
	Query  Place = "query"
	Header Place = "header"
)

// Parameter is one value of the path, the query or a header: a string or an
// integer, with the bounds that the tags of its field set.
type Parameter struct {
	Name string
	In   Place
	// Field has the tags. Its index leads from the outermost struct.
	Field reflect.StructField

	fallback string // the value of an absent one
	list     bool   // a header that may be sent in parts, which are joined
	enum     []string
	length   span // of a string, in characters
	value    span // of an integer
}

// span is an inclusive range.
type span struct{ least, most int64 }

// ParametersOf returns the parameters of a struct and of the structs that it
// embeds, in the order of their fields. It panics on a declaration that could
// not be kept: it runs when routes are registered, so the process never starts
// with one.
func ParametersOf(t reflect.Type) []Parameter {
	var out []Parameter
	for _, f := range reflect.VisibleFields(t) {
		for _, place := range []Place{Path, Query, Header} {
			if name := f.Tag.Get(string(place)); name != "" {
				out = append(out, parameterOf(f, place, name))
			}
		}
	}
	return out
}

func parameterOf(f reflect.StructField, place Place, name string) Parameter {
	if k := f.Type.Kind(); k != reflect.String && k != reflect.Int && k != reflect.Int64 {
		panic(fmt.Sprintf("parameter %s is a %s; only strings and integers are read", name, f.Type))
	}
	for _, tag := range []string{"pattern", "format", "multipleOf", "exclusiveMinimum", "exclusiveMaximum", "required"} {
		if _, declared := f.Tag.Lookup(tag); declared {
			panic(fmt.Sprintf("parameter %s has the tag %s, which would be documented and never checked", name, tag))
		}
	}
	p := Parameter{
		Name: name, In: place, Field: f, fallback: f.Tag.Get("default"), list: f.Tag.Get("list") == "true",
		length: span{bound(f, "minLength", math.MinInt64), bound(f, "maxLength", math.MaxInt64)},
		value:  span{bound(f, "minimum", math.MinInt64), bound(f, "maximum", math.MaxInt64)},
	}
	if list := f.Tag.Get("enum"); list != "" {
		p.enum = strings.Split(list, ",")
	}
	return p
}

func bound(f reflect.StructField, tag string, absent int64) int64 {
	text, declared := f.Tag.Lookup(tag)
	if !declared {
		return absent
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("the tag %s of %s is %q, not an integer", tag, f.Name, text))
	}
	return n
}

// Required reports whether a request without the parameter is refused.
func (p Parameter) Required() bool { return p.In == Path }

// set reads the parameter from a request into its field of v.
func (p Parameter) set(r *http.Request, query url.Values, v reflect.Value) *problem.Fault {
	text, given := p.text(r, query)
	switch {
	case !given && p.Required():
		return p.fault(strictjson.CodeRequired, "is missing")
	case !given && p.fallback == "":
		return nil
	case !given:
		text = p.fallback
	}
	field := v.FieldByIndex(p.Field.Index)
	if field.Kind() == reflect.String {
		field.SetString(text)
		return p.checkString(text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if strings.HasPrefix(text, "+") { // in a query it is a blank, too
		err = strconv.ErrSyntax
	}
	field.SetInt(n)
	return p.checkInteger(n, err)
}

// text returns the parameter as it was sent. One that is given and empty is held
// to its declaration like any other: ?state=$STATE with a variable that is not
// set must not list everything.
func (p Parameter) text(r *http.Request, query url.Values) (text string, given bool) {
	switch p.In {
	case Path:
		text = r.PathValue(p.Name)
		return text, text != ""
	case Query:
		return query.Get(p.Name), query.Has(p.Name)
	}
	values := r.Header.Values(p.Name)
	return strings.Join(values, ", "), len(values) > 0
}

func (p Parameter) checkInteger(n int64, err error) *problem.Fault {
	detail := "must be a whole number"
	if bounds := p.value.String(); bounds != "" {
		detail += ", " + bounds
	}
	switch {
	case err != nil:
		return p.fault(strictjson.CodeInvalid, detail)
	case !p.value.holds(n):
		return p.fault(strictjson.CodeOutOfRange, detail)
	}
	return nil
}

func (p Parameter) checkString(text string) *problem.Fault {
	switch {
	case !p.length.holds(int64(utf8.RuneCountInString(text))):
		return p.fault(strictjson.CodeOutOfRange, fmt.Sprintf("must have %s characters", p.length))
	case len(p.enum) > 0 && !slices.Contains(p.enum, text):
		return p.fault(strictjson.CodeNotOneOf, "must be one of "+strings.Join(p.enum, ", ")+suggest.Nearest(text, p.enum))
	}
	return nil
}

func (p Parameter) fault(code, detail string) *problem.Fault {
	return &problem.Fault{Parameter: p.Name, Code: code, Detail: detail}
}

// String says the range in words; it is empty where every value is in it.
func (s span) String() string {
	lower, upper := s.least != math.MinInt64, s.most != math.MaxInt64
	switch {
	case lower && upper:
		return fmt.Sprintf("between %d and %d", s.least, s.most)
	case lower:
		return fmt.Sprintf("at least %d", s.least)
	case upper:
		return fmt.Sprintf("at most %d", s.most)
	}
	return ""
}

func (s span) holds(n int64) bool { return s.least <= n && n <= s.most }
