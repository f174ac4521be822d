// Package input reads what people hand to the command line: workflows and
// inputs of executions, from files, standard input or an argument. Whatever is
// wrong is found before the server is called, every fault at once.
package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// maxBytes is what the server takes as one body.
const maxBytes = 1 << 20

// File returns the JSON object in a file, or in stdin for the path "-". A byte
// order mark is left out.
func File(stdin io.Reader, path string) (json.RawMessage, error) {
	text, err := read(stdin, path)
	if err != nil {
		return nil, err
	}
	return object(text, name(path))
}

// Argument returns the JSON object in the value of a flag.
func Argument(flag, text string) (json.RawMessage, error) { return object([]byte(text), flag) }

func object(text []byte, name string) (json.RawMessage, error) {
	o, found := strictjson.For[strictjson.Object](strictjson.ByteOrderMark()).Decode(text)
	return o.RawMessage, faultsOf(found, name)
}

// Workflow reads a workflow from a file: a whole one ({name, type, config,
// labels}), or a bare configuration. A title and a kind that are not empty
// replace those of the file.
func Workflow(stdin io.Reader, path, title, kind string) (client.Document, error) {
	text, err := File(stdin, path)
	if err != nil {
		return client.Document{}, err
	}
	d := client.Document{Config: text}
	if isWhole(text) {
		if d, err = whole(text, name(path)); err != nil {
			return d, err
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

func whole(text []byte, name string) (client.Document, error) {
	type document struct {
		Name   string            `json:"name,omitempty"`
		Type   string            `json:"type,omitempty"`
		Config strictjson.Object `json:"config"`
		Labels map[string]string `json:"labels,omitempty"`
	}
	d, found := strictjson.For[document]().Decode(text)
	return client.Document{Name: d.Name, Type: d.Type, Config: d.Config.RawMessage, Labels: d.Labels}, faultsOf(found, name)
}

// read returns the text of a file, or of stdin for "-".
func read(stdin io.Reader, path string) ([]byte, error) {
	r := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("cannot read the file: %w", err)
		}
		defer f.Close()
		r = f
	}
	text, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", name(path), err)
	case len(text) > maxBytes:
		return nil, fmt.Errorf("%s is larger than 1 MiB, the most that the server takes", name(path))
	}
	return text, nil
}

func name(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

// faultsOf returns an error with every fault on a line of its own.
func faultsOf(found *strictjson.Findings, name string) error {
	faults := found.Faults()
	switch {
	case len(faults) == 0:
		return nil
	case len(faults) == 1 && faults[0].Code == strictjson.CodeWrongType && faults[0].Pointer == "":
		return errors.New(name + " " + faults[0].Detail)
	case len(faults) == 1 && faults[0].Pointer == "":
		return errors.New(name + ": " + faults[0].Detail)
	}
	text := name + " has faults; correct them"
	for _, f := range faults {
		text += "\n  "
		if f.Pointer != "" {
			text += f.Pointer + ": "
		}
		text += f.Detail
	}
	return errors.New(text)
}
