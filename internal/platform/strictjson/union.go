package strictjson

import (
	"fmt"
	"reflect"
)

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

// union compiles the variants of an interface.
func (c *compiler) union(p *plan, option *unionOption) {
	p.union = &union{selector: option.selector, variants: map[string]*variant{}}
	for _, v := range option.variants {
		c.path = append(c.path, fmt.Sprintf("(%s)", v.name))
		made := &variant{name: v.name, doc: v.doc, plan: c.compile(v.goType), key: &plan{goType: v.goType}}
		switch {
		case v.goType.Kind() != reflect.Struct || made.plan.kind != structPlan:
			c.fault("%s is not a struct", v.goType)
		case v.goType.Implements(p.goType):
		case reflect.PointerTo(v.goType).Implements(p.goType):
			made.pointer = true
		default:
			c.fault("%s does not implement %s", v.goType, p.goType)
		}
		if p.union.variants[v.name] != nil || v.name == "" {
			c.fault("each variant needs a name of its own")
		}
		p.union.variants[v.name] = made
		p.union.names = append(p.union.names, v.name)
		c.path = c.path[:len(c.path)-1]
	}
	if len(option.variants) == 0 {
		c.fault("%s has no variants", p.goType)
	}
}

// chosen finds the field that names the variant of d.
func (c *compiler) chosen(d *declared) {
	p := innermost(d.plan)
	if p.kind != unionPlan {
		return
	}
	if d.selector == "" {
		if p.union.selector == "" {
			c.fault(`nothing says which variant it is; add the tag variant:"…", or name the selector in OneOf`)
		}
		return
	}
	i, ok := d.in.byName[d.selector]
	if !ok || d.in.fields[i].plan.kind != stringPlan || len(d.in.fields[i].rules.values) > 0 {
		c.fault("variant %q is not a string field beside it without an enum", d.selector)
		return
	}
	d.chooser = i
	d.in.fields[i].rules.values = p.union.names
}

// tagged reads an object that says itself which variant it is.
func (d *decoder) tagged(u *union, n int, into reflect.Value) {
	if !d.is(n, objectNode, "an object") {
		return
	}
	selector := 0
	for key, value := range d.doc.members(n) {
		if !d.doc.nodes[key].refused && string(d.doc.bytesOf(key)) == u.selector {
			selector = value
			break
		}
	}
	switch {
	case selector == 0:
		d.found.below(n, u.selector, CodeRequired, "%s is missing; it is %s", u.selector, alternatives(u.names))
		return
	case d.doc.nodes[selector].refused || !d.is(selector, stringNode, "a string"):
		return
	}
	name := d.doc.textOf(selector)
	if u.variants[name] == nil {
		names := &plan{kind: stringPlan, values: u.names}
		d.checkText(names, &noRules, selector, name)
		if d.stored {
			d.found.at(selector, CodeNotOneOf, "must be %s", alternatives(u.names))
		}
		return
	}
	d.variant(u.variants[name], n, u.selector, into)
}

// chosen reads a field whose variant is named by the field beside it, which
// stands at the node chooser of the object; zero while it is absent.
func (d *decoder) chosen(p *plan, f *field, object, n, chooser int, into reflect.Value) {
	name, given := d.doc.choice(p.fields[f.chooser], chooser)
	v := f.plan.union.variants[name]
	switch {
	case v != nil:
		if d.is(n, objectNode, "an object") {
			d.variant(v, n, "", into)
		}
	case given && d.stored:
		d.found.at(chooser, CodeNotOneOf, "must be %s", alternatives(f.plan.union.names))
	case !given && (d.stored || !p.fields[f.chooser].required): // otherwise that is a fault already
		d.found.below(object, p.fields[f.chooser].name, CodeRequired, "%s is missing; it says what %s is", p.fields[f.chooser].name, f.name)
	}
}

// choice returns the text of a field that chooses a variant, which stands at
// the node n or, with zero, is absent. Given is false if it has no value.
func (d *document) choice(f *field, n int) (name string, given bool) {
	switch {
	case n > 0 && d.nodes[n].kind == stringNode && !d.nodes[n].refused:
		return d.textOf(n), true
	case n > 0 && d.nodes[n].kind != nullNode:
		return "", true
	case f.fallback != nil:
		return f.fallback.textOf(0), true
	}
	return "", false
}

func (d *decoder) variant(v *variant, n int, selector string, into reflect.Value) {
	made := reflect.New(v.plan.goType)
	d.fields(v.plan, n, selector, made.Elem())
	if !v.pointer {
		made = made.Elem()
	}
	into.Set(made)
}
