package relational

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// What no driver stores is refused here, on the caller's side, because in the
// database it would fail the commit of everybody else.
const (
	maxName       = 255       // bytes of a workspace, a type, an id
	maxEventBytes = 32 << 20  // of one event's data, journal and metadata
	maxBatchBytes = 128 << 20 // of all events of a batch
	maxSchema     = 1 << 30
	maxDepth      = 1000 // of nested JSON; PostgreSQL's parser ends somewhere above
	maxLabelBytes = 1024 // of a stream's labels; PostgreSQL's indexes take twice as much
)

// prepare checks one event and encodes its meta column.
func prepare(e *eventstore.NewEvent) (meta []byte, size int, err error) {
	if err := checkName("an event's type", e.Type); err != nil {
		return nil, 0, err
	}
	if e.Schema < 0 || e.Schema > maxSchema {
		return nil, 0, invalid("the schema of %s is %d", e.Type, e.Schema)
	}
	if err := checkActor(e.Meta.Actor); err != nil {
		return nil, 0, err
	}
	if e.Data != nil {
		if err := checkJSON("the data of "+e.Type, e.Data); err != nil {
			return nil, 0, err
		}
	}
	meta, err = encodeMeta(e.Meta)
	if err != nil {
		return nil, 0, invalid("the metadata of %s: %v", e.Type, err)
	}
	if meta != nil {
		if err := checkJSON("the metadata of "+e.Type, meta); err != nil {
			return nil, 0, err
		}
	}
	if size = len(e.Data) + len(e.Journal) + len(meta); size > maxEventBytes {
		return nil, 0, invalid("%s has %d bytes, at most %d are allowed", e.Type, size, maxEventBytes)
	}
	return meta, size, nil
}

func checkJSON(what string, text []byte) error {
	if !json.Valid(text) {
		return invalid("%s is not JSON", what)
	}
	if !utf8.Valid(text) {
		return invalid("%s is not UTF-8", what)
	}
	// Few brackets cannot be deep, and counting them is cheap.
	if bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > maxDepth && depth(text) > maxDepth {
		return invalid("%s is nested deeper than %d", what, maxDepth)
	}
	return nil
}

// depth returns how deeply valid JSON is nested.
func depth(text []byte) (deepest int) {
	level, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '[' || c == '{'):
			level++
			deepest = max(deepest, level)
		case !quoted && (c == ']' || c == '}'):
			level--
		}
	}
	return deepest
}

func checkActor(a eventstore.Actor) error {
	if a == (eventstore.Actor{}) {
		return nil
	}
	if err := checkName("an actor's kind", a.Type); err != nil {
		return err
	}
	if a.ID == "" {
		return nil
	}
	return checkName("an actor's id", a.ID)
}

func checkStream(a eventstore.StreamAppend) error {
	if a.Expected < eventstore.Any {
		return invalid("stream %s: expected version %d", a.Stream, a.Expected)
	}
	if a.Stream.Workspace != "" {
		if err := checkName("a workspace", a.Stream.Workspace); err != nil {
			return err
		}
	}
	if err := checkName("a stream's type", a.Stream.Type); err != nil {
		return err
	}
	if err := checkName("a stream's id", a.Stream.ID); err != nil {
		return err
	}
	return checkLabels(a)
}

func checkLabels(a eventstore.StreamAppend) error {
	if a.Labels == nil {
		return nil
	}
	if len(a.Labels) > maxLabelBytes {
		return invalid("the labels of stream %s have %d bytes, at most %d are allowed", a.Stream, len(a.Labels), maxLabelBytes)
	}
	if err := checkJSON("the text of the labels of stream "+a.Stream.String(), a.Labels); err != nil {
		return err
	}
	if bytes.TrimLeft(a.Labels, " \t\r\n")[0] != '{' {
		return invalid("the labels of stream %s are not a JSON object", a.Stream)
	}
	return nil
}

func checkName(what, name string) error {
	if name == "" || len(name) > maxName {
		return invalid("%s has %d bytes; 1 to %d are allowed", what, len(name), maxName)
	}
	if strings.IndexByte(name, 0) >= 0 || !utf8.ValidString(name) {
		return invalid("%s %q is not plain text", what, name)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &eventstore.InvalidError{Reason: fmt.Sprintf(format, args...)}
}
