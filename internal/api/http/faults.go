package http

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// fromHuma translates an error of the request's validation. Values stay out
// of it: they may be secrets.
func fromHuma(e *huma.ErrorModel) *ProblemDetails {
	p := newProblem(e.Status, "", e.Detail)
	switch {
	case e.Status == http.StatusUnprocessableEntity && len(e.Errors) > 0:
		p = newProblem(e.Status, "invalid_request", "the request has faults; each stands in errors with its place")
	case e.Status == http.StatusBadRequest && len(e.Errors) > 0:
		p = newProblem(e.Status, "malformed_request", "the request could not be read: "+e.Errors[0].Message)
	case e.Status == http.StatusBadRequest:
		p = newProblem(e.Status, "body_required", "this request needs a JSON body")
	case e.Status >= http.StatusInternalServerError:
		return newProblem(e.Status, "internal", "an internal error; the server's log tells more under the id in instance")
	}
	for _, d := range e.Errors {
		p.Errors = append(p.Errors, faultOf(d))
	}
	return p
}

func faultOf(d *huma.ErrorDetail) Fault {
	f := Fault{Code: faultCode(d.Message), Detail: faultDetail(d.Message)}
	place, rest, _ := strings.Cut(d.Location, ".")
	if place == "body" || strings.HasPrefix(place, "body[") {
		f.Pointer = pointer(strings.TrimPrefix(d.Location, "body"))
		if name, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
			f.Pointer += "/" + strings.TrimSuffix(name, " to be present")
		}
		return f
	}
	f.Parameter = rest
	return f
}

// pointer turns huma's ".a.b[0].c" into "/a/b/0/c".
func pointer(location string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", ".", "/", "[", "/", "]", "").Replace(location)
}

// faultCode names what huma only describes.
func faultCode(message string) string {
	switch {
	case strings.HasPrefix(message, "unexpected property"), strings.HasPrefix(message, "unknown query parameter"):
		return "unknown_field"
	case strings.HasPrefix(message, "expected required property"), strings.HasPrefix(message, "required "):
		return "required"
	case message == "expected string", message == "expected number", message == "expected integer",
		message == "expected boolean", message == "expected array", message == "expected object":
		return "wrong_type"
	case strings.HasPrefix(message, "expected length"), strings.HasPrefix(message, "expected number"), strings.HasPrefix(message, "expected array length"), strings.HasPrefix(message, "expected object with"):
		return "out_of_range"
	case strings.HasPrefix(message, "expected value to be one of"):
		return "not_one_of"
	}
	return "invalid"
}

func faultDetail(message string) string {
	switch {
	case strings.HasPrefix(message, "unexpected property"):
		return "unknown or read-only field; remove it"
	case strings.HasPrefix(message, "unknown query parameter"):
		return "unknown query parameter; remove it"
	}
	return message
}
