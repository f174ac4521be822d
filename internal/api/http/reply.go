package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Reply is a response that is one JSON document and nothing else.
type Reply[T any] struct{ Body T }

// ReplyOf wraps what a service returned.
func ReplyOf[T any](v T, err error) (*Reply[T], error) {
	if err != nil {
		return nil, err
	}
	return &Reply[T]{Body: v}, nil
}

// NoContent is a response without a body.
type NoContent struct{}

// reply is the form of a response, read once from the tags of a struct.
type reply struct {
	headers []reflect.StructField
	body    *reflect.StructField
}

func replyOf(t reflect.Type) *reply {
	out := &reply{}
	for _, f := range reflect.VisibleFields(t) {
		switch {
		case f.Name == "Body":
			out.body = &f
		case f.Tag.Get("header") == "":
		case f.Type.Kind() != reflect.String:
			panic(fmt.Sprintf("header %s is a %s; only strings are written", f.Tag.Get("header"), f.Type))
		default:
			out.headers = append(out.headers, f)
		}
	}
	return out
}

func (s *reply) status() int {
	if s.body == nil {
		return http.StatusNoContent
	}
	return http.StatusOK
}

// write sends out. Nothing is sent when the document cannot be encoded.
func (s *reply) write(w http.ResponseWriter, status int, out reflect.Value) error {
	var text []byte
	if s.body != nil {
		var err error
		if text, err = encode(out.FieldByIndex(s.body.Index).Interface()); err != nil {
			return fmt.Errorf("encode the response: %w", err)
		}
		w.Header().Set("Content-Type", "application/json")
	}
	for _, f := range s.headers {
		if value := out.FieldByIndex(f.Index).String(); value != "" {
			w.Header().Set(f.Tag.Get("header"), value)
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // the caller may be gone
	return nil
}

func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return out.Bytes(), err
}

// describe documents the response of a status.
func (s *reply) describe(schemas huma.Registry, status int) *huma.Response {
	r := &huma.Response{Description: http.StatusText(status)}
	if s.body != nil {
		r.Content = map[string]*huma.MediaType{"application/json": {Schema: huma.SchemaFromField(schemas, *s.body, "")}}
	}
	if len(s.headers) > 0 {
		r.Headers = map[string]*huma.Param{}
	}
	for _, f := range s.headers {
		r.Headers[f.Tag.Get("header")] = &huma.Header{Schema: huma.SchemaFromField(schemas, f, "")}
	}
	return r
}
