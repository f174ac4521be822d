package request

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// Shape is what a route takes.
type Shape struct {
	Parameters []Parameter
	// Body is the field of the body with the type of the document, nil for a
	// route that takes none.
	Body *reflect.StructField

	read    reader
	query   []string        // names of the query parameters
	members map[string]bool // of the body
}

// ShapeOf reads the shape from the tags of a struct; it panics like
// ParametersOf.
func ShapeOf(t reflect.Type) *Shape {
	s := &Shape{Parameters: ParametersOf(t), read: JSON[json.RawMessage]{}.reader()}
	if f, ok := t.FieldByName("Body"); ok {
		body, ok := reflect.Zero(f.Type).Interface().(document)
		if !ok {
			panic(fmt.Sprintf("the body of %s is a %s; only request.JSON is read", t, f.Type))
		}
		f.Type = body.goType()
		s.Body, s.read, s.members = &f, body.reader(), membersOf(f.Type)
	}
	for _, p := range s.Parameters {
		if p.In == Query {
			s.query = append(s.query, p.Name)
		}
	}
	return s
}

// membersOf returns the names of the members that a document may have.
func membersOf(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	if t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names[name] = true
		}
	}
	return names
}

// BodyRequired reports whether a request without a body is refused. The tag
// required:"false" permits it.
func (s *Shape) BodyRequired() bool { return s.Body != nil && s.Body.Tag.Get("required") != "false" }

// Read fills the struct that into points to, which is of the type that the
// shape was read from. It returns every fault of parameters and body together;
// what cannot be read at all (too large, incomplete, not JSON) is reported
// alone, and so is a parameter that is given more than once.
func (s *Shape) Read(w http.ResponseWriter, r *http.Request, into any) *problem.Details {
	v := reflect.ValueOf(into).Elem()
	text, p := receive(w, r)
	if p != nil {
		return p
	}
	bodyFaults, p := s.readBody(w, r, text, v)
	if p != nil {
		return p
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem.Invalid(append([]problem.Fault{badQuery}, bodyFaults...)...)
	}
	if p := s.repeated(r, query); p != nil {
		return p
	}
	faults := append(s.readParameters(r, query, v), bodyFaults...)
	if len(faults) > 0 {
		return problem.Invalid(faults...)
	}
	return nil
}

// Place names the parameters that the faults of a refusal are about. Whoever
// refuses speaks of a request of its own and says /limit; only the route knows
// that this is no member of a body.
func (s *Shape) Place(p *problem.Details) {
	for i, f := range p.Errors {
		name, ok := strings.CutPrefix(f.Pointer, "/")
		if ok && !s.members[name] && slices.ContainsFunc(s.Parameters, func(p Parameter) bool { return p.Name == name }) {
			p.Errors[i].Pointer, p.Errors[i].Parameter = "", name
		}
	}
}

// readBody checks the document even where the route takes none.
func (s *Shape) readBody(w http.ResponseWriter, r *http.Request, text []byte, v reflect.Value) ([]problem.Fault, *problem.Details) {
	switch {
	case len(text) == 0 && s.BodyRequired():
		return nil, problem.New(http.StatusBadRequest, "body_required", "this request needs a JSON body")
	case len(text) == 0:
		return nil, nil
	}
	if p := encoded(w, r); p != nil {
		return nil, p
	}
	into := any(&JSON[json.RawMessage]{})
	if s.Body != nil {
		into = v.FieldByIndex(s.Body.Index).Addr().Interface()
	}
	return faultsOf(s.read(text, into))
}

var badQuery = problem.Fault{Code: strictjson.CodeInvalid, Detail: "the query of the address is not of the form name=value&name=value, each percent-encoded; correct it"}

// repeated refuses a request that gives a parameter more than once: whichever
// value was taken, it might not be the one that was meant.
func (s *Shape) repeated(r *http.Request, query url.Values) *problem.Details {
	var faults []problem.Fault
	for _, p := range s.Parameters {
		if p.In == Query && len(query[p.Name]) > 1 || p.In == Header && !p.list && len(r.Header.Values(p.Name)) > 1 {
			faults = append(faults, *p.fault(strictjson.CodeDuplicate, "is given more than once; give it once"))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	refusal := problem.New(http.StatusBadRequest, "repeated_parameter", fmt.Sprintf("the parameter %s is given more than once; give it once", faults[0].Parameter))
	refusal.Errors = faults
	return refusal
}

func (s *Shape) readParameters(r *http.Request, query url.Values, v reflect.Value) []problem.Fault {
	faults := s.unknown(query)
	for _, p := range s.Parameters {
		if f := p.set(r, query, v); f != nil {
			faults = append(faults, *f)
		}
	}
	return faults
}

// maxUnknown bounds the unknown query parameters that are listed.
const maxUnknown = 100

// unknown refuses query parameters that the route does not declare.
func (s *Shape) unknown(query url.Values) []problem.Fault {
	var faults []problem.Fault
	for name := range query {
		if !slices.Contains(s.query, name) {
			detail := "unknown query parameter" + cmp.Or(suggest.Nearest(name, s.query), "; remove it")
			faults = append(faults, problem.Fault{Parameter: name, Code: strictjson.CodeUnknownField, Detail: detail})
		}
	}
	slices.SortFunc(faults, func(a, b problem.Fault) int { return cmp.Compare(a.Parameter, b.Parameter) })
	if more := len(faults) - maxUnknown; more > 0 {
		faults = append(faults[:maxUnknown], problem.Fault{Code: strictjson.CodeTooManyFaults, Detail: fmt.Sprintf("%d more unknown query parameters are not listed; correct these first", more)})
	}
	return faults
}
