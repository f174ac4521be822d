package strictjson

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rules bound a value. Those of a list or map bound the list itself; elem
// bounds its elements. Nil bounds nothing.
type rules struct {
	minimum, maximum                   *float64 // of a number; of a duration in nanoseconds
	exclusiveMinimum, exclusiveMaximum *float64
	minLength, maxLength               *int // characters
	pattern                            *regexp.Regexp
	patternDoc                         string
	values, unavailable                []string
	minItems, maxItems                 *int // items of a list, members of a map
	unique, nonempty, required         bool
	minKey, maxKey                     *int // characters of a map's key
	keyPattern                         *regexp.Regexp
	keyNotBlank                        bool
	elem                               *rules
}

// noRules bound nothing.
var noRules rules

// verdict is what rules say about a value; without a code it is good. It never
// quotes the value.
type verdict struct{ code, detail string }

func bad(code, format string, args ...any) verdict {
	return verdict{code, fmt.Sprintf(format, args...)}
}

// text judges a string, which is one of values if there are any.
func (r *rules) text(text string, values []string) verdict {
	switch {
	case r.nonempty && blank(text):
		return r.empty()
	case slices.Contains(r.unavailable, text):
		return bad(CodeNotAvailable, "%q is not available yet; use %s", text, alternatives(values)) // a value of the declaration
	case len(values) > 0 && !slices.Contains(values, text):
		return bad(CodeNotOneOf, "must be %s", alternatives(values))
	}
	return r.length(text)
}

// length judges the length and the form of a string.
func (r *rules) length(text string) verdict {
	characters := utf8.RuneCountInString(text)
	switch {
	case r.minLength != nil && characters < *r.minLength:
		return bad(CodeOutOfRange, "must have at least %s", plural(*r.minLength, "character"))
	case r.maxLength != nil && characters > *r.maxLength:
		return bad(CodeOutOfRange, "must have at most %s", plural(*r.maxLength, "character"))
	case r.pattern == nil || r.pattern.MatchString(text):
		return verdict{}
	case r.patternDoc != "":
		return bad(CodeInvalid, "must be %s", r.patternDoc)
	}
	return bad(CodeInvalid, "must match %s", r.pattern)
}

// key judges a key of a map.
func (r *rules) key(key string) verdict {
	characters := utf8.RuneCountInString(key)
	switch {
	case r.keyNotBlank && blank(key):
		return bad(CodeInvalid, "the key is blank; give it a name, or leave it out")
	case r.minKey != nil && characters < *r.minKey:
		return bad(CodeOutOfRange, "the key must have at least %s", plural(*r.minKey, "character"))
	case r.maxKey != nil && characters > *r.maxKey:
		return bad(CodeOutOfRange, "the key must have at most %s", plural(*r.maxKey, "character"))
	case r.keyPattern != nil && !r.keyPattern.MatchString(key):
		return bad(CodeInvalid, "the key must match %s", r.keyPattern)
	}
	return verdict{}
}

// number judges a number, or a duration in nanoseconds.
func (r *rules) number(value float64, show func(float64) string) verdict {
	switch {
	case r.minimum != nil && value < *r.minimum || r.maximum != nil && value > *r.maximum:
		return bad(CodeOutOfRange, "must be %s", between(r.minimum, r.maximum, show))
	case r.exclusiveMinimum != nil && value <= *r.exclusiveMinimum:
		return bad(CodeOutOfRange, "must be more than %s", show(*r.exclusiveMinimum))
	case r.exclusiveMaximum != nil && value >= *r.exclusiveMaximum:
		return bad(CodeOutOfRange, "must be less than %s", show(*r.exclusiveMaximum))
	}
	return verdict{}
}

// count judges how many items or members there are.
func (r *rules) count(count int, what string) verdict {
	switch {
	case r.nonempty && count == 0:
		return r.empty()
	case r.minItems != nil && count < *r.minItems:
		return bad(CodeOutOfRange, "must have at least %s", plural(*r.minItems, what))
	case r.maxItems != nil && count > *r.maxItems:
		return bad(CodeOutOfRange, "must have at most %s", plural(*r.maxItems, what))
	}
	return verdict{}
}

func (r *rules) empty() verdict {
	if r.required {
		return verdict{CodeRequired, "is empty; give it a value"}
	}
	return verdict{CodeInvalid, "is empty; give it a value, or leave it out"}
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

func between(low, high *float64, show func(float64) string) string {
	switch {
	case high == nil:
		return show(*low) + " or more"
	case low == nil:
		return show(*high) + " or less"
	}
	return show(*low) + " to " + show(*high)
}

func showNumber(bound float64) string {
	if math.Abs(bound) >= 1e15 {
		return strconv.FormatFloat(bound, 'g', -1, 64)
	}
	return strconv.FormatFloat(bound, 'f', -1, 64)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
