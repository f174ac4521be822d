package strictjson

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// scalar reads strings, numbers and booleans. No fault quotes a value: it may
// be a credential that stands in the wrong place.
func (d *decoder) scalar(p *plan, r *rules, n int, into reflect.Value) {
	switch p.kind {
	case stringPlan:
		if d.is(n, stringNode, "a string") {
			text := d.doc.textOf(n)
			into.SetString(text)
			d.checkText(p, r, n, text)
		}
	case boolPlan:
		if kind := d.doc.nodes[n].kind; kind == trueNode || kind == falseNode {
			into.SetBool(kind == trueNode)
		} else {
			d.found.at(n, CodeWrongType, "must be true or false")
		}
	case intPlan, uintPlan, floatPlan, numberPlan:
		d.number(p, r, n, into)
	case durationPlan:
		d.duration(r, n, into)
	case timePlan:
		d.text(r, n, into, "must be a time such as 2006-01-02T15:04:05Z (RFC 3339)")
	case textPlan:
		d.text(r, n, into, "does not have the form that is asked for")
	case secretPlan:
		d.secret(n, into)
	}
}

func (d *decoder) number(p *plan, r *rules, n int, into reflect.Value) {
	want := "a number"
	if p.kind == intPlan || p.kind == uintPlan {
		want = "a whole number"
	}
	if !d.is(n, numberNode, want) {
		return
	}
	text := string(d.doc.raw(n))
	if p.kind == numberPlan {
		into.SetString(text)
		return
	}
	if p.kind != floatPlan && strings.ContainsAny(text, ".eE") {
		d.found.at(n, CodeWrongType, "must be a whole number, written without a fraction or an exponent")
		return
	}
	bits, value, err := into.Type().Bits(), 0.0, error(nil)
	switch p.kind {
	case intPlan:
		var whole int64
		if whole, err = strconv.ParseInt(text, 10, bits); err == nil {
			into.SetInt(whole)
		}
		value = float64(whole)
	case uintPlan:
		var whole uint64
		if whole, err = strconv.ParseUint(text, 10, bits); err == nil {
			into.SetUint(whole)
		}
		value = float64(whole)
	default:
		if value, err = strconv.ParseFloat(text, bits); err == nil {
			into.SetFloat(value)
		}
	}
	if err != nil {
		d.found.at(n, CodeOutOfRange, "%s", tooLarge(p, bits))
		return
	}
	d.checkBounds(r, n, value, func(bound float64) string { return strconv.FormatFloat(bound, 'f', -1, 64) })
}

// tooLarge says what fits where a number does not.
func tooLarge(p *plan, bits int) string {
	switch p.kind {
	case intPlan:
		return fmt.Sprintf("must be a whole number from -2^%d to 2^%d-1", bits-1, bits-1)
	case uintPlan:
		return fmt.Sprintf("must be a whole number from 0 to 2^%d-1", bits)
	}
	return "the number is too large for its field"
}

func (d *decoder) duration(r *rules, n int, into reflect.Value) {
	if !d.is(n, stringNode, `a duration such as "30s", "1h30m" or "90d"`) {
		return
	}
	length, err := parseDuration(d.doc.textOf(n))
	if err != nil {
		d.found.at(n, CodeInvalid, `must be a duration such as "30s", "1h30m" or "90d"`)
		return
	}
	into.SetInt(int64(length))
	d.checkBounds(r, n, float64(length), showDuration)
}

// text has the type itself read a string. What it says about a wrong one stays
// out of the fault: it may quote the text.
func (d *decoder) text(r *rules, n int, into reflect.Value, wrong string) {
	if !d.is(n, stringNode, "a string") {
		return
	}
	text := d.doc.bytesOf(n)
	if err := into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text); err != nil {
		if r.patternDoc != "" {
			wrong = "must be " + r.patternDoc
		}
		d.found.at(n, CodeInvalid, "%s", wrong)
		return
	}
	d.checkLength(r, n, string(text))
}

// secret reads a reference, or a new credential where those are accepted.
func (d *decoder) secret(n int, into reflect.Value) {
	if !d.is(n, stringNode, "a credential in a string, or a reference such as secret:sec_…") {
		return
	}
	text := d.doc.textOf(n)
	if !secret.IsReference(text) {
		if code, detail := d.unusable(text); code != "" {
			d.found.at(n, code, "%s", detail)
			return
		}
	}
	into.SetString(text)
}

// unusable says why a text that is not a reference is not a credential either.
// A line break often comes along when one is copied; no header takes it.
func (d *decoder) unusable(text string) (code, detail string) {
	switch {
	case strings.HasPrefix(text, secret.RefPrefix):
		return CodeInvalid, "is not a reference to a stored credential; one reads secret:sec_…; give the credential itself and it becomes one"
	case d.stored || !d.fresh:
		return CodeInvalid, "is a credential in the clear; only a reference such as secret:sec_… may stand here"
	case strings.TrimSpace(text) == "":
		return CodeRequired, "the credential is blank; give the credential itself"
	case secret.IsMask(text):
		return CodeInvalid, "is a mask and not a credential; give the credential itself, or leave its reference as it is"
	case len(text) > secret.MaxBytes:
		return CodeTooLong, fmt.Sprintf("a credential has at most %d bytes", secret.MaxBytes)
	case strings.ContainsFunc(text, unicode.IsControl):
		return CodeInvalid, "a credential is one line without control characters; copy it again without the line break"
	}
	return "", ""
}

func (d *decoder) checkText(p *plan, r *rules, n int, text string) {
	if d.stored {
		return
	}
	if r.nonempty && strings.TrimSpace(text) == "" {
		d.empty(r, n)
		return
	}
	values := allowed(p, r)
	if slices.Contains(r.unavailable, text) {
		d.found.at(n, CodeNotAvailable, "%q is not available yet; use %s", text, alternatives(values))
		return
	}
	if len(values) > 0 && !slices.Contains(values, text) {
		near := ""
		if d.suggestions++; d.suggestions <= maxSuggestions {
			near = suggest.Nearest(text, slices.Concat(values, r.unavailable))
		}
		d.found.at(n, CodeNotOneOf, "must be %s%s", alternatives(values), near)
		return
	}
	d.checkLength(r, n, text)
}

// alternatives lists values for a sentence; a long list is cut.
func alternatives(values []string) string {
	const most = 12
	quoted := make([]string, 0, most)
	for _, v := range values[:min(len(values), most)] {
		quoted = append(quoted, strconv.Quote(v))
	}
	switch more := len(values) - len(quoted); {
	case more > 0:
		return fmt.Sprintf("one of %s and %d more", strings.Join(quoted, ", "), more)
	case len(quoted) == 1:
		return quoted[0]
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// checkLength holds a string to its length and pattern.
func (d *decoder) checkLength(r *rules, n int, text string) {
	if d.stored {
		return
	}
	characters := utf8.RuneCountInString(text)
	switch {
	case r.minLength != nil && characters < *r.minLength:
		d.found.at(n, CodeOutOfRange, "must have at least %s", plural(*r.minLength, "character"))
	case r.maxLength != nil && characters > *r.maxLength:
		d.found.at(n, CodeOutOfRange, "must have at most %s", plural(*r.maxLength, "character"))
	case r.pattern != nil && !r.pattern.MatchString(text):
		if r.patternDoc != "" {
			d.found.at(n, CodeInvalid, "must be %s", r.patternDoc)
		} else {
			d.found.at(n, CodeInvalid, "must match %s", r.pattern)
		}
	}
}

// checkKey holds the key of a map to its length and pattern.
func (d *decoder) checkKey(r *rules, n int, key string) {
	characters := utf8.RuneCountInString(key)
	switch {
	case r.minKey != nil && characters < *r.minKey:
		d.found.at(n, CodeOutOfRange, "the key must have at least %s", plural(*r.minKey, "character"))
	case r.maxKey != nil && characters > *r.maxKey:
		d.found.at(n, CodeOutOfRange, "the key must have at most %s", plural(*r.maxKey, "character"))
	case r.keyPattern != nil && !r.keyPattern.MatchString(key):
		d.found.at(n, CodeInvalid, "the key must match %s", r.keyPattern)
	}
}

func (d *decoder) checkBounds(r *rules, n int, value float64, show func(float64) string) {
	if d.stored {
		return
	}
	switch {
	case r.minimum != nil && value < *r.minimum || r.maximum != nil && value > *r.maximum:
		d.found.at(n, CodeOutOfRange, "must be %s", between(r.minimum, r.maximum, show))
	case r.exclusiveMinimum != nil && value <= *r.exclusiveMinimum:
		d.found.at(n, CodeOutOfRange, "must be more than %s", show(*r.exclusiveMinimum))
	case r.exclusiveMaximum != nil && value >= *r.exclusiveMaximum:
		d.found.at(n, CodeOutOfRange, "must be less than %s", show(*r.exclusiveMaximum))
	}
}

func between(low, high *float64, show func(float64) string) string {
	switch {
	case high == nil:
		return show(*low) + " or more"
	case low == nil:
		return show(*high) + " or less"
	}
	return show(*low) + " to " + show(*high)
}

// count holds a list or a map to its number of elements.
func (d *decoder) count(r *rules, n, count int, what string) {
	switch {
	case d.stored:
	case r.nonempty && count == 0:
		d.empty(r, n)
	case r.minItems != nil && count < *r.minItems:
		d.found.at(n, CodeOutOfRange, "must have at least %s", plural(*r.minItems, what))
	case r.maxItems != nil && count > *r.maxItems:
		d.found.at(n, CodeOutOfRange, "must have at most %s", plural(*r.maxItems, what))
	}
}

func (d *decoder) empty(r *rules, n int) {
	if r.required {
		d.found.at(n, CodeRequired, "is empty; give it a value")
		return
	}
	d.found.at(n, CodeInvalid, "is empty; give it a value, or leave it out")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
