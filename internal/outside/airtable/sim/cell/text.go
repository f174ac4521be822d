package cell

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// line stores a text as it is, the empty one as an empty cell.
func (r Reader) line(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	text, err := r.text(f, raw)
	if err != nil || text == "" {
		return nil, err
	}
	return text, nil
}

// rich stores markdown as Airtable gives it back: bullets are dashes and the last line ends in a newline.
func (r Reader) rich(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	text, err := r.text(f, raw)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		bare := strings.TrimLeft(line, " ")
		if rest, bullet := strings.CutPrefix(bare, "* "); bullet {
			lines[i] = line[:len(line)-len(bare)] + "- " + rest
		}
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// checkbox stores true or nothing.
func (r Reader) checkbox(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	switch string(raw) {
	case "true":
		return true, nil
	case "false":
		return nil, nil
	}
	text, isText := wire.String(raw)
	if !isText {
		text = string(raw)
	}
	if !r.Typecast || raw[0] == '{' || raw[0] == '[' {
		return nil, errCell(f)
	}
	if slices.Contains([]string{"true", "checked", "yes", "1"}, strings.ToLower(text)) {
		return true, nil
	}
	return nil, nil
}
