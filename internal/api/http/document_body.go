package http

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// refineBody adds to the schema of a body what strictjson checks and huma has no
// tag for: text that is not blank, the names and the values of a map, and that
// null stands for what is absent.
func refineBody(schemas huma.Registry, body reflect.StructField, schema *huma.Schema) {
	if schema.Ref != "" {
		schema = schemas.SchemaFromRef(schema.Ref)
	}
	if body.Type.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(body.Type) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		property := schema.Properties[name]
		if property == nil || f.Anonymous {
			continue
		}
		if f.Tag.Get("nonempty") == "true" && f.Type.Kind() == reflect.String {
			property.Pattern, property.MinLength = strictjson.NotBlank, number(1)
		}
		if f.Type.Kind() == reflect.Map {
			refineMap(f, property)
		}
		if !slices.Contains(schema.Required, name) {
			orNull(schema, name)
		}
	}
}

// refineMap moves the rules for values to the values, and adds those for names.
func refineMap(f reflect.StructField, property *huma.Schema) {
	if values, ok := property.AdditionalProperties.(*huma.Schema); ok {
		values.MinLength, values.MaxLength, values.Pattern = property.MinLength, property.MaxLength, property.Pattern
		values.PatternDescription = property.PatternDescription
		property.MinLength, property.MaxLength, property.Pattern, property.PatternDescription = nil, nil, "", ""
	}
	names := &huma.Schema{Pattern: f.Tag.Get("keyPattern")}
	if most, err := strconv.Atoi(f.Tag.Get("keyMaxLength")); err == nil {
		names.MaxLength = &most
	}
	if f.Tag.Get("keyNotBlank") == "true" {
		names.AllOf = []*huma.Schema{{Pattern: strictjson.NotBlank}}
	}
	property.Extensions = map[string]any{"propertyNames": names}
}

// orNull lets a member be null.
func orNull(schema *huma.Schema, name string) {
	property := schema.Properties[name]
	switch {
	case len(property.OneOf) > 0:
		property.OneOf = append(property.OneOf, &huma.Schema{Type: "null"})
	case property.Ref != "" || property.Type == huma.TypeArray:
		schema.Properties[name] = &huma.Schema{AnyOf: []*huma.Schema{property, {Type: "null"}}}
	case property.Type != "":
		property.Nullable = true
		if len(property.Enum) > 0 {
			property.Enum = append(property.Enum, nil)
		}
	}
}

func number(n int) *int { return &n }

// present says of a list, and of every list below, that it is there: huma assumes
// that it may be null, and none ever is.
func present(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
	}
	present(s.Items)
	for _, p := range s.Properties {
		present(p)
	}
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		present(values)
	}
}
