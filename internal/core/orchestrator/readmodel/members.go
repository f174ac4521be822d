package readmodel

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// members walks the members of a JSON object that the store has accepted as
// valid JSON. The values are slices of raw. It exists because every event
// passes here: a full decode costs ten times as much.
func members(raw []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		at := skip(raw, 0)
		if at >= len(raw) || raw[at] != '{' {
			return
		}
		for at = skip(raw, at+1); at < len(raw) && raw[at] == '"'; {
			end := stringEnd(raw, at)
			key := raw[at+1 : end-1]
			at = skip(raw, end)
			if at >= len(raw) || raw[at] != ':' {
				return
			}
			at = skip(raw, at+1)
			end = valueEnd(raw, at)
			if !yield(string(key), raw[at:end]) {
				return
			}
			if at = skip(raw, end); at >= len(raw) || raw[at] != ',' {
				return
			}
			at = skip(raw, at+1)
		}
	}
}

func skip(raw []byte, at int) int {
	for at < len(raw) && raw[at] <= ' ' {
		at++
	}
	return at
}

// stringEnd returns the index after the string that begins at at.
func stringEnd(raw []byte, at int) int {
	for i := at + 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// valueEnd returns the index after the value that begins at at.
func valueEnd(raw []byte, at int) int {
	depth := 0
	for i := at; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i = stringEnd(raw, i) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(raw)
}

// text returns a JSON string's text.
func text(raw []byte) string {
	if len(raw) >= 2 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func number(raw []byte) int64 {
	n, err := strconv.ParseInt(string(bytes.TrimSpace(raw)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func moment(raw []byte) int64 {
	t, err := time.Parse(time.RFC3339Nano, text(raw))
	if err != nil {
		return 0
	}
	return t.UnixMicro()
}

// member returns one member of a JSON object, nil when it has none.
func member(raw []byte, name string) []byte {
	for key, value := range members(raw) {
		if key == name {
			return value
		}
	}
	return nil
}

// Definition returns the workflow that an execution's event is about.
func Definition(e *eventstore.Event) string { return about(e, "definition") }

// about returns what the labels of the stream say, or else the event itself.
func about(e *eventstore.Event, name string) string {
	if value := member(e.Labels, name); value != nil {
		return text(value)
	}
	return text(member(e.Data, name))
}
