package strictjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// otherTags belong to the libraries that read the same structs.
var otherTags = []string{"yaml", "nameHint", "nullable", "additionalProperties"}

// tagReaders read the tags of a field, by name.
var tagReaders = map[string]func(*declared, string) error{
	"json":             func(*declared, string) error { return nil }, // read before
	"required":         func(d *declared, v string) error { return boolean(v, &d.required) },
	"default":          func(d *declared, v string) error { d.written = &v; return nil },
	"doc":              func(d *declared, v string) error { d.notes.doc = v; return nil },
	"title":            func(d *declared, v string) error { d.notes.title = v; return nil },
	"example":          func(d *declared, v string) error { d.notes.example = v; return nil },
	"format":           func(d *declared, v string) error { d.notes.format = v; return nil },
	"deprecated":       func(d *declared, v string) error { return boolean(v, &d.notes.deprecated) },
	"enum":             func(d *declared, v string) error { return d.set(&d.scalar().values, v) },
	"unavailable":      func(d *declared, v string) error { return d.set(&d.scalar().unavailable, v) },
	"minimum":          func(d *declared, v string) error { return d.bound(&d.scalar().minimum, v) },
	"maximum":          func(d *declared, v string) error { return d.bound(&d.scalar().maximum, v) },
	"exclusiveMinimum": func(d *declared, v string) error { return d.bound(&d.scalar().exclusiveMinimum, v) },
	"exclusiveMaximum": func(d *declared, v string) error { return d.bound(&d.scalar().exclusiveMaximum, v) },
	"minLength":        func(d *declared, v string) error { return d.length(&d.scalar().minLength, v) },
	"maxLength":        func(d *declared, v string) error { return d.length(&d.scalar().maxLength, v) },
	"pattern":          func(d *declared, v string) error { return d.expression(&d.scalar().pattern, v) },
	"patternDescription": func(d *declared, v string) error {
		d.scalar().patternDoc = v
		return d.needs(stringPlan, textPlan)
	},
	"minItems":      func(d *declared, v string) error { return d.count(&d.rules.minItems, v, listPlan) },
	"maxItems":      func(d *declared, v string) error { return d.count(&d.rules.maxItems, v, listPlan) },
	"uniqueItems":   func(d *declared, v string) error { return errors.Join(boolean(v, &d.rules.unique), d.is(listPlan)) },
	"minProperties": func(d *declared, v string) error { return d.count(&d.rules.minItems, v, mapPlan) },
	"maxProperties": func(d *declared, v string) error { return d.count(&d.rules.maxItems, v, mapPlan) },
	"keyMinLength":  func(d *declared, v string) error { return d.count(&d.rules.minKey, v, mapPlan) },
	"keyMaxLength":  func(d *declared, v string) error { return d.count(&d.rules.maxKey, v, mapPlan) },
	"keyPattern": func(d *declared, v string) error {
		return errors.Join(compilePattern(&d.rules.keyPattern, v), d.is(mapPlan))
	},
	"nonempty": func(d *declared, v string) error {
		return errors.Join(boolean(v, &d.rules.nonempty), d.is(stringPlan, listPlan, mapPlan))
	},
	"notBlank": func(d *declared, v string) error {
		return errors.Join(boolean(v, &d.scalar().nonempty), d.needs(stringPlan))
	},
	"keyNotBlank": func(d *declared, v string) error {
		return errors.Join(boolean(v, &d.rules.keyNotBlank), d.is(mapPlan))
	},
	"variant":    func(d *declared, v string) error { d.selector = v; return d.is(unionPlan) },
	"connection": func(d *declared, v string) error { d.notes.connection = v; return d.needs(stringPlan) },
	"options":    func(d *declared, v string) error { d.notes.operation = v; return d.needs(stringPlan) },
	"dependsOn":  func(d *declared, v string) error { d.notes.dependsOn = strings.Split(v, ","); return nil },
	"cron": func(d *declared, v string) error {
		return errors.Join(boolean(v, &d.notes.cron), d.needs(stringPlan))
	},
	"expression": func(d *declared, v string) error { d.notes.expression = v; return d.needs(stringPlan) },
	"group":      func(d *declared, v string) error { d.notes.group = v; return nil },
	"order": func(d *declared, v string) (err error) {
		d.notes.order, err = strconv.Atoi(v)
		return err
	},
	"noEffect": func(d *declared, v string) error { d.notes.noEffect = v; return nil },
}

// declared is a field while its tags are read.
type declared struct {
	field
	in       *plan // the struct
	tag      reflect.StructTag
	path     []string
	written  *string // the default as it is written
	selector string  // the field that chooses the variant
}

// readTags reads the tags of a field whose plan is known.
func readTags(d *declared) error {
	pairs, err := parseTag(d.tag)
	if err != nil {
		return err
	}
	var faults []error
	for _, pair := range pairs {
		read, known := tagReaders[pair[0]]
		switch {
		case slices.Contains(otherTags, pair[0]):
		case !known:
			faults = append(faults, fmt.Errorf("unknown tag %s%s", pair[0], suggest.Nearest(pair[0], slices.Sorted(maps.Keys(tagReaders)))))
		default:
			if err := read(d, pair[1]); err != nil {
				faults = append(faults, fmt.Errorf("tag %s: %w", pair[0], err))
			}
		}
	}
	return errors.Join(faults...)
}

// parseTag splits a tag into its pairs. reflect can only ask for a name, so
// that a mistyped one would be overlooked.
func parseTag(tag reflect.StructTag) ([][2]string, error) {
	var pairs [][2]string
	rest := strings.TrimLeft(string(tag), " ")
	for rest != "" {
		name, after, found := strings.Cut(rest, ":")
		quoted, err := strconv.QuotedPrefix(after)
		if !found || err != nil || strings.ContainsAny(name, " \"") {
			return nil, fmt.Errorf("the tag is not a list of name:\"value\" at %q", rest)
		}
		value, _ := strconv.Unquote(quoted)
		pairs = append(pairs, [2]string{name, value})
		rest = strings.TrimLeft(after[len(quoted):], " ")
	}
	return pairs, nil
}

// scalar returns the rules for strings and numbers: those of the elements where
// the field is a list or a map.
func (d *declared) scalar() *rules {
	r := d.rules
	for p := d.plan; p.typ == listPlan || p.typ == mapPlan || p.typ == pointerPlan; p = p.elem {
		if p.typ == pointerPlan {
			continue
		}
		if r.elem == nil {
			r.elem = &rules{}
		}
		r = r.elem
	}
	return r
}

// is checks the type of the field itself.
func (d *declared) is(types ...planType) error {
	p := d.plan
	for p.typ == pointerPlan {
		p = p.elem
	}
	if !slices.Contains(types, p.typ) {
		return fmt.Errorf("it does not fit a %s", d.plan.goType)
	}
	return nil
}

// needs checks the type of the field or of its elements.
func (d *declared) needs(types ...planType) error {
	if !slices.Contains(types, innermost(d.plan).typ) {
		return fmt.Errorf("it does not fit a %s", d.plan.goType)
	}
	return nil
}

// innermost returns the plan of the elements of elements. It is nil for a type
// that consists of itself alone.
func innermost(p *plan) *plan {
	for range 32 {
		if p.elem == nil {
			return p
		}
		p = p.elem
	}
	return nil
}

func (d *declared) set(into *[]string, v string) error {
	*into = strings.Split(v, ",")
	return d.needs(stringPlan)
}

func (d *declared) length(into **int, v string) error {
	n, err := natural(v)
	*into = &n
	return errors.Join(err, d.needs(stringPlan, textPlan))
}

func (d *declared) count(into **int, v string, typ planType) error {
	n, err := natural(v)
	*into = &n
	return errors.Join(err, d.is(typ))
}

func (d *declared) expression(into **regexp.Regexp, v string) error {
	return errors.Join(compilePattern(into, v), d.needs(stringPlan, textPlan))
}

// bound reads the bound of a number, or of a duration as it is written.
func (d *declared) bound(into **float64, v string) error {
	if innermost(d.plan).typ == durationPlan {
		limit, err := parseDuration(v)
		n := float64(limit)
		*into = &n
		return err
	}
	n, err := strconv.ParseFloat(v, 64)
	*into = &n
	return errors.Join(err, d.needs(intPlan, uintPlan, floatPlan))
}

func compilePattern(into **regexp.Regexp, v string) (err error) {
	*into, err = regexp.Compile(v)
	return err
}

func boolean(v string, into *bool) (err error) {
	*into, err = strconv.ParseBool(v)
	return err
}

func natural(v string) (int, error) {
	n, err := strconv.ParseUint(v, 10, 31)
	return int(n), err
}

// literal returns the text of a tag as JSON: what is read from a string needs
// no quotes there.
func literal(p *plan, text string) []byte {
	for p.typ == pointerPlan {
		p = p.elem
	}
	switch p.typ {
	case stringPlan, durationPlan, timePlan, textPlan, secretPlan:
		quoted, _ := json.Marshal(text) // a string always can be
		return quoted
	}
	return []byte(text)
}
