package strictjson

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// nodeKind is the kind of one JSON value.
type nodeKind uint8

const (
	objectNode nodeKind = iota
	arrayNode
	stringNode
	numberNode
	trueNode
	falseNode
	nullNode
)

// node is one value of a document, or the key of a member. Nodes stand in the
// order of the text, so that the first child of a node is the next one.
type node struct {
	kind    nodeKind
	escaped bool // a string with a backslash
	refused bool // a string or number that no Go value may hold; a fault names it
	start   int  // offset of the first byte
	end     int  // offset after the last byte
	next    int  // index of the node after this value; zero while it is open
}

// document is JSON text and its nodes. It says what stands where and judges
// nothing but the text itself.
type document struct {
	text  []byte
	nodes []node
}

// raw returns the text of a node.
func (d *document) raw(n int) []byte { return d.text[d.nodes[n].start:d.nodes[n].end] }

// bytesOf returns the value of a string node. It shares memory with the text
// where the string has no escapes.
func (d *document) bytesOf(n int) []byte {
	inner := d.text[d.nodes[n].start+1 : d.nodes[n].end-1]
	if !d.nodes[n].escaped {
		return inner
	}
	return unescape(inner)
}

// textOf returns a copy of the value of a string node.
func (d *document) textOf(n int) string { return string(d.bytesOf(n)) }

// members yields the key and value nodes of an object in their order.
func (d *document) members(object int) func(yield func(key, value int) bool) {
	return func(yield func(key, value int) bool) {
		end := d.after(object)
		for key := object + 1; key < end; {
			if key+1 >= len(d.nodes) { // a document that was given up behind a key
				return
			}
			if !yield(key, key+1) {
				return
			}
			key = d.after(key + 1)
		}
	}
}

// items yields the nodes of an array in their order.
func (d *document) items(array int) func(yield func(i, item int) bool) {
	return func(yield func(i, item int) bool) {
		end := d.after(array)
		for i, item := 0, array+1; item < end; i, item = i+1, d.after(item) {
			if !yield(i, item) {
				return
			}
		}
	}
}

// after returns the index of the node behind a value. A value that was still
// open when the reading ended reaches to the end.
func (d *document) after(n int) int {
	if next := d.nodes[n].next; next > 0 {
		return next
	}
	return len(d.nodes)
}

// pointerTo returns the JSON pointer of a node. A key has the pointer of its
// member; the pointer of a key that is not text is that of its object.
func (d *document) pointerTo(target int) string {
	var b strings.Builder
	for at := 0; at < target; {
		if d.nodes[at].kind == arrayNode {
			i, item := d.itemWith(at, target)
			writeIndex(&b, i)
			at = item
			continue
		}
		key, value := d.memberWith(at, target)
		if d.nodes[key].refused {
			break
		}
		writeToken(&b, d.textOf(key))
		at = value // behind the target, if that is the key
	}
	return b.String()
}

// itemWith returns the item of an array that holds the node target.
func (d *document) itemWith(array, target int) (i, item int) {
	for i, item = range d.items(array) {
		if target < d.after(item) {
			break
		}
	}
	return i, item
}

// memberWith returns the member of an object that holds the node target, or
// whose key it is.
func (d *document) memberWith(object, target int) (key, value int) {
	for key, value = range d.members(object) {
		if target < d.after(value) {
			break
		}
	}
	return key, value
}

// find returns the node at a pointer, or the nearest one above that is there.
func (d *document) find(pointer string) int {
	at := 0
	for token := range tokens(pointer) {
		child := d.child(at, token)
		if child < 0 {
			break
		}
		at = child
	}
	return at
}

func (d *document) child(at int, token string) int {
	switch d.nodes[at].kind {
	case objectNode:
		for key, value := range d.members(at) {
			if !d.nodes[key].refused && string(d.bytesOf(key)) == token {
				return value
			}
		}
	case arrayNode:
		index, ok := indexOf(token)
		for i, item := range d.items(at) {
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
