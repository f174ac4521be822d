package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson/syntax"
)

// Type is the compiled declaration of T. It is safe for concurrent use.
type Type[T any] struct {
	plan     *plan
	settings settings
}

// For compiles the declaration of T. It panics when the declaration is wrong,
// with everything that is, so that a mistake is found when the process starts.
func For[T any](options ...Option) *Type[T] {
	t, err := Compile[T](options...)
	if err != nil {
		panic(err)
	}
	return t
}

// Compile is For with an error.
func Compile[T any](options ...Option) (*Type[T], error) {
	t := &Type[T]{}
	for _, o := range options {
		o(&t.settings)
	}
	goType := reflect.TypeFor[T]()
	c := &compiler{plans: map[reflect.Type]*plan{}, unions: map[reflect.Type]*unionOption{}, path: []string{goType.String()}}
	for _, u := range t.settings.unions {
		if u.goType.Kind() != reflect.Interface || c.unions[u.goType] != nil {
			c.fault("OneOf is declared for %s, which is not an interface or has been declared before", u.goType)
			continue
		}
		c.unions[u.goType] = u
	}
	t.plan = c.compile(goType)
	c.finish()
	c.selected(t.plan)
	if len(c.faults) > 0 {
		return nil, fmt.Errorf("the declaration of %s is wrong: %w", goType, errors.Join(c.faults...))
	}
	return t, nil
}

// Decode reads a document. The findings hold everything that is wrong with its
// form; when they are not OK, the value holds what could be read, for further
// checks that add to the same findings. Nothing in the value shares memory with
// the document.
func (t *Type[T]) Decode(text []byte) (T, *Findings) {
	value, found := t.read(text, t.settings.limits, &decoder{fresh: t.settings.fresh})
	return value, found
}

// DecodeStored reads a document that was checked when it was stored. Nothing is
// checked again: unknown keys are ignored, and what has become required may be
// missing. The error, an *Error, says what cannot be decoded at all, or that a
// secret is not a reference.
func (t *Type[T]) DecodeStored(text []byte) (T, error) {
	value, found := t.read(text, storedLimits, &decoder{stored: true})
	if err := found.Err(); err != nil {
		var none T
		return none, err
	}
	return value, nil
}

// storedLimits let everything through that could ever be stored; the depth is
// that of the reader's own stack.
var storedLimits = Limits{Bytes: math.MaxInt, Depth: 10_000, Keys: math.MaxInt, Values: math.MaxInt / 2}

func (t *Type[T]) read(text []byte, limits Limits, d *decoder) (T, *Findings) {
	var value T
	d.found = &Findings{rename: t.settings.rename}
	d.doc = t.parse(text, limits, d.found)
	if d.doc != nil {
		d.value(t.plan, nil, 0, reflect.ValueOf(&value).Elem())
	}
	return value, d.found
}

// parse reads the text into nodes and reports what is wrong with it; nil when
// it cannot be read to its end.
func (t *Type[T]) parse(text []byte, limits Limits, found *Findings) *syntax.Document {
	if t.settings.mark {
		text = trimMark(text)
	}
	doc, flaws, fatal := syntax.Parse(text, limits)
	found.doc = doc
	if fatal != nil && t.settings.emptyIsFine && len(bytes.TrimSpace(text)) == 0 ||
		fatal == nil && t.settings.emptyIsFine && doc.Type(0) == syntax.Null {
		doc, flaws, fatal = syntax.Parse([]byte("{}"), limits)
		found.doc = doc
	}
	if fatal != nil {
		found.at(fatal.Node, fatal.Code, "%s", fatal.Detail)
		return nil
	}
	for _, f := range flaws {
		found.at(f.Node, f.Code, "%s", f.Detail)
	}
	return doc
}

func trimMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\uFEFF")) }
