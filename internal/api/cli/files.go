package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
)

// maxFile is what the server takes as one body.
const maxFile = 1 << 20

// read returns the text of a file, or of stdin for "-".
func (s *State) read(path string) ([]byte, error) {
	var r io.Reader = s.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, WithCode(fmt.Errorf("cannot read the file: %w", err), ExitInput)
		}
		defer f.Close()
		r = f
	}
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return nil, WithCode(fmt.Errorf("cannot read %s: %w", path, err), ExitInput)
	case len(text) > maxFile:
		return nil, WithCode(fmt.Errorf("%s is larger than 1 MiB, which the server refuses", path), ExitInput)
	}
	return text, nil
}

// readJSON returns an object from a file. The error says line and column.
func (s *State) readJSON(path string) (json.RawMessage, error) {
	text, err := s.read(path)
	if err != nil {
		return nil, err
	}
	if err := isObject(text); err != nil {
		return nil, WithCode(fmt.Errorf("%s %w", name(path), err), ExitInput)
	}
	return text, nil
}

func name(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

// isObject ends the sentence that begins with the name of the text.
func isObject(text []byte) error {
	var v map[string]json.RawMessage
	err := json.Unmarshal(text, &v)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil && v != nil:
		return nil
	case errors.As(err, &syntax):
		before := text[:min(int(syntax.Offset), len(text))]
		line := 1 + bytes.Count(before, []byte("\n"))
		column := len(before) - bytes.LastIndexByte(before, '\n') - 1
		return fmt.Errorf("is not JSON at line %d, column %d: %v; correct it there", line, max(column, 1), syntax)
	case errors.As(err, &kind):
		return fmt.Errorf("holds a JSON %s and not an object; put it in braces", kind.Value)
	}
	return errors.New("holds no JSON object")
}

// document reads a workflow: a whole one ({name, type, config}), or a bare
// configuration whose name and type come from flags.
func (s *State) document(path, title, kind string) (client.Document, error) {
	text, err := s.readJSON(path)
	if err != nil {
		return client.Document{}, err
	}
	d := client.Document{Config: text}
	if isWhole(text) {
		d = client.Document{}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&d); err != nil {
			return d, WithCode(fmt.Errorf("%s is not a workflow of the form {name, type, config, labels}: %w", name(path), err), ExitInput)
		}
	}
	if title != "" {
		d.Name = title
	}
	if kind != "" {
		d.Type = kind
	}
	return d, nil
}

// isWhole tells a workflow from a bare configuration, which has no field
// config that is an object.
func isWhole(text []byte) bool {
	var v struct {
		Config map[string]json.RawMessage `json:"config"`
	}
	return json.Unmarshal(text, &v) == nil && v.Config != nil
}
