package strictjson

import (
	"reflect"
	"regexp"
)

// planKind says which JSON a plan reads.
type planKind uint8

const (
	structPlan   planKind = iota // an object with declared fields
	mapPlan                      // an object with free keys
	listPlan                     // an array
	pointerPlan                  // what elem reads, or nil
	stringPlan                   // a string, perhaps of a closed set
	boolPlan                     // true or false
	intPlan                      // a whole number
	uintPlan                     // a whole number from zero
	floatPlan                    // a number
	numberPlan                   // a number as it is written
	durationPlan                 // "30s"
	timePlan                     // RFC 3339
	textPlan                     // a string that the type itself reads
	secretPlan                   // a credential or a reference to one
	rawPlan                      // any JSON, kept as it is
	objectPlan                   // any object, kept as it is
	unionPlan                    // an object whose member says what it is
)

// plan says how values of one Go type are read. Plans of recursive types refer
// to themselves. A plan does not change once compiled.
type plan struct {
	kind   planKind
	goType reflect.Type
	elem   *plan    // of a pointer, list or map
	values []string // the closed set that the type itself declares
	fields []*field // of a struct, in the order of declaration
	byName map[string]int
	names  []string // of the fields, for suggestions
	union  *union
	// wrapped: the value is in the only field of a struct.
	wrapped bool
	// defaults: some field below has a default, so that an absent struct is
	// not its zero value.
	defaults bool
}

// field is one declared member of an object.
type field struct {
	name     string
	index    []int // of the Go field, through embedded structs
	plan     *plan
	rules    *rules
	required bool
	fallback *document // the default as JSON; nil for none
	chooser  int       // the field beside it that names the variant; -1 for none
	notes    notes
}

// takesNull reports whether null is a value of the field and not its absence.
func (f *field) takesNull() bool {
	return f.plan.kind == rawPlan || f.plan.kind == pointerPlan && f.required
}

// notes are what a field says to people and forms.
type notes struct {
	title, doc, example string
	connection          string
	operation           string
	dependsOn           []string
	expression          string
	group, noEffect     string
	format              string
	order               int
	cron, deprecated    bool
}

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
	elem                               *rules
}

// allowed returns the closed set of a string, nil for any string.
func allowed(p *plan, r *rules) []string {
	if r.values != nil {
		return r.values
	}
	return p.values
}

// union is a closed set of structs behind one interface.
type union struct {
	selector string // the member that says which, within the object itself
	names    []string
	variants map[string]*variant
}

// variant is one struct of a union.
type variant struct {
	name, doc string
	plan      *plan
	pointer   bool  // the pointer to the struct implements the interface
	key       *plan // identifies the variant among definitions of a schema
}
