package sim

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// hexDigits spell the escapes of control characters.
const hexDigits = "0123456789abcdef"

// appendString writes a JSON string. Unlike encoding/json it leaves <, > and & alone, as Airtable does.
func appendString(out []byte, text string) []byte {
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

// appendNumber writes a JSON number as JavaScript would; what JSON cannot say becomes Airtable's object.
func appendNumber(out []byte, n float64) []byte {
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

// appendStrings writes a JSON array of strings.
func appendStrings(out []byte, texts []string) []byte {
	out = append(out, '[')
	for i, text := range texts {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(out, text)
	}
	return append(out, ']')
}
