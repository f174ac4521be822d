package strictjson

import (
	"encoding/json"
	"math"
	"reflect"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson/syntax"
)

// planType says which JSON a plan reads.
type planType uint8

const (
	structPlan   planType = iota // an object with declared fields
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
	typ    planType
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
	fallback *syntax.Document // the default as JSON; nil for none
	chooser  int              // the field beside it that names the variant; -1 for none
	notes    notes
}

// takesNull reports whether null is a value of the field and not its absence.
func (f *field) takesNull() bool {
	return f.plan.typ == rawPlan || f.plan.typ == pointerPlan && f.required
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

// allowed returns the closed set of a string, nil for any string.
func allowed(p *plan, r *rules) []string {
	if r.values != nil {
		return r.values
	}
	return p.values
}

// limits returns the least and the greatest number of a field, nil for none:
// those of its rules, or those of an integer type of less than 64 bits.
func limits(p *plan, r *rules) (low, high *float64) {
	low, high = r.minimum, r.maximum
	if p.typ != intPlan && p.typ != uintPlan {
		return low, high
	}
	least, greatest, bits := 0.0, float64(0), p.goType.Bits()
	if p.typ == intPlan {
		least, greatest = -float64(uint64(1)<<(bits-1)), float64(uint64(1)<<(bits-1)-1)
	} else {
		greatest = float64(uint64(math.MaxUint64) >> (64 - bits))
	}
	if low == nil && (bits < 64 || p.typ == uintPlan) {
		low = &least
	}
	if high == nil && bits < 64 {
		high = &greatest
	}
	return low, high
}

// Object is any JSON object, kept as it is written. Keys do not repeat in it.
type Object struct{ json.RawMessage }

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

// choice returns the text of a field that chooses a variant, which stands at
// the node n or, with zero, is absent. Given is false if it has no value.
func choice(d *syntax.Document, f *field, n int) (name string, given bool) {
	switch {
	case n > 0 && d.Type(n) == syntax.String && !d.Refused(n):
		return d.Text(n), true
	case n > 0 && d.Type(n) != syntax.Null:
		return "", true
	case f.fallback != nil:
		return f.fallback.Text(0), true
	}
	return "", false
}
