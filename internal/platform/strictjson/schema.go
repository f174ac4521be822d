package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// Schema returns the JSON Schema (2020-12) of the documents, with the hints for
// forms that the package comment lists. The members stand in the order of the
// declaration.
func (t *Type[T]) Schema() json.RawMessage {
	s := &schemas{names: map[*plan]string{}, taken: map[string]bool{}, root: t.plan}
	root := members{{"$schema", "https://json-schema.org/draft/2020-12/schema"}}
	root.addText("title", t.settings.title)
	root.addText("description", t.settings.doc)
	if t.plan.typ == structPlan {
		root = append(root, s.structure(t.plan)...)
	} else {
		root = append(root, s.of(t.plan, &noRules)...)
	}
	if len(s.defs) > 0 {
		root.add("$defs", s.defs)
	}
	raw, err := plainJSON(root)
	if err != nil {
		panic(err) // a fault of this file: all that is in it can be written
	}
	var b bytes.Buffer
	json.Indent(&b, raw, "", "  ")
	return b.Bytes()
}

// schemas writes the schemas of plans. Named structs are defined once.
type schemas struct {
	root  *plan
	names map[*plan]string
	taken map[string]bool
	defs  members
}

// of returns the schema of values that a plan reads within rules.
func (s *schemas) of(p *plan, r *rules) members {
	if r == nil {
		r = &noRules
	}
	switch p.typ {
	case structPlan:
		return s.reference(p)
	case pointerPlan:
		return s.of(p.elem, r)
	case listPlan:
		m := members{{"type", "array"}, {"items", s.of(p.elem, r.elem)}}
		counts(&m, r, "minItems", "maxItems")
		if r.unique {
			m.add("uniqueItems", true)
		}
		return m
	case mapPlan:
		m := members{{"type", "object"}, {"additionalProperties", s.of(p.elem, r.elem)}}
		counts(&m, r, "minProperties", "maxProperties")
		if keys := keyRules(r); len(keys) > 0 {
			m.add("propertyNames", keys)
		}
		return m
	case unionPlan:
		return s.union(p.union)
	case rawPlan:
		return members{}
	case objectPlan:
		return members{{"type", "object"}}
	}
	return scalarSchema(p, r)
}

func counts(m *members, r *rules, low, high string) {
	switch {
	case r.minItems != nil:
		m.add(low, *r.minItems)
	case r.nonempty:
		m.add(low, 1)
	}
	if r.maxItems != nil {
		m.add(high, *r.maxItems)
	}
}

func keyRules(r *rules) members {
	var m members
	switch {
	case r.minKey != nil:
		m.add("minLength", *r.minKey)
	case r.keyNotBlank:
		m.add("minLength", 1)
	}
	if r.maxKey != nil {
		m.add("maxLength", *r.maxKey)
	}
	switch {
	case r.keyPattern != nil && r.keyNotBlank:
		m.add("allOf", []members{{{"pattern", NotBlank}}, {{"pattern", r.keyPattern.String()}}})
	case r.keyPattern != nil:
		m.add("pattern", r.keyPattern.String())
	case r.keyNotBlank:
		m.add("pattern", NotBlank)
	}
	return m
}

func scalarSchema(p *plan, r *rules) members {
	switch p.typ {
	case boolPlan:
		return members{{"type", "boolean"}}
	case intPlan, uintPlan:
		m := members{{"type", "integer"}}
		bounds(&m, p, r)
		return m
	case floatPlan, numberPlan:
		m := members{{"type", "number"}}
		bounds(&m, p, r)
		return m
	case timePlan:
		return members{{"type", "string"}, {"format", "date-time"}}
	case secretPlan:
		return members{{"type", "string"}, {"minLength", 1}, {"pattern", NotBlank}, {"x-secret", true}}
	case durationPlan:
		return durationSchema(r)
	}
	m := members{{"type", "string"}}
	if values := allowed(p, r); len(values) > 0 {
		m.add("enum", values)
	}
	if len(r.unavailable) > 0 {
		m.add("x-unavailable", r.unavailable)
	}
	switch {
	case r.minLength != nil:
		m.add("minLength", *r.minLength)
	case r.nonempty:
		m.add("minLength", 1)
	}
	if r.maxLength != nil {
		m.add("maxLength", *r.maxLength)
	}
	switch {
	case r.pattern != nil && r.nonempty:
		m.add("pattern", r.pattern.String())
		m.add("allOf", []members{{{"pattern", NotBlank}}})
	case r.pattern != nil:
		m.add("pattern", r.pattern.String())
	case r.nonempty:
		m.add("pattern", NotBlank)
	}
	return m
}

func bounds(m *members, p *plan, r *rules) {
	low, high := limits(p, r)
	for _, b := range []struct {
		key string
		at  *float64
	}{{"minimum", low}, {"exclusiveMinimum", r.exclusiveMinimum}, {"maximum", high}, {"exclusiveMaximum", r.exclusiveMaximum}} {
		if b.at != nil {
			m.add(b.key, json.Number(strconv.FormatFloat(*b.at, 'f', -1, 64)))
		}
	}
}

// durationSchema says what parseDuration reads. The bounds are hints: a schema
// cannot compare durations.
func durationSchema(r *rules) members {
	m := members{{"type", "string"}, {"pattern", `^([0-9]+w)?([0-9]+d)?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))*$`}, {"minLength", 2}}
	limits := members{}
	if r.minimum != nil {
		limits.add("minimum", showDuration(*r.minimum))
	}
	if r.maximum != nil {
		limits.add("maximum", showDuration(*r.maximum))
	}
	m.add("x-duration", limits)
	return m
}

// reference refers to the definition of a struct and makes it where it is new.
func (s *schemas) reference(p *plan) members {
	if p == s.root {
		return members{{"$ref", "#"}}
	}
	name, known := s.names[p]
	if !known {
		if p.goType.Name() == "" {
			return s.structure(p)
		}
		name = s.define(p, func() members { return s.structure(p) })
	}
	return members{{"$ref", "#/$defs/" + name}}
}

// define adds a definition. Its place is taken before it is written, because it
// may refer to itself.
func (s *schemas) define(p *plan, write func() members) string {
	name := typeName(p.goType)
	for i := 2; s.taken[name]; i++ {
		name = fmt.Sprintf("%s%d", typeName(p.goType), i)
	}
	s.taken[name], s.names[p] = true, name
	at := len(s.defs)
	s.defs.add(name, nil)
	s.defs[at].value = write()
	return name
}

// typeName is the name of a type without the parts that a pointer would have
// to escape.
func typeName(t reflect.Type) string {
	name := []byte(t.Name())
	for i, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			name[i] = '_'
		}
	}
	return string(name)
}

func (s *schemas) structure(p *plan) members { return s.object(p, "", "") }

// object writes a struct. A selector is the member that names the variant.
func (s *schemas) object(p *plan, selector, name string) members {
	m := members{{"type", "object"}, {"additionalProperties", false}}
	var required []string
	properties := members{}
	if _, declared := p.byName[selector]; selector != "" && !declared {
		required = append(required, selector)
		properties.add(selector, members{{"const", name}})
	}
	for _, f := range p.fields {
		if f.required || f.name == selector {
			required = append(required, f.name)
		}
		property := s.field(f, f.takesNull() || !f.required && f.name != selector)
		if f.name == selector {
			property = append(members{{"const", name}}, property...)
		}
		properties.add(f.name, property)
	}
	if len(required) > 0 {
		m.add("required", required)
	}
	m.add("properties", properties)
	if choices := s.choices(p); len(choices) > 0 {
		m.add("allOf", choices)
	}
	return m
}

// union writes the variants that say themselves what they are.
func (s *schemas) union(u *union) members {
	var each []members
	for _, name := range u.names {
		v := u.variants[name]
		defined, known := s.names[v.key]
		if !known {
			defined = s.define(v.key, func() members { return s.object(v.plan, u.selector, name) })
		}
		m := members{{"$ref", "#/$defs/" + defined}, {"title", name}}
		m.addText("description", v.doc)
		each = append(each, m)
	}
	return members{{"oneOf", each}, {"x-selector", u.selector}}
}

// choices says, for each field whose variant is named beside it, what it is.
func (s *schemas) choices(p *plan) []members {
	var all []members
	for _, f := range p.fields {
		if f.chooser < 0 {
			continue
		}
		chooser := p.fields[f.chooser].name
		for _, name := range f.plan.union.names {
			v := f.plan.union.variants[name]
			then := append(s.reference(v.plan), member{"title", name})
			then.addText("description", v.doc)
			if !f.required {
				then = orNull(then)
			}
			all = append(all, members{
				{"if", members{{"properties", members{{chooser, members{{"const", name}}}}}, {"required", []string{chooser}}}},
				{"then", members{{"properties", members{{f.name, then}}}}},
			})
		}
	}
	return all
}

// field writes one property with its notes.
func (s *schemas) field(f *field, null bool) members {
	var m members
	if f.chooser >= 0 {
		m = members{{"type", "object"}}
	} else {
		m = s.of(f.plan, f.rules)
	}
	if null {
		m = orNull(m)
	}
	m.addText("title", f.notes.title)
	m.addText("description", f.notes.doc)
	if f.notes.example != "" {
		m.add("examples", []any{json.RawMessage(literal(f.plan, f.notes.example))})
	}
	if f.fallback != nil {
		m.add("default", json.RawMessage(f.fallback.Raw(0)))
	}
	if f.notes.format != "" {
		m.add("format", f.notes.format)
	}
	if f.notes.deprecated {
		m.add("deprecated", true)
	}
	hints(&m, &f.notes)
	return m
}

// orNull lets a schema take null as well: the reader takes it for an absent field.
func orNull(m members) members {
	if len(m) == 0 {
		return m // it takes anything
	}
	if m[0].key != "type" {
		return members{{"anyOf", []members{m, {{"type", "null"}}}}}
	}
	m[0].value = []any{m[0].value, "null"}
	for i := range m {
		if values, ok := m[i].value.([]string); ok && m[i].key == "enum" {
			each := make([]any, len(values), len(values)+1)
			for j, v := range values {
				each[j] = v
			}
			m[i].value = append(each, nil)
		}
	}
	return m
}

func hints(m *members, n *notes) {
	m.addText("x-connection", n.connection)
	if n.operation != "" {
		options := members{{"operation", n.operation}}
		if len(n.dependsOn) > 0 {
			options.add("depends_on", n.dependsOn)
		}
		m.add("x-options", options)
	}
	if n.cron {
		m.add("x-cron", true)
	}
	m.addText("x-expression", n.expression)
	m.addText("x-no-effect", n.noEffect)
	m.addText("x-group", n.group)
	m.add("x-order", n.order)
}
