package strictjson

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
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
// otherwise; the error, an *Error, says that it is not JSON at all.
func (t *Type[T]) Secrets(text []byte) ([]SecretPlace, error) {
	found := &Findings{rename: t.settings.rename}
	doc := t.parse(text, found)
	if doc == nil {
		return nil, found.Err()
	}
	f := finder{doc: doc}
	f.find(t.plan, 0)
	return f.places, nil
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
		quoted, err := json.Marshal(other)
		if err != nil {
			return nil, fmt.Errorf("the secret at %s: %w", place.Pointer, err)
		}
		out = append(append(out, text[done:place.start]...), quoted...)
		done = place.end
	}
	return append(out, text[done:]...), nil
}

// patterns collects the pointers of secrets below plans.
type patterns struct{ open, recursive map[*plan]bool }

// of returns the patterns below a plan.
func (c *patterns) of(p *plan) []string {
	switch p.kind {
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
	if p.kind == unionPlan {
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
	doc    *document
	places []SecretPlace
}

func (f *finder) find(p *plan, n int) {
	node := f.doc.nodes[n]
	switch {
	case p.kind == pointerPlan:
		f.find(p.elem, n)
	case p.kind == secretPlan && node.kind == stringNode && !node.refused:
		f.places = append(f.places, SecretPlace{f.doc.pointerTo(n), secret.Secret(f.doc.textOf(n)), node.start, node.end})
	case p.kind == listPlan && node.kind == arrayNode:
		for _, item := range f.doc.items(n) {
			f.find(p.elem, item)
		}
	case node.kind != objectNode:
	case p.kind == mapPlan:
		for _, value := range f.doc.members(n) {
			f.find(p.elem, value)
		}
	case p.kind == structPlan:
		f.fields(p, n)
	case p.kind == unionPlan:
		if v := f.variant(p.union, f.doc.child(n, p.union.selector)); v != nil {
			f.fields(v.plan, n)
		}
	}
}

func (f *finder) fields(p *plan, n int) {
	for key, value := range f.doc.members(n) {
		i, known := p.byName[string(f.doc.bytesOf(key))]
		switch {
		case !known || f.doc.nodes[key].refused:
		case p.fields[i].chooser >= 0:
			chooser := f.doc.child(n, p.fields[p.fields[i].chooser].name)
			if v := f.variant(p.fields[i].plan.union, chooser); v != nil {
				f.find(v.plan, value)
			}
		default:
			f.find(p.fields[i].plan, value)
		}
	}
}

// variant returns the variant that the node n names, nil for none.
func (f *finder) variant(u *union, n int) *variant {
	if n < 0 || f.doc.nodes[n].kind != stringNode || f.doc.nodes[n].refused {
		return nil
	}
	return u.variants[f.doc.textOf(n)]
}

// matches reports whether a pointer is one of a pattern of SecretPointers.
func matches(pattern, pointer string) bool {
	return matchTokens(slices.Collect(tokens(pattern)), slices.Collect(tokens(pointer)))
}

func matchTokens(pattern, pointer []string) bool {
	switch {
	case len(pattern) == 0 || len(pointer) == 0:
		return len(pattern) == len(pointer)
	case pattern[0] == "**":
		return matchTokens(pattern[1:], pointer[1:]) || matchTokens(pattern, pointer[1:])
	case pattern[0] != "*" && pattern[0] != pointer[0]:
		return false
	}
	return matchTokens(pattern[1:], pointer[1:])
}
