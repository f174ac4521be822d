package http

import (
	"encoding/json"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
)

// decoder returns what reads the body of an operation.
func (a *API) decoder(op *huma.Operation) request.Decode {
	if op.RequestBody == nil {
		return nil
	}
	schemas := a.document.schemas
	schema := op.RequestBody.Content["application/json"].Schema
	schema.PrecomputeMessages()
	return func(document []byte, into any) []problem.Fault {
		var parsed any
		if err := json.Unmarshal(document, &parsed); err != nil {
			return []problem.Fault{{Code: "invalid", Detail: err.Error()}}
		}
		var found huma.ValidateResult
		at := huma.NewPathBuffer([]byte("body"), 4)
		huma.Validate(schemas, schema, at, huma.ModeWriteToServer, parsed, &found)
		var faults []problem.Fault
		for _, err := range found.Errors {
			faults = append(faults, faultOf(err))
		}
		if err := json.Unmarshal(document, into); err != nil && len(faults) == 0 {
			faults = append(faults, problem.Fault{Code: "invalid", Detail: err.Error()})
		}
		return faults
	}
}

func faultOf(err error) problem.Fault {
	d, _ := err.(*huma.ErrorDetail)
	if d == nil {
		return problem.Fault{Code: "invalid", Detail: err.Error()}
	}
	f := problem.Fault{Pointer: pointer(strings.TrimPrefix(d.Location, "body")), Code: faultCode(d.Message), Detail: faultDetail(d.Message)}
	if name, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
		f.Pointer += "/" + strings.TrimSuffix(name, " to be present")
	}
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
