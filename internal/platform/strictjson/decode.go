package strictjson

import (
	"fmt"
	"reflect"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson/syntax"
)

// decoder sets Go values from the nodes of one document.
type decoder struct {
	doc   *syntax.Document
	found *Findings
	// stored documents were checked when they came in: only what cannot be
	// decoded is a fault.
	stored bool
	// fresh accepts new credentials beside references.
	fresh bool
}

// value sets into from the node n. What is wrong is a fault; into is then left
// as it is, or holds what could be read.
func (d *decoder) value(p *plan, r *rules, n int, into reflect.Value) {
	if d.doc.Refused(n) {
		return // the text itself is at fault, which is known
	}
	if r == nil {
		r = &noRules
	}
	if p.wrapped {
		into = into.Field(0)
	}
	switch p.typ {
	case structPlan:
		d.structure(p, n, into)
	case mapPlan:
		d.free(p, r, n, into)
	case listPlan:
		d.list(p, r, n, into)
	case pointerPlan:
		d.pointer(p, r, n, into)
	case rawPlan:
		d.anything(n, into)
	case objectPlan:
		if d.is(n, syntax.Object, "an object") {
			d.anything(n, into.Field(0))
		}
	case unionPlan:
		d.tagged(p.union, n, into)
	default:
		d.scalar(p, r, n, into)
	}
}

// is reports whether a node is of the type, and makes it a fault otherwise.
func (d *decoder) is(n int, typ syntax.Type, want string) bool {
	if d.doc.Type(n) == typ {
		return true
	}
	d.found.at(n, CodeWrongType, "must be %s", want)
	return false
}

func (d *decoder) pointer(p *plan, r *rules, n int, into reflect.Value) {
	if d.doc.Type(n) == syntax.Null {
		return
	}
	target := reflect.New(p.goType.Elem())
	d.value(p.elem, r, n, target.Elem())
	into.Set(target)
}

// structure reads an object with declared fields.
func (d *decoder) structure(p *plan, n int, into reflect.Value) {
	if !d.is(n, syntax.Object, "an object") {
		return
	}
	d.fields(p, n, "", into)
}

// fields reads the members of an object. A member called selector has been read
// already, where the struct does not declare it.
func (d *decoder) fields(p *plan, n int, selector string, into reflect.Value) {
	at := make([]int, len(p.fields)) // the node of each field; zero while it is absent
	chosen := false
	for key, value := range d.doc.Members(n) {
		if d.doc.Refused(key) {
			continue
		}
		name := d.doc.Bytes(key)
		i, known := p.byName[string(name)]
		switch {
		case !known && selector != "" && string(name) == selector:
			if chosen {
				d.duplicate(key)
			}
			chosen = true
		case !known:
			d.unknown(key, p.names)
		case at[i] != 0:
			d.duplicate(key)
		default:
			at[i] = value
		}
	}
	for i, f := range p.fields {
		in := into.FieldByIndex(f.index)
		switch {
		case at[i] == 0 || d.doc.Type(at[i]) == syntax.Null && !f.takesNull():
			d.absent(f, n, at[i], in)
		case f.chooser >= 0:
			d.chosen(p, f, n, at[i], at[f.chooser], in)
		default:
			d.value(f.plan, f.rules, at[i], in)
		}
		if at[i] != 0 && f.notes.noEffect != "" && !in.IsZero() {
			d.found.warnAt(at[i], CodeNotAvailable, "%s has no effect yet: %s", f.name, f.notes.noEffect)
		}
	}
}

// absent reads a field that is missing in an object, or null.
func (d *decoder) absent(f *field, object, null int, into reflect.Value) {
	switch {
	case !f.required || d.stored:
		d.fallback(f, into)
	case null != 0:
		d.found.at(null, CodeRequired, "%s is null; give it a value", f.name)
	default:
		d.found.below(object, f.name, CodeRequired, "%s is missing", f.name)
	}
}

// fallback sets the default of a field, or the defaults of the struct in it.
func (d *decoder) fallback(f *field, into reflect.Value) {
	switch {
	case f.fallback != nil:
		(&decoder{doc: f.fallback, found: &Findings{doc: f.fallback}, stored: true}).value(f.plan, f.rules, 0, into)
	case f.plan.defaults:
		for _, inner := range f.plan.fields {
			d.fallback(inner, into.FieldByIndex(inner.index))
		}
	}
}

func (d *decoder) duplicate(key int) {
	if !d.stored {
		d.found.at(key, CodeDuplicateKey, "the key %s occurs twice in one object; keep one", quoted(d.doc.Text(key)))
	}
}

func (d *decoder) unknown(key int, names []string) {
	if d.stored || d.found.faults.full() {
		return
	}
	name := d.doc.Text(key)
	near := d.found.Nearest(name, names)
	if near == "" {
		near = "; remove it"
	}
	d.found.at(key, CodeUnknownField, "%s is not known here%s", quoted(name), near)
}

// quoted shortens a key for a sentence.
func quoted(key string) string {
	const most = 60
	if runes := []rune(key); len(runes) > most {
		return fmt.Sprintf("%q…", string(runes[:most]))
	}
	return fmt.Sprintf("%q", key)
}

// free reads an object with free keys.
func (d *decoder) free(p *plan, r *rules, n int, into reflect.Value) {
	if !d.is(n, syntax.Object, "an object") {
		return
	}
	into.Set(reflect.MakeMap(p.goType))
	count := 0
	for key, value := range d.doc.Members(n) {
		if count++; d.doc.Refused(key) {
			continue
		}
		name := reflect.ValueOf(d.doc.Text(key)).Convert(p.goType.Key())
		if into.MapIndex(name).IsValid() {
			d.duplicate(key)
			continue
		}
		d.judge(key, r.key(name.String()))
		element := reflect.New(p.elem.goType).Elem()
		d.value(p.elem, r.elem, value, element)
		into.SetMapIndex(name, element)
	}
	d.judge(n, r.count(count, "member"))
}

// list reads an array.
func (d *decoder) list(p *plan, r *rules, n int, into reflect.Value) {
	if !d.is(n, syntax.Array, "a list") {
		return
	}
	count := 0
	for range d.doc.Items(n) {
		count++
	}
	list := reflect.MakeSlice(p.goType, count, count)
	var seen map[any]int
	if r.unique && !d.stored {
		seen = make(map[any]int, count)
	}
	for i, item := range d.doc.Items(n) {
		faults := d.found.faults.count()
		d.value(p.elem, r.elem, item, list.Index(i))
		if seen == nil || d.found.faults.count() > faults {
			continue
		}
		if first, twice := seen[list.Index(i).Interface()]; twice {
			d.found.at(item, CodeDuplicate, "the list has this already at %d; keep one", first)
		} else {
			seen[list.Index(i).Interface()] = i
		}
	}
	into.Set(list)
	d.judge(n, r.count(count, "item"))
}

// tagged reads an object that says itself which variant it is.
func (d *decoder) tagged(u *union, n int, into reflect.Value) {
	if !d.is(n, syntax.Object, "an object") {
		return
	}
	selector := 0
	for key, value := range d.doc.Members(n) {
		if !d.doc.Refused(key) && string(d.doc.Bytes(key)) == u.selector {
			selector = value
			break
		}
	}
	switch {
	case selector == 0:
		d.found.below(n, u.selector, CodeRequired, "%s is missing; it is %s", u.selector, alternatives(u.names))
		return
	case d.doc.Refused(selector) || !d.is(selector, syntax.String, "a string"):
		return
	}
	name := d.doc.Text(selector)
	if u.variants[name] == nil {
		d.found.at(selector, CodeNotOneOf, "must be %s%s", alternatives(u.names), d.found.Nearest(name, u.names))
		return
	}
	d.variant(u.variants[name], n, u.selector, into)
}

// chosen reads a field whose variant is named by the field beside it, which
// stands at the node chooser of the object; zero while it is absent.
func (d *decoder) chosen(p *plan, f *field, object, n, chooser int, into reflect.Value) {
	name, given := choice(d.doc, p.fields[f.chooser], chooser)
	v := f.plan.union.variants[name]
	switch {
	case v != nil:
		if d.is(n, syntax.Object, "an object") {
			d.variant(v, n, "", into)
		}
	case given && d.stored:
		d.found.at(chooser, CodeNotOneOf, "must be %s", alternatives(f.plan.union.names))
	case !given && (d.stored || !p.fields[f.chooser].required): // otherwise that is a fault already
		d.found.below(object, p.fields[f.chooser].name, CodeRequired, "%s is missing; it says what %s is", p.fields[f.chooser].name, f.name)
	}
}

func (d *decoder) variant(v *variant, n int, selector string, into reflect.Value) {
	made := reflect.New(v.plan.goType)
	d.fields(v.plan, n, selector, made.Elem())
	if !v.pointer {
		made = made.Elem()
	}
	into.Set(made)
}

// anything keeps a value as it is written. Its objects have no key twice.
func (d *decoder) anything(n int, into reflect.Value) {
	if !d.stored {
		d.unique(n)
	}
	into.SetBytes(append([]byte(nil), d.doc.Raw(n)...))
}

func (d *decoder) unique(n int) {
	for at := n; at < d.doc.After(n); at++ {
		if d.doc.Type(at) != syntax.Object {
			continue
		}
		seen := map[string]bool{}
		for key := range d.doc.Members(at) {
			name := d.doc.Text(key)
			if seen[name] && !d.doc.Refused(key) {
				d.duplicate(key)
			}
			seen[name] = true
		}
	}
}
