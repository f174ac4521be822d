package request

import (
	"encoding/json"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// Version is a field of a body that names a version of something: its number, or
// "latest". The field must be optional; like in any such, null means absent.
type Version struct{ json.RawMessage }

// Read returns the number, zero for an absent one, or latest. What is neither is
// a fault at a pointer.
func (v Version) Read(pointer string) (number int, latest bool, err error) {
	code := strictjson.CodeWrongType
	switch text := string(v.RawMessage); {
	case text == "" || text == "null":
		return 0, false, nil
	case text == `"latest"`:
		return 0, true, nil
	case text[0] == '"':
		code = strictjson.CodeNotOneOf
	default:
		if number, err = strconv.Atoi(text); err == nil && number >= 1 {
			return number, false, nil
		}
		if err == nil {
			code = strictjson.CodeOutOfRange
		}
	}
	return 0, false, problem.Invalid(problem.Fault{Pointer: pointer, Code: code, Detail: `must be the number of a version, from 1, or "latest"`})
}
