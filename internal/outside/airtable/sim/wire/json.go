package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

// hexDigits spell the escapes of control characters.
const hexDigits = "0123456789abcdef"

// AppendString writes a JSON string. Unlike encoding/json it leaves <, > and & alone, as Airtable does.
func AppendString(out []byte, text string) []byte {
	out = append(out, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, width := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && width == 1 {
				out = append(append(out, text[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += width
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		out = appendEscape(append(out, text[start:i]...), c)
		i++
		start = i
	}
	return append(append(out, text[start:]...), '"')
}

func appendEscape(out []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(out, '\\', c)
	case '\n':
		return append(out, '\\', 'n')
	case '\r':
		return append(out, '\\', 'r')
	case '\t':
		return append(out, '\\', 't')
	}
	return append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// AppendNumber writes a JSON number as JavaScript would. A number that JSON cannot express becomes the object
// that Airtable writes for it.
func AppendNumber(out []byte, n float64) []byte {
	switch {
	case math.IsNaN(n):
		return append(out, `{"specialValue":"NaN"}`...)
	case math.IsInf(n, 1):
		return append(out, `{"specialValue":"Infinity"}`...)
	case math.IsInf(n, -1):
		return append(out, `{"specialValue":"-Infinity"}`...)
	}
	if size := math.Abs(n); size != 0 && (size < 1e-6 || size >= 1e21) {
		return strconv.AppendFloat(out, n, 'e', -1, 64)
	}
	return strconv.AppendFloat(out, n, 'f', -1, 64)
}

// AppendStrings writes a JSON array of strings.
func AppendStrings(out []byte, texts []string) []byte {
	out = append(out, '[')
	for i, text := range texts {
		if i > 0 {
			out = append(out, ',')
		}
		out = AppendString(out, text)
	}
	return append(out, ']')
}

// Encode returns a value of the simulator's own as JSON. Plain structs of strings and numbers always have one.
func Encode(value any) json.RawMessage {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
	return bytes.TrimSpace(out.Bytes())
}

// Quote puts a text in double quotes with JSON's escapes, as Airtable's messages do.
func Quote(text string) string { return string(AppendString(nil, text)) }

// String reads a JSON string. It returns false for any other JSON.
func String(raw json.RawMessage) (string, bool) {
	var text string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return "", false
	}
	return text, true
}
