package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// MisfitError says where a value from outside, such as the result in an answer,
// does not fit what the program reads it as. It matches ErrInvalid.
type MisfitError struct {
	Pointer string // into the value; empty: the whole
	Detail  string // for people
}

// Error names the place and the fault.
func (e *MisfitError) Error() string {
	if e.Pointer == "" {
		return e.Detail
	}
	return e.Pointer + ": " + e.Detail
}

// Is matches ErrInvalid.
func (e *MisfitError) Is(target error) bool { return target == ErrInvalid }

// misfit turns an error of decoding into one for people; nil stays nil. A message
// of encoding/json speaks of the program's types.
func misfit(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		e := &MisfitError{Detail: fmt.Sprintf("must be %s, not %s", kindInWords(wrong.Type), valueInWords(wrong.Value))}
		if wrong.Field != "" {
			e.Pointer = "/" + strings.ReplaceAll(wrong.Field, ".", "/")
		}
		return e
	}
	return &MisfitError{Detail: "is not of the form that is expected here"}
}

func kindInWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number that fits in " + fmt.Sprint(t.Bits()) + " bits"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	}
	return "an object"
}

// valueInWords names what encoding/json has found: string, number 1.5, bool, array
// or object.
func valueInWords(found string) string {
	switch found {
	case "string":
		return "a text"
	case "bool":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "number":
		return "a number"
	}
	return found // a number with its digits
}
