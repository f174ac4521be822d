package strictjson

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson/syntax"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// Fault is one thing that is wrong in a document, or worth a warning.
type Fault struct {
	Pointer string `json:"pointer"` // JSON pointer (RFC 6901); "" is the whole document
	Code    string `json:"code"`    // stable name, see the constants
	Detail  string `json:"detail"`  // what is wrong and how to put it right, for people
}

// The codes of faults that this package finds.
const (
	CodeMalformed     = syntax.CodeMalformed     // not JSON
	CodeTooLarge      = syntax.CodeTooLarge      // more bytes than allowed
	CodeTooDeep       = syntax.CodeTooDeep       // nested deeper than allowed
	CodeTooManyKeys   = syntax.CodeTooManyKeys   // more keys than allowed
	CodeTooManyValues = syntax.CodeTooManyValues // more values than allowed
	CodeTooManyFaults = "too_many_faults"        // more faults than are listed
	CodeTooLong       = syntax.CodeTooLong       // a key or credential with more bytes than allowed
	CodeInvalidText   = syntax.CodeInvalidText   // not UTF-8, half a surrogate pair, or U+0000
	CodeDuplicateKey  = "duplicate_key"          // a key twice in one object
	CodeUnknownField  = "unknown_field"          // a key that is not declared
	CodeRequired      = "required"               // missing, or empty where that means the same
	CodeWrongType     = "wrong_type"             // a string where a number should stand, and the like
	CodeOutOfRange    = syntax.CodeOutOfRange    // a number, length or count beyond its bounds
	CodeNotOneOf      = "not_one_of"             // not one of the values that there are
	CodeDuplicate     = "duplicate"              // an item twice in a list
	CodeInvalid       = "invalid"                // does not have the form that is asked for
	CodeNotAvailable  = "not_available"          // known, but not possible yet
)

// At returns the JSON pointer (RFC 6901) of a place below base. A token is a
// key (any string, which is escaped) or an index (an int):
//
//	At("/sync_rules", 2, "field_mapping", "a/b") // "/sync_rules/2/field_mapping/a~1b"
func At(base string, tokens ...any) string { return syntax.At(base, tokens...) }

// Findings collects the faults of a document, and warnings for what is accepted
// and worth saying. A kind adds what it finds in the decoded value with Fault
// and Warn; the lists are in the order of the document. At most maxFaults of
// each are kept and the others counted, so that a hostile document costs
// little. A Findings belongs to one goroutine.
type Findings struct {
	doc         *syntax.Document
	rename      map[string]string
	faults      list
	warnings    list
	suggestions int
}

const (
	maxFaults      = 100
	maxFaultText   = 64 << 10 // bytes of pointers and details together
	maxSuggestions = 20
)

// list is a bounded list of findings with their offsets in the document.
type list struct {
	kept []placed
	text int
	more int
}

type placed struct {
	Fault
	offset int
}

// Fault adds a fault at a pointer; see At.
func (f *Findings) Fault(pointer, code, format string, args ...any) {
	f.add(&f.faults, pointer, code, format, args)
}

// Warn adds a warning at a pointer.
func (f *Findings) Warn(pointer, code, format string, args ...any) {
	f.add(&f.warnings, pointer, code, format, args)
}

// OK reports whether there are no faults. There may be warnings.
func (f *Findings) OK() bool { return len(f.faults.kept) == 0 }

// Has reports whether there is a fault at the pointer or below it: what was
// decoded from there is not to be judged any further.
func (f *Findings) Has(pointer string) bool {
	return slices.ContainsFunc(f.faults.kept, func(p placed) bool {
		rest, below := strings.CutPrefix(p.Pointer, pointer)
		return below && (rest == "" || rest[0] == '/')
	})
}

// Nearest is suggest.Nearest for the first unknown names of a document, and ""
// for those after them.
func (f *Findings) Nearest(name string, known []string) string {
	if f.suggestions++; f.suggestions > maxSuggestions {
		return ""
	}
	return suggest.Nearest(name, known)
}

// Faults returns the faults in the order of the document. When there are more
// than are kept, the last one says how many.
func (f *Findings) Faults() []Fault { return f.faults.sorted() }

// Warnings returns the warnings in the order of the document.
func (f *Findings) Warnings() []Fault { return f.warnings.sorted() }

// Err returns an *Error with the faults, nil if there are none.
func (f *Findings) Err() error {
	if f.OK() {
		return nil
	}
	return &Error{Faults: f.Faults()}
}

// Error is the error of a document that has faults. It holds no credential.
type Error struct{ Faults []Fault }

// Error lists the faults, each with its pointer.
func (e *Error) Error() string {
	var b strings.Builder
	for i, f := range e.Faults {
		if i > 0 {
			b.WriteString("; ")
		}
		if f.Pointer != "" {
			b.WriteString(f.Pointer + ": ")
		}
		b.WriteString(f.Detail)
	}
	return b.String()
}

func (f *Findings) add(l *list, pointer, code, format string, args []any) {
	if l.full() {
		return
	}
	offset := 0
	if f.doc != nil && f.doc.Len() > 0 {
		offset, _ = f.doc.Span(f.doc.Find(pointer))
	}
	f.put(l, offset, Fault{pointer, code, fmt.Sprintf(format, args...)})
}

// at adds a fault at a node.
func (f *Findings) at(n int, code, format string, args ...any) {
	f.node(&f.faults, n, "", code, format, args)
}

// below adds a fault at a member that is missing in the object at n.
func (f *Findings) below(n int, member, code, format string, args ...any) {
	f.node(&f.faults, n, member, code, format, args)
}

// warnAt adds a warning at a node.
func (f *Findings) warnAt(n int, code, format string, args ...any) {
	f.node(&f.warnings, n, "", code, format, args)
}

func (f *Findings) node(l *list, n int, member, code, format string, args []any) {
	if l.full() {
		return
	}
	pointer, offset := "", 0
	if n < f.doc.Len() {
		pointer = f.doc.Pointer(n)
		offset, _ = f.doc.Span(n)
	}
	if member != "" {
		pointer = At(pointer, member)
	}
	f.put(l, offset, Fault{pointer, code, fmt.Sprintf(format, args...)})
}

func (f *Findings) put(l *list, offset int, fault Fault) {
	if other, ok := f.rename[fault.Code]; ok {
		fault.Code = other
	}
	l.kept = append(l.kept, placed{fault, offset})
	l.text += len(fault.Pointer) + len(fault.Detail)
}

// full counts a finding that is not kept.
func (l *list) full() bool {
	if len(l.kept) < maxFaults && l.text < maxFaultText {
		return false
	}
	l.more++
	return true
}

// count returns how many there are, kept or not.
func (l *list) count() int { return len(l.kept) + l.more }

func (l *list) sorted() []Fault {
	slices.SortStableFunc(l.kept, func(a, b placed) int { return cmp.Compare(a.offset, b.offset) })
	var out []Fault
	for _, p := range l.kept {
		out = append(out, p.Fault)
	}
	if l.more > 0 {
		out = append(out, Fault{Code: CodeTooManyFaults, Detail: fmt.Sprintf("%d more are not listed; correct these first", l.more)})
	}
	return out
}
