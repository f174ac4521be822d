package syntax

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Limits bound a document before anything is decoded. Zero means the default.
type Limits struct {
	Bytes  int // of the whole text; 1 MiB
	Depth  int // objects and arrays within each other; 64
	Keys   int // in all objects together; 10,000
	Values int // all together, those in arrays included; 100,000
}

// maxKeyBytes bounds one key as it is written, so that no pointer grows beyond
// reason.
const maxKeyBytes = 1024

func (l Limits) withDefaults() Limits {
	return Limits{Bytes: orDefault(l.Bytes, 1<<20), Depth: orDefault(l.Depth, 64),
		Keys: orDefault(l.Keys, 10_000), Values: orDefault(l.Values, 100_000)}
}

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// Flaw is something wrong with the text itself. Whatever the document is to be
// decoded into, it is a fault. The detail quotes nothing of the text.
type Flaw struct {
	Node         int
	Code, Detail string
}

// The codes of flaws.
const (
	CodeMalformed     = "malformed_json"  // not JSON
	CodeTooLarge      = "too_large"       // more bytes than allowed
	CodeTooDeep       = "too_deep"        // nested deeper than allowed
	CodeTooManyKeys   = "too_many_keys"   // more keys than allowed
	CodeTooManyValues = "too_many_values" // more values than allowed
	CodeTooLong       = "too_long"        // a key with more bytes than allowed
	CodeInvalidText   = "invalid_text"    // not UTF-8, half a surrogate pair, or U+0000
	CodeOutOfRange    = "out_of_range"    // a number beyond float64
)

// parser makes nodes of text, in one pass. What can be passed over becomes a
// flaw; what cannot ends the reading.
type parser struct {
	Document
	limits Limits
	pos    int
	keys   int
	flaws  []Flaw
	fatal  *Flaw
}

// maxFlaws bounds how many flaws are worth remembering.
const maxFlaws = 1000

// Parse reads a whole document. The flaws can be passed over: their nodes are
// refused. A fatal flaw means that the text was not read to its end; the nodes
// up to there are in the document. The document shares memory with the text.
func Parse(text []byte, limits Limits) (doc *Document, flaws []Flaw, fatal *Flaw) {
	limits = limits.withDefaults()
	p := &parser{Document: Document{text: text}, limits: limits}
	if len(text) > limits.Bytes {
		return &p.Document, nil, &Flaw{Code: CodeTooLarge, Detail: fmt.Sprintf("the document has %d bytes; the most is %d", len(text), limits.Bytes)}
	}
	p.nodes = make([]node, 0, 16+len(text)/12)
	if p.space(); p.pos == len(text) {
		return &p.Document, nil, &Flaw{Code: CodeMalformed, Detail: "the document is empty"}
	}
	if p.value(1) {
		if p.space(); p.pos < len(text) {
			p.syntax("there is text after the end of the document; remove it")
		}
	}
	if p.fatal != nil {
		p.abandon()
	}
	return &p.Document, p.flaws, p.fatal
}

// abandon ends the values that are open where the reading ended.
func (p *parser) abandon() {
	for n := range p.nodes {
		if each := &p.nodes[n]; each.next == 0 {
			each.end, each.next, each.refused = len(p.text), len(p.nodes), each.typ == String
		}
	}
}

// value reads one value and the space before the next token.
func (p *parser) value(depth int) bool {
	if p.pos >= len(p.text) {
		return p.syntax("the document ends where a value should stand")
	}
	n := len(p.nodes)
	if n >= p.limits.Values+p.keys {
		return p.limit(0, CodeTooManyValues, "more than %d values in one document", p.limits.Values)
	}
	p.nodes = append(p.nodes, node{start: p.pos})
	ok := false
	switch c := p.text[p.pos]; {
	case c == '{':
		ok = p.object(n, depth)
	case c == '[':
		ok = p.array(n, depth)
	case c == '"':
		ok = p.string(n)
	case c == '-' || c >= '0' && c <= '9':
		ok = p.number(n)
	case c == 't':
		ok = p.word(n, "true", True)
	case c == 'f':
		ok = p.word(n, "false", False)
	case c == 'n':
		ok = p.word(n, "null", Null)
	default:
		p.syntax("a value should stand here" + hint(p.text[p.pos:]))
	}
	if ok {
		p.nodes[n].end, p.nodes[n].next = p.pos, len(p.nodes)
	}
	return ok
}

func (p *parser) object(n, depth int) bool {
	p.nodes[n].typ = Object
	if depth > p.limits.Depth {
		return p.limit(n, CodeTooDeep, "nested deeper than %d levels", p.limits.Depth)
	}
	p.pos++
	if p.space(); p.take('}') {
		return true
	}
	for {
		before := len(p.nodes)
		if !p.key(n) || !p.value(depth+1) {
			if len(p.nodes) == before+1 { // a key without a value is not a member
				p.nodes = p.nodes[:before]
			}
			return false
		}
		if p.space(); p.take('}') {
			return true
		}
		if !p.take(',') {
			return p.syntax("a comma or } should stand here" + comment(p.text[p.pos:]))
		}
		p.space()
	}
}

// key reads a key and the colon behind it.
func (p *parser) key(object int) bool {
	if p.pos >= len(p.text) || p.text[p.pos] != '"' {
		return p.syntax("a key in double quotes should stand here" + hint(p.text[p.pos:]))
	}
	if p.keys++; p.keys > p.limits.Keys {
		return p.limit(object, CodeTooManyKeys, "more than %d keys in one document", p.limits.Keys)
	}
	n := len(p.nodes)
	p.nodes = append(p.nodes, node{start: p.pos})
	if !p.string(n) {
		return false
	}
	p.nodes[n].end, p.nodes[n].next = p.pos, n+1
	if p.pos-p.nodes[n].start > maxKeyBytes && !p.nodes[n].refused {
		p.refuse(n, CodeTooLong, fmt.Sprintf("a key here is longer than %d bytes", maxKeyBytes))
	}
	if p.space(); !p.take(':') {
		return p.syntax("a colon should stand here")
	}
	p.space()
	return true
}

func (p *parser) array(n, depth int) bool {
	p.nodes[n].typ = Array
	if depth > p.limits.Depth {
		return p.limit(n, CodeTooDeep, "nested deeper than %d levels", p.limits.Depth)
	}
	p.pos++
	if p.space(); p.take(']') {
		return true
	}
	for {
		if !p.value(depth + 1) {
			return false
		}
		if p.space(); p.take(']') {
			return true
		}
		if !p.take(',') {
			return p.syntax("a comma or ] should stand here" + comment(p.text[p.pos:]))
		}
		p.space()
	}
}

// string reads a string and finds out whether it is text: Unicode without
// U+0000, which databases refuse.
func (p *parser) string(n int) bool {
	p.nodes[n].typ = String
	ascii, wrong := true, ""
	for p.pos++; p.pos < len(p.text); p.pos++ {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			if inner := p.text[p.nodes[n].start+1 : p.pos-1]; !ascii && !utf8.Valid(inner) {
				wrong = "bytes that are not UTF-8; save the document as UTF-8"
			}
			if wrong != "" {
				p.refuse(n, CodeInvalidText, "the text has "+wrong)
			}
			return true
		case c == '\\':
			p.nodes[n].escaped = true
			why, ok := p.escape()
			if !ok {
				return false
			}
			if why != "" {
				wrong = why
			}
		case c < ' ':
			return p.syntax("a control character stands in a string; write it as an escape, a line break as \\n")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return p.syntax("the document ends within a string")
}

// escape checks the escape at pos and leaves pos at its last byte.
func (p *parser) escape() (wrong string, ok bool) {
	p.pos++
	if p.pos < len(p.text) && bytes.IndexByte([]byte(`"\/bfnrt`), p.text[p.pos]) >= 0 {
		return "", true
	}
	if p.pos >= len(p.text) || p.text[p.pos] != 'u' {
		return "", p.syntax(`a backslash begins no escape here; write \\ for a backslash`)
	}
	r := hex4(p.text[p.pos+1:])
	if r < 0 {
		return "", p.syntax(`four hexadecimal digits should follow \u`)
	}
	p.pos += 4
	switch {
	case r == 0:
		return `the character U+0000, which cannot be stored; remove it`, true
	case r >= 0xDC00 && r < 0xE000:
		return fmt.Sprintf(`half a character (\u%04x without the half before it)`, r), true
	case r >= 0xD800 && r < 0xDC00:
		rest := p.text[p.pos+1:]
		if len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' || hex4(rest[2:]) < 0xDC00 || hex4(rest[2:]) >= 0xE000 {
			return fmt.Sprintf(`half a character (\u%04x without the half after it)`, r), true
		}
		p.pos += 6
	}
	return "", true
}

func (p *parser) number(n int) bool {
	p.nodes[n].typ = Number
	start, exponent := p.pos, false
	p.take('-')
	if !p.take('0') && !p.digits() {
		return p.syntax("digits should follow the minus sign" + hint(p.text[p.pos:]))
	}
	if p.take('.') && !p.digits() {
		return p.syntax("digits should follow the decimal point")
	}
	if p.take('e') || p.take('E') {
		exponent = true
		if !p.take('-') {
			p.take('+')
		}
		if !p.digits() {
			return p.syntax("digits should follow the exponent")
		}
	}
	if p.pos < len(p.text) && bytes.IndexByte([]byte("0123456789+._xX"), p.text[p.pos]) >= 0 {
		return p.syntax("this is not how JSON writes a number; numbers are decimal and have no leading zero")
	}
	if exponent || p.pos-start > 300 {
		if _, err := strconv.ParseFloat(string(p.text[start:p.pos]), 64); err != nil {
			p.refuse(n, CodeOutOfRange, "the number is too large; the largest is about 1.8e308")
		}
	}
	return true
}

func (p *parser) digits() bool {
	start := p.pos
	for p.pos < len(p.text) && p.text[p.pos] >= '0' && p.text[p.pos] <= '9' {
		p.pos++
	}
	return p.pos > start
}

func (p *parser) word(n int, word string, typ Type) bool {
	if !bytes.HasPrefix(p.text[p.pos:], []byte(word)) {
		return p.syntax("a value should stand here" + hint(p.text[p.pos:]))
	}
	p.nodes[n].typ = typ
	p.pos += len(word)
	return true
}

func (p *parser) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\r', '\n':
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) take(c byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// refuse marks a node that can be passed over.
func (p *parser) refuse(n int, code, detail string) {
	p.nodes[n].refused = true
	if len(p.flaws) < maxFlaws {
		p.flaws = append(p.flaws, Flaw{n, code, detail})
	}
}

// limit ends the reading at a node.
func (p *parser) limit(n int, code, format string, most int) bool {
	p.fatal = &Flaw{n, code, fmt.Sprintf(format, most)}
	return false
}

// syntax ends the reading of a text that is not JSON. It says where and quotes
// nothing: the place may be within a credential.
func (p *parser) syntax(problem string) bool {
	line, column := place(p.text, p.pos)
	p.fatal = &Flaw{0, CodeMalformed, fmt.Sprintf("not JSON at line %d, column %d: %s", line, column, problem)}
	return false
}

// hint says what people write who do not know JSON well.
func hint(rest []byte) string {
	switch {
	case len(rest) == 0:
		return ", but the document ends"
	case rest[0] == '\'':
		return "; JSON has double quotes only"
	case rest[0] == '}' || rest[0] == ']':
		return "; remove the comma before"
	case rest[0] == '+':
		return "; a number has no plus sign"
	case rest[0] == '.':
		return "; a number has a digit before the point"
	case bytes.HasPrefix(rest, []byte("NaN")) || bytes.HasPrefix(rest, []byte("Inf")):
		return "; JSON has neither NaN nor Infinity"
	case bytes.HasPrefix(rest, []byte("True")) || bytes.HasPrefix(rest, []byte("False")) || bytes.HasPrefix(rest, []byte("None")):
		return "; write true, false or null"
	case rest[0] == 0xEF && bytes.HasPrefix(rest, []byte("\uFEFF")):
		return ", not a byte order mark; save the document without it"
	}
	return comment(rest)
}

func comment(rest []byte) string {
	if len(rest) > 0 && (rest[0] == '/' || rest[0] == '#') {
		return "; JSON has no comments"
	}
	return ""
}
