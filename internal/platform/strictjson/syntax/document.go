// Package syntax reads the text of a JSON document into nodes, of which each
// knows where it stands. It judges the text itself (whether it is JSON, whether
// its strings are text, how large it is) and knows nothing of what a document
// is to mean.
package syntax

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Type is the type of one JSON value.
type Type uint8

// The types.
const (
	Object Type = iota
	Array
	String
	Number
	True
	False
	Null
)

// node is one value of a document, or the key of a member.
type node struct {
	typ     Type
	escaped bool // a string with a backslash
	refused bool // a string or number that no Go value may hold; a flaw names it
	start   int  // offset of the first byte
	end     int  // offset after the last byte
	next    int  // index of the node after this value; zero while it is read
}

// Document is JSON text and its nodes. A node is named by its index: the nodes
// stand in the order of the text, the whole document first, each container
// before what it holds, each key before its value.
type Document struct {
	text  []byte
	nodes []node
}

// Len returns the number of nodes. It is zero for a text without any value.
func (d *Document) Len() int { return len(d.nodes) }

// Type returns the type of a node; a key is a string.
func (d *Document) Type(n int) Type { return d.nodes[n].typ }

// Refused reports whether a flaw names the string or number, so that its value
// is not to be used.
func (d *Document) Refused(n int) bool { return d.nodes[n].refused }

// Span returns the offsets of the first byte of a node and after the last one.
func (d *Document) Span(n int) (start, end int) { return d.nodes[n].start, d.nodes[n].end }

// Raw returns the text of a node as it is written. It shares memory with the
// document.
func (d *Document) Raw(n int) []byte { return d.text[d.nodes[n].start:d.nodes[n].end] }

// Bytes returns the value of a string. It shares memory with the document where
// the string has no escapes.
func (d *Document) Bytes(n int) []byte {
	inner := d.text[d.nodes[n].start+1 : d.nodes[n].end-1]
	if !d.nodes[n].escaped {
		return inner
	}
	return unescape(inner)
}

// Text returns a copy of the value of a string.
func (d *Document) Text(n int) string { return string(d.Bytes(n)) }

// Members yields the key and value nodes of an object in their order.
func (d *Document) Members(object int) func(yield func(key, value int) bool) {
	return func(yield func(key, value int) bool) {
		end := d.After(object)
		for key := object + 1; key < end; {
			if !yield(key, key+1) {
				return
			}
			key = d.After(key + 1)
		}
	}
}

// Items yields the nodes of an array in their order.
func (d *Document) Items(array int) func(yield func(i, item int) bool) {
	return func(yield func(i, item int) bool) {
		end := d.After(array)
		for i, item := 0, array+1; item < end; i, item = i+1, d.After(item) {
			if !yield(i, item) {
				return
			}
		}
	}
}

// After returns the index of the node behind a value and all that it holds.
func (d *Document) After(n int) int { return d.nodes[n].next }

// Pointer returns the JSON pointer of a node. A key has the pointer of its
// member; the pointer of a key that is not text is that of its object.
func (d *Document) Pointer(target int) string {
	var b strings.Builder
	for at := 0; at < target; {
		if d.nodes[at].typ == Array {
			i, item := d.itemWith(at, target)
			writeIndex(&b, i)
			at = item
			continue
		}
		key, value := d.memberWith(at, target)
		if d.nodes[key].refused {
			break
		}
		writeToken(&b, d.Text(key))
		at = value // behind the target, if that is the key
	}
	return b.String()
}

// itemWith returns the item of an array that holds the node target.
func (d *Document) itemWith(array, target int) (i, item int) {
	for i, item = range d.Items(array) {
		if target < d.After(item) {
			break
		}
	}
	return i, item
}

// memberWith returns the member of an object that holds the node target, or
// whose key it is.
func (d *Document) memberWith(object, target int) (key, value int) {
	for key, value = range d.Members(object) {
		if target < d.After(value) {
			break
		}
	}
	return key, value
}

// Find returns the node at a pointer, or the nearest one above that is there.
func (d *Document) Find(pointer string) int {
	at := 0
	for token := range Tokens(pointer) {
		child := d.Child(at, token)
		if child < 0 {
			break
		}
		at = child
	}
	return at
}

// Child returns the member of an object with a key, or the item of an array with
// an index; -1 if there is none.
func (d *Document) Child(at int, token string) int {
	switch d.nodes[at].typ {
	case Object:
		for key, value := range d.Members(at) {
			if !d.nodes[key].refused && string(d.Bytes(key)) == token {
				return value
			}
		}
	case Array:
		index, ok := Index(token)
		for i, item := range d.Items(at) {
			if ok && i == index {
				return item
			}
		}
	}
	return -1
}

// place returns line and column of an offset, counted in characters from one.
func place(text []byte, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	line = 1 + bytes.Count(before, []byte("\n"))
	return line, 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

// unescape resolves the escapes of a string that the reader has checked.
func unescape(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		if s[i] != 'u' {
			out = append(out, unescaped(s[i]))
			continue
		}
		r := hex4(s[i+1:])
		i += 4
		if utf16.IsSurrogate(r) && i+6 < len(s) {
			r = utf16.DecodeRune(r, hex4(s[i+3:]))
			i += 6
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quote, a backslash or a slash
}

// hex4 reads four hexadecimal digits; -1 where there are none.
func hex4(s []byte) rune {
	if len(s) < 4 {
		return -1
	}
	var r rune
	for _, c := range s[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
