package strictjson

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson/syntax"
)

// SecretPlace is a place in a document where a secret stands.
type SecretPlace struct {
	Pointer string
	Value   secret.Secret // a reference or, in a document that came in, a credential
	start   int           // of the string in the text
	end     int
}

// SecretPointers returns the patterns of the pointers at which documents of the
// type hold secrets, sorted: "*" stands for any key or index, "**" for one or
// more of them, where a type contains itself. A pattern may match more than
// Secrets finds, because only a document says which variant of a union it has.
func (t *Type[T]) SecretPointers() []string {
	c := patterns{open: map[*plan]bool{}, recursive: map[*plan]bool{}}
	found := c.of(t.plan)
	slices.Sort(found)
	return slices.Compact(found)
}

// Secrets returns the places of all strings in a document that stand where the
// declaration has a secret, in their order. The document need not be valid
// otherwise; the error, an *Error, says that it is not JSON, has flaws in its
// text or more than 1,000 secrets.
func (t *Type[T]) Secrets(text []byte) ([]SecretPlace, error) {
	found := &Findings{rename: t.settings.rename}
	doc := t.parse(text, t.settings.limits, found)
	if doc == nil {
		return nil, found.Err()
	}
	f := finder{doc: doc}
	f.find(t.plan, 0)
	if f.more {
		found.Fault("", CodeTooManyValues, "more than %d credentials in one document", maxSecrets)
	}
	return f.places, found.Err()
}

// ReplaceSecrets returns the document with other text at each place of Secrets
// and every other byte as it was. An error of replace ends it.
func (t *Type[T]) ReplaceSecrets(text []byte, replace func(SecretPlace) (string, error)) ([]byte, error) {
	places, err := t.Secrets(text)
	if err != nil {
		return nil, err
	}
	if t.settings.mark {
		text = trimMark(text)
	}
	var out []byte
	done := 0
	for _, place := range places {
		other, err := replace(place)
		if err != nil {
			return nil, fmt.Errorf("the secret at %s: %w", place.Pointer, err)
		}
		quoted, _ := json.Marshal(other) // a string always can be
		out = append(append(out, text[done:place.start]...), quoted...)
		done = place.end
	}
	return append(out, text[done:]...), nil
}

// patterns collects the pointers of secrets below plans.
type patterns struct{ open, recursive map[*plan]bool }

// of returns the patterns below a plan.
func (c *patterns) of(p *plan) []string {
	switch p.typ {
	case secretPlan:
		return []string{""}
	case pointerPlan:
		return c.of(p.elem)
	case listPlan, mapPlan:
		return below("/*", c.of(p.elem))
	case structPlan, unionPlan:
	default:
		return nil
	}
	if c.open[p] {
		c.recursive[p] = true
		return nil
	}
	c.open[p] = true
	var found []string
	if p.typ == unionPlan {
		for _, name := range p.union.names {
			found = append(found, c.of(p.union.variants[name].plan)...)
		}
	}
	for _, f := range p.fields {
		found = append(found, below(At("", f.name), c.of(f.plan))...)
	}
	delete(c.open, p)
	if c.recursive[p] {
		found = append(found, below("/**", found)...)
	}
	return found
}

func below(prefix string, patterns []string) []string {
	out := make([]string, len(patterns))
	for i, pattern := range patterns {
		out[i] = prefix + pattern
	}
	return out
}

// finder walks a document beside its plan.
type finder struct {
	doc    *syntax.Document
	path   []any // keys and indices from the root
	places []SecretPlace
	more   bool // more places than maxSecrets
}

// maxSecrets bounds the secrets of one document.
const maxSecrets = 1000

// below finds the secrets in a value under a key or an index.
func (f *finder) below(token any, p *plan, n int) {
	f.path = append(f.path, token)
	f.find(p, n)
	f.path = f.path[:len(f.path)-1]
}

func (f *finder) find(p *plan, n int) {
	typ := f.doc.Type(n)
	switch {
	case p.typ == pointerPlan:
		f.find(p.elem, n)
	case p.typ == secretPlan && typ == syntax.String && !f.doc.Refused(n):
		f.place(n)
	case p.typ == listPlan && typ == syntax.Array:
		for i, item := range f.doc.Items(n) {
			f.below(i, p.elem, item)
		}
	case typ != syntax.Object:
	case p.typ == mapPlan:
		for key, value := range f.doc.Members(n) {
			if !f.doc.Refused(key) {
				f.below(f.doc.Text(key), p.elem, value)
			}
		}
	case p.typ == structPlan:
		f.fields(p, n)
	case p.typ == unionPlan:
		if selector := f.doc.Child(n, p.union.selector); selector >= 0 {
			name, _ := choice(f.doc, &field{}, selector)
			f.variant(p.union.variants[name], n)
		}
	}
}

func (f *finder) place(n int) {
	if f.more = f.more || len(f.places) >= maxSecrets; f.more {
		return
	}
	start, end := f.doc.Span(n)
	f.places = append(f.places, SecretPlace{At("", f.path...), secret.Secret(f.doc.Text(n)), start, end})
}

func (f *finder) variant(v *variant, n int) {
	if v != nil && f.doc.Type(n) == syntax.Object {
		f.fields(v.plan, n)
	}
}

// fields finds the secrets of an object. A key that occurs twice, which Decode
// refuses, is followed each time.
func (f *finder) fields(p *plan, n int) {
	first := make([]int, len(p.fields))
	for key, value := range f.doc.Members(n) {
		if i, known := p.byName[string(f.doc.Bytes(key))]; known && first[i] == 0 && !f.doc.Refused(key) {
			first[i] = value
		}
	}
	for key, value := range f.doc.Members(n) {
		i, known := p.byName[string(f.doc.Bytes(key))]
		if !known || f.doc.Refused(key) {
			continue
		}
		each := p.fields[i]
		if each.chooser < 0 {
			f.below(each.name, each.plan, value)
			continue
		}
		name, _ := choice(f.doc, p.fields[each.chooser], first[each.chooser])
		f.path = append(f.path, each.name)
		f.variant(each.plan.union.variants[name], value)
		f.path = f.path[:len(f.path)-1]
	}
}
