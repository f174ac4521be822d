package strictjson

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson/syntax"
)

// scalar reads strings, numbers and booleans. No fault quotes a value: it may
// be a credential that stands in the wrong place.
func (d *decoder) scalar(p *plan, r *rules, n int, into reflect.Value) {
	switch p.typ {
	case stringPlan:
		if d.is(n, syntax.String, "a string") {
			text := d.doc.Text(n)
			into.SetString(text)
			d.oneOf(n, text, allowed(p, r), r)
		}
	case boolPlan:
		if typ := d.doc.Type(n); typ == syntax.True || typ == syntax.False {
			into.SetBool(typ == syntax.True)
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
	if p.typ == intPlan || p.typ == uintPlan {
		want = "a whole number"
	}
	if !d.is(n, syntax.Number, want) {
		return
	}
	text := string(d.doc.Raw(n))
	switch {
	case p.typ == numberPlan:
		into.SetString(text)
	case p.typ != floatPlan && strings.ContainsAny(text, ".eE"):
		d.found.at(n, CodeWrongType, "must be a whole number, written without a fraction or an exponent")
	default:
		value, err := setNumber(p.typ, text, into)
		if err != nil {
			d.found.at(n, CodeOutOfRange, "%s", unfit(p, r))
			return
		}
		d.judge(n, r.number(value, showNumber))
	}
}

// setNumber reads the text of a number. It returns the value for its bounds,
// and an error if the number does not fit.
func setNumber(typ planType, text string, into reflect.Value) (float64, error) {
	bits := into.Type().Bits()
	switch typ {
	case intPlan:
		whole, err := strconv.ParseInt(text, 10, bits)
		into.SetInt(whole)
		return float64(whole), err
	case uintPlan:
		whole, err := strconv.ParseUint(text, 10, bits)
		into.SetUint(whole)
		return float64(whole), err
	}
	rounded, err := strconv.ParseFloat(text, bits)
	if err != nil {
		return 0, err
	}
	into.SetFloat(rounded)
	return strconv.ParseFloat(text, 64) // a bound is not rounded to 32 bits
}

// unfit says which numbers fit where one does not.
func unfit(p *plan, r *rules) string {
	if p.typ == floatPlan {
		return fmt.Sprintf("is too large; the largest is about %.1g", math.MaxFloat32)
	}
	least, greatest := strconv.Itoa(math.MinInt64), strconv.Itoa(math.MaxInt64)
	if p.typ == uintPlan {
		greatest = strconv.FormatUint(math.MaxUint64, 10)
	}
	low, high := limits(p, r)
	if low != nil {
		least = showNumber(*low)
	}
	if high != nil {
		greatest = showNumber(*high)
	}
	return fmt.Sprintf("must be %s to %s", least, greatest)
}

func (d *decoder) duration(r *rules, n int, into reflect.Value) {
	if !d.is(n, syntax.String, `a duration such as "30s", "1h30m" or "90d"`) {
		return
	}
	length, err := parseDuration(d.doc.Text(n))
	if err != nil {
		d.found.at(n, CodeInvalid, `must be a duration such as "30s", "1h30m" or "90d"`)
		return
	}
	into.SetInt(int64(length))
	d.judge(n, r.number(float64(length), showDuration))
}

// text has the type itself read a string. What it says about a wrong one stays
// out of the fault: it may quote the text.
func (d *decoder) text(r *rules, n int, into reflect.Value, wrong string) {
	if !d.is(n, syntax.String, "a string") {
		return
	}
	text := d.doc.Bytes(n)
	if err := into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text); err != nil {
		if r.patternDoc != "" {
			wrong = "must be " + r.patternDoc
		}
		d.found.at(n, CodeInvalid, "%s", wrong)
		return
	}
	d.judge(n, r.length(string(text)))
}

// oneOf holds a string to the closed set, if there is one, and to its rules.
func (d *decoder) oneOf(n int, text string, values []string, r *rules) {
	if d.stored {
		return
	}
	v := r.text(text, values)
	if v.code == CodeNotOneOf {
		v.detail += d.found.Nearest(text, slices.Concat(values, r.unavailable))
	}
	d.judge(n, v)
}

// judge makes a verdict a fault. What is stored has been judged.
func (d *decoder) judge(n int, v verdict) {
	if v.code != "" && !d.stored {
		d.found.at(n, v.code, "%s", v.detail)
	}
}

// secret reads a reference, or a new credential where those are accepted.
func (d *decoder) secret(n int, into reflect.Value) {
	if !d.is(n, syntax.String, "a credential in a string, or a reference such as secret:sec_…") {
		return
	}
	text := d.doc.Text(n)
	if v := unusable(text, d.fresh); v.code != "" {
		d.found.at(n, v.code, "%s", v.detail)
		return
	}
	into.SetString(text)
}

// unusable says why a text is neither a reference nor, where fresh ones are
// accepted, a credential. A line break often comes along when one is copied; no
// header takes it.
func unusable(text string, fresh bool) verdict {
	switch {
	case secret.IsReference(text):
		return verdict{}
	case strings.HasPrefix(text, secret.RefPrefix):
		return verdict{CodeInvalid, "is not a reference to a stored credential; one reads secret:sec_…; give the credential itself and it becomes one"}
	case blank(text):
		return verdict{CodeRequired, "the credential is blank; give the credential itself"}
	case !fresh:
		return verdict{CodeInvalid, "is a credential in the clear; only a reference such as secret:sec_… may stand here"}
	case secret.IsMask(text):
		return verdict{CodeInvalid, "is a mask and not a credential; give the credential itself, or leave its reference as it is"}
	case len(text) > secret.MaxBytes:
		return verdict{CodeTooLong, fmt.Sprintf("a credential has at most %d bytes", secret.MaxBytes)}
	case strings.ContainsFunc(text, unicode.IsControl):
		return verdict{CodeInvalid, "a credential is one line without control characters; copy it again without the line break"}
	}
	return verdict{}
}
