package request

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
)

// Limits of a JSON body. They hold before anything is decoded into Go values.
const (
	maxDepth = 64
	maxKeys  = 10_000
)

// checkJSON reads a whole body once and returns what encoding/json would
// accept silently or refuse without a place: a key that stands twice, a number
// beyond all bounds, depth and number of keys beyond the limits, text after
// the document. A nil result means well-formed. The
// second value is false where the text is no JSON at all.
func checkJSON(body []byte) ([]problem.Fault, bool) {
	s := scanner{d: json.NewDecoder(bytes.NewReader(body))}
	s.d.UseNumber()
	if err := s.value("", 1); err != nil {
		var f *faultError
		if errors.As(err, &f) {
			return []problem.Fault{f.Fault}, true
		}
		return []problem.Fault{{Code: "malformed_json", Detail: syntax(body)}}, false
	}
	if _, err := s.d.Token(); !errors.Is(err, io.EOF) {
		return []problem.Fault{{Code: "malformed_json", Detail: fmt.Sprintf("text after the end of the JSON document at byte %d", s.d.InputOffset())}}, false
	}
	return s.faults, true
}

// faultError ends the reading at a limit.
type faultError struct{ problem.Fault }

func (f *faultError) Error() string { return f.Detail }

type scanner struct {
	d      *json.Decoder
	keys   int
	faults []problem.Fault
}

func (s *scanner) value(at string, depth int) error {
	t, err := s.d.Token()
	if err != nil {
		return err
	}
	delim, nested := t.(json.Delim)
	if !nested {
		s.scalar(at, t)
		return nil
	}
	if depth > maxDepth {
		return &faultError{problem.Fault{Pointer: at, Code: "too_deep", Detail: fmt.Sprintf("nested deeper than %d levels", maxDepth)}}
	}
	if delim == '{' {
		err = s.object(at, depth)
	} else {
		err = s.array(at, depth)
	}
	if err != nil {
		return err
	}
	_, err = s.d.Token() // the closing bracket
	return err
}

// scalar finds the number that no Go value can hold: a decoder behind this
// would stop at it without saying where.
func (s *scanner) scalar(at string, t json.Token) {
	n, isNumber := t.(json.Number)
	if !isNumber {
		return
	}
	if _, err := n.Float64(); err != nil {
		s.faults = append(s.faults, problem.Fault{Pointer: at, Code: "out_of_range", Detail: fmt.Sprintf("the number %s is too large; the largest is about 1.8e308", clip(n.String()))})
	}
}

func (s *scanner) object(at string, depth int) error {
	seen := map[string]bool{}
	for s.d.More() {
		t, err := s.d.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		if s.keys++; s.keys > maxKeys {
			return &faultError{problem.Fault{Pointer: at, Code: "too_many_keys", Detail: fmt.Sprintf("more than %d keys in one body", maxKeys)}}
		}
		place := at + "/" + escape(key)
		// Fields of our own documents, at the first level, also match without
		// regard to case in encoding/json: there "name" and "Name" are one.
		same := key
		if depth == 1 {
			same = strings.ToLower(key)
		}
		if seen[same] {
			s.faults = append(s.faults, problem.Fault{Pointer: place, Code: "duplicate_key", Detail: fmt.Sprintf("the key %q stands twice in one object; keep one", key)})
		}
		seen[same] = true
		if err := s.value(place, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) array(at string, depth int) error {
	for i := 0; s.d.More(); i++ {
		if err := s.value(at+"/"+strconv.Itoa(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// escape makes a key one segment of a JSON pointer.
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// syntax says where a document stops being JSON, by line and column. A decoder
// that reads token by token counts otherwise, so the whole is parsed again.
func syntax(body []byte) string {
	var whole json.RawMessage
	var at *json.SyntaxError
	if !errors.As(json.Unmarshal(body, &whole), &at) {
		return "the JSON document ends too early"
	}
	before := body[:min(int(at.Offset), len(body))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Sprintf("not JSON at line %d, column %d: %v", line, max(column, 1), at)
}

// clip keeps a number that is shown short.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
