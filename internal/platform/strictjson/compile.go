package strictjson

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson/syntax"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// compiler makes plans of Go types. It collects what is wrong with the
// declarations, each with the field's path.
type compiler struct {
	plans  map[reflect.Type]*plan
	unions map[reflect.Type]*unionOption
	fields []*declared // in the order in which they were found
	faults []error
	path   []string
}

var (
	rawType         = reflect.TypeFor[json.RawMessage]()
	numberType      = reflect.TypeFor[json.Number]()
	objectType      = reflect.TypeFor[Object]()
	timeType        = reflect.TypeFor[time.Time]()
	durationType    = reflect.TypeFor[time.Duration]()
	secretType      = reflect.TypeFor[secret.Secret]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

func (c *compiler) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(strings.Join(c.path, ".")+": "+format, args...))
}

// compile returns the plan of a type. The plan of a type that is being compiled
// further up is returned before it is complete.
func (c *compiler) compile(t reflect.Type) *plan {
	if p, known := c.plans[t]; known {
		return p
	}
	p := &plan{goType: t}
	c.plans[t] = p
	if typ, ok := special(t); ok {
		p.typ = typ
		return p
	}
	if inner, ok := wrapped(t); ok {
		p.typ, p.wrapped = inner, true
		return p
	}
	if u, ok := c.unions[t]; ok {
		p.typ = unionPlan
		c.union(p, u)
		return p
	}
	if t.Implements(jsonUnmarshaler) || reflect.PointerTo(t).Implements(jsonUnmarshaler) {
		c.fault("%s reads JSON by itself, without faults at their places; use a type that is declared, json.RawMessage or strictjson.Object", t)
		return p
	}
	c.byGoType(p)
	return p
}

// special knows the types that are read in a way of their own.
func special(t reflect.Type) (planType, bool) {
	switch t {
	case rawType:
		return rawPlan, true
	case objectType:
		return objectPlan, true
	case numberType:
		return numberPlan, true
	case timeType:
		return timePlan, true
	case durationType:
		return durationPlan, true
	case secretType:
		return secretPlan, true
	}
	return textPlan, t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(textUnmarshaler)
}

// wrapped knows structs that only give a name to Object or json.RawMessage, so
// that it has methods of its own.
func wrapped(t reflect.Type) (planType, bool) {
	if t.Kind() != reflect.Struct || t.NumField() != 1 || !t.Field(0).Anonymous {
		return 0, false
	}
	typ, ok := special(t.Field(0).Type)
	return typ, ok && (typ == objectPlan || typ == rawPlan)
}

func (c *compiler) byGoType(p *plan) {
	switch t := p.goType; t.Kind() {
	case reflect.Struct:
		p.typ = structPlan
		c.structure(p)
	case reflect.Map:
		p.typ = mapPlan
		if t.Key().Kind() != reflect.String {
			c.fault("%s has keys that are not strings", t)
		}
		p.elem = c.compile(t.Elem())
	case reflect.Slice:
		p.typ = listPlan
		if t.Elem().Kind() == reflect.Uint8 {
			c.fault("%s is bytes; use a string, or json.RawMessage for JSON", t)
		}
		p.elem = c.compile(t.Elem())
	case reflect.Pointer:
		p.typ = pointerPlan
		p.elem = c.compile(t.Elem())
	case reflect.String:
		p.typ = stringPlan
		p.values = valuesOf(t)
	case reflect.Bool:
		p.typ = boolPlan
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.typ = intPlan
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.typ = uintPlan
	case reflect.Float32, reflect.Float64:
		p.typ = floatPlan
	case reflect.Interface:
		c.fault("%s can be anything; declare its variants with strictjson.OneOf, or use json.RawMessage", t)
	default:
		c.fault("%s has no form in JSON", t)
	}
}

// valuesOf returns what a string type with the method Values() []T lists.
func valuesOf(t reflect.Type) []string {
	method := reflect.Zero(t).MethodByName("Values")
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 1 || method.Type().Out(0) != reflect.SliceOf(t) {
		return nil
	}
	list := method.Call(nil)[0]
	var values []string
	for i := range list.Len() {
		values = append(values, list.Index(i).String())
	}
	return values
}

func (c *compiler) structure(p *plan) {
	p.byName = map[string]int{}
	c.collect(p, p.goType, nil)
	for i, f := range p.fields {
		if j, twice := p.byName[f.name]; twice {
			c.fault("two fields are called %q; rename one", p.fields[j].name)
		}
		p.byName[f.name] = i
		p.names = append(p.names, f.name)
	}
}

// finish reads the tags once all types are known: a type that contains itself
// is not complete before.
func (c *compiler) finish() {
	for _, p := range c.plans {
		if innermost(p) == nil {
			c.fault("%s has no end", p.goType)
			return
		}
	}
	root := c.path
	for _, d := range c.fields {
		c.path = d.path
		if err := errors.Join(readTags(d), d.check(), c.depends(d)); err != nil {
			c.fault("%w", err)
		}
	}
	for _, d := range c.fields {
		c.path = d.path
		c.chosen(d)
	}
	for _, d := range c.fields {
		c.path = d.path
		c.samples(d)
	}
	c.path = root
	for _, p := range c.plans {
		p.defaults = hasDefaults(p)
		c.selectors(p)
	}
}

// hasDefaults reports whether an absent struct is more than its zero value.
func hasDefaults(p *plan) bool {
	return p.typ == structPlan && slices.ContainsFunc(p.fields, func(f *field) bool {
		return f.fallback != nil || hasDefaults(f.plan)
	})
}

// collect adds the fields of a struct and of the structs embedded in it.
func (c *compiler) collect(p *plan, t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Tag.Get("json") == "-" || !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && name == "":
			c.embedded(p, f, at)
			continue
		}
		c.path = append(c.path, f.Name)
		switch {
		case !f.IsExported():
			c.fault("the type is not exported, so that it cannot be set")
		case name == "":
			c.fault(`the field has no name; write json:"…", or json:"-" to leave it out`)
		default:
			c.field(p, f, name, options, at)
		}
		c.path = c.path[:len(c.path)-1]
	}
}

func (c *compiler) embedded(p *plan, f reflect.StructField, at []int) {
	c.path = append(c.path, f.Name)
	defer func() { c.path = c.path[:len(c.path)-1] }()
	if f.Type.Kind() != reflect.Struct {
		c.fault("only a struct can be embedded, not %s", f.Type)
		return
	}
	c.collect(p, f.Type, at)
}

func (c *compiler) field(p *plan, f reflect.StructField, name, options string, at []int) {
	d := &declared{field: field{name: name, index: at, rules: &rules{}, chooser: -1},
		tag: f.Tag, in: p, path: slices.Clone(c.path)}
	d.required = true
	d.notes.order = len(p.fields) + 1
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty", "omitzero":
			d.required = false
		case "":
		default:
			c.fault("the option %s of the json tag is not supported", option)
		}
	}
	p.fields = append(p.fields, &d.field)
	c.fields = append(c.fields, d)
	d.plan = c.compile(f.Type)
}

// check finds tags that contradict each other.
func (d *declared) check() error {
	d.rules.required = d.required
	r := d.scalar()
	switch {
	case d.required && d.written != nil:
		return errors.New("a required field with a default; add omitempty to the json tag")
	case above(r.minimum, r.maximum) || above(r.exclusiveMinimum, r.exclusiveMaximum) || over(r.minLength, r.maxLength) ||
		over(d.rules.minItems, d.rules.maxItems) || over(d.rules.minKey, d.rules.maxKey):
		return errors.New("a minimum is above its maximum")
	case len(r.unavailable) > 0 && len(allowed(innermost(d.plan), r)) == 0:
		return errors.New("unavailable needs an enum beside it: the values that are available")
	case d.notes.dependsOn != nil && d.notes.operation == "":
		return errors.New("dependsOn needs options beside it: the operation that lists them")
	case d.rules.unique && !comparableValues(d.items()):
		return errors.New("uniqueItems compares strings, numbers and booleans only")
	}
	return nil
}

// depends checks that what an operation depends on is declared, as far as this
// can be known without a place in a document.
func (c *compiler) depends(d *declared) error {
	for _, pointer := range d.notes.dependsOn {
		if strings.HasPrefix(pointer, "/") {
			continue
		}
		up, rest, _ := strings.Cut(pointer, "/")
		levels, ok := syntax.Index(up)
		if !ok || levels == 0 {
			return fmt.Errorf("tag dependsOn: %q is not a relative JSON pointer such as 1/base_id", pointer)
		}
		first := slices.Collect(syntax.Tokens("/" + rest))[0]
		if _, known := d.in.byName[first]; levels == 1 && !known {
			return fmt.Errorf("tag dependsOn: there is no field %q beside it%s", first, suggest.Nearest(first, d.in.names))
		}
	}
	return nil
}

func above(a, b *float64) bool { return a != nil && b != nil && *a > *b }
func over(a, b *int) bool      { return a != nil && b != nil && *a > *b }

// items returns the plan of the items of a list, nil if the field is not one.
func (d *declared) items() *plan {
	p := d.plan
	for p.typ == pointerPlan {
		p = p.elem
	}
	return p.elem
}

func comparableValues(p *plan) bool {
	if p == nil {
		return true // another fault
	}
	switch p.typ {
	case stringPlan, boolPlan, intPlan, uintPlan, floatPlan:
		return true
	}
	return false
}

// samples checks the default and the example by reading them as a document
// would be read.
func (c *compiler) samples(d *declared) {
	if d.notes.example != "" {
		c.sample(d, "example", d.notes.example)
	}
	switch {
	case d.written == nil:
	case innermost(d.plan).typ == secretPlan:
		c.fault("tag default: a credential has no default")
	default:
		d.fallback = c.sample(d, "default", *d.written)
	}
}

func (c *compiler) sample(d *declared, tag, text string) *syntax.Document {
	doc, flaws, fatal := syntax.Parse(literal(d.plan, text), Limits{})
	if fatal != nil || len(flaws) > 0 {
		c.fault("tag %s: %q is not JSON", tag, text)
		return nil
	}
	found := &Findings{doc: doc}
	(&decoder{doc: doc, found: found, fresh: true}).value(d.plan, d.rules, 0, reflect.New(d.plan.goType).Elem())
	if err := found.Err(); err != nil {
		c.fault("tag %s: %w", tag, err)
	}
	return doc
}
