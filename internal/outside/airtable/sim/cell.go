package sim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// cellReader turns the JSON of one written cell into what is stored, or says why it cannot. It belongs to
// one change, since typecast makes choices and linked records on the way.
type cellReader struct {
	change   *change
	typecast bool
}

// read returns the cell to store, nil when it is empty. An empty text, false, [] and null are all empty.
func (c cellReader) read(f *field, raw json.RawMessage) (any, *apiError) {
	raw = bytes.TrimSpace(raw)
	if f.kind.computed() {
		return nil, errComputed(f)
	}
	if len(raw) == 0 || string(raw) == "null" {
		return emptied(f), nil
	}
	switch f.kind.shape() {
	case shapeLine:
		return c.line(f, raw)
	case shapeRich:
		return c.rich(f, raw)
	case shapeNumber:
		return c.number(f, raw)
	case shapeRating:
		return c.rating(f, raw)
	case shapeCheckbox:
		return c.checkbox(f, raw)
	case shapeDate, shapeDateTime:
		return c.date(f, raw)
	case shapeSelect:
		return c.selectOne(f, raw)
	case shapeSelects:
		return c.selectMany(f, raw)
	case shapePerson:
		return c.person(f, raw)
	case shapePeople:
		return c.people(f, raw)
	case shapeLinks:
		return c.links(f, raw)
	case shapeFiles:
		return c.files(f, raw)
	default:
		return c.barcode(f, raw)
	}
}

// emptied is what null leaves in a cell: nothing, but for rich text, which reads as an empty line.
func emptied(f *field) any {
	if f.kind.shape() == shapeRich {
		return "\n"
	}
	return nil
}

// text reads a JSON string; with typecast a number or a boolean becomes one.
func (c cellReader) text(f *field, raw json.RawMessage) (string, *apiError) {
	if text, ok := asString(raw); ok {
		return text, nil
	}
	if c.typecast && raw[0] != '{' && raw[0] != '[' {
		return string(raw), nil
	}
	return "", errCell(f)
}

func (c cellReader) line(f *field, raw json.RawMessage) (any, *apiError) {
	text, err := c.text(f, raw)
	return orEmpty(text), err
}

// rich stores markdown as Airtable gives it back: bullets are dashes and the last line has its newline.
func (c cellReader) rich(f *field, raw json.RawMessage) (any, *apiError) {
	text, err := c.text(f, raw)
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

// orEmpty makes the empty text an empty cell.
func orEmpty(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// checkbox stores true or nothing.
func (c cellReader) checkbox(f *field, raw json.RawMessage) (any, *apiError) {
	switch string(raw) {
	case "true":
		return true, nil
	case "false":
		return nil, nil
	}
	text, isText := asString(raw)
	if !isText {
		text = string(raw)
	}
	if !c.typecast || raw[0] == '{' || raw[0] == '[' {
		return nil, errCell(f)
	}
	if slices.Contains([]string{"true", "checked", "yes", "1"}, strings.ToLower(text)) {
		return true, nil
	}
	return nil, nil
}

// barcode stores {text, type?}.
func (c cellReader) barcode(f *field, raw json.RawMessage) (any, *apiError) {
	var code struct {
		Text string `json:"text"`
		Type string `json:"type,omitempty"`
	}
	if text, ok := asString(raw); ok && c.typecast {
		code.Text = text
	} else if raw[0] != '{' || json.Unmarshal(raw, &code) != nil || code.Text == "" {
		return nil, errCell(f)
	}
	return encoded(code), nil
}

// encoded is a value of ours as JSON. Marshalling plain structs of strings and numbers cannot fail.
func encoded(value any) json.RawMessage {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
	return bytes.TrimSpace(out.Bytes())
}
