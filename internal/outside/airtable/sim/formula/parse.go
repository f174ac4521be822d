package formula

import (
	"slices"
	"strings"
)

// maxDepth bounds the nesting of a formula, so that no text can exhaust the stack.
const maxDepth = 120

// parser turns tokens into nodes by recursive descent: one method for each level of precedence.
type parser struct {
	source  string
	tokens  []token
	at      int
	depth   int
	resolve Resolver
	refs    []string
	unknown []string
	swaps   []swap
}

// swap is a field's name in the source, to be written as an id in the canonical form.
type swap struct {
	start, end int
	id         string
}

// whole reads a formula to its end.
func (p *parser) whole() (typed, error) {
	root, err := p.comparison()
	if err == nil && p.peek().typ != tokenEnd {
		err = ErrInvalid
	}
	return root, err
}

func (p *parser) peek() token { return p.tokens[p.at] }

// accept takes the next token if it is one of the signs.
func (p *parser) accept(signs ...string) (string, bool) {
	if next := p.peek(); next.typ == tokenSign && slices.Contains(signs, next.text) {
		p.at++
		return next.text, true
	}
	return "", false
}

// chain reads operands of the next level, joined from the left by any of the signs.
func (p *parser) chain(level func() (typed, error), static Type, signs ...string) (typed, error) {
	left, err := level()
	for err == nil {
		sign, more := p.accept(signs...)
		if !more {
			break
		}
		var right typed
		if right, err = level(); err == nil {
			left = typed{operator(sign, left.node, right.node), static}
		}
	}
	return left, err
}

func (p *parser) comparison() (typed, error) {
	if p.depth++; p.depth > maxDepth {
		return typed{}, ErrInvalid
	}
	defer func() { p.depth-- }()
	return p.chain(p.concatenation, NumberType, "=", "!=", "<=", ">=", "<", ">")
}

func (p *parser) concatenation() (typed, error) { return p.chain(p.sum, TextType, "&") }
func (p *parser) sum() (typed, error)           { return p.chain(p.product, NumberType, "+", "-") }
func (p *parser) product() (typed, error)       { return p.chain(p.signed, NumberType, "*", "/") }

// signed reads an operand with any number of signs before it.
func (p *parser) signed() (typed, error) {
	sign, found := p.accept("-", "+")
	if !found {
		return p.operand()
	}
	if p.depth++; p.depth > maxDepth {
		return typed{}, ErrInvalid
	}
	defer func() { p.depth-- }()
	inner, err := p.signed()
	if err != nil || sign == "+" {
		return inner, err
	}
	return typed{operator("-", constant(Num(0)), inner.node), NumberType}, nil
}

// operand reads a literal, a field, a call or a parenthesis.
func (p *parser) operand() (typed, error) {
	next := p.peek()
	p.at++
	switch next.typ {
	case tokenNumber:
		return typed{constant(Num(next.number)), NumberType}, nil
	case tokenText:
		return typed{constant(Text(next.text)), TextType}, nil
	case tokenBraced:
		return p.field(next), nil
	case tokenWord:
		if _, call := p.accept("("); call {
			return p.call(strings.ToUpper(next.text))
		}
		return p.field(next), nil
	case tokenSign:
		if next.text == "(" {
			inner, err := p.comparison()
			if _, closed := p.accept(")"); err == nil && !closed {
				err = ErrInvalid
			}
			return inner, err
		}
	}
	p.at-- // the end stays the last token
	return typed{}, ErrInvalid
}

// field reads a reference; an unknown one is remembered, so that all of them can be reported at once.
func (p *parser) field(t token) typed {
	id, static, found := p.resolve(t.text)
	if !found {
		if !slices.Contains(p.unknown, t.text) {
			p.unknown = append(p.unknown, t.text)
		}
		return typed{constant(Value{}), Any}
	}
	if !slices.Contains(p.refs, id) {
		p.refs = append(p.refs, id)
	}
	p.swaps = append(p.swaps, swap{t.start, t.end, id})
	return typed{func(row Row) Value { return row.Field(id) }, static}
}

// call reads the arguments of a function whose opening parenthesis has been taken.
func (p *parser) call(name string) (typed, error) {
	known, found := functions[name]
	if !found {
		return typed{}, ErrInvalid
	}
	var args []typed
	if _, none := p.accept(")"); !none {
		for {
			arg, err := p.comparison()
			if err != nil {
				return typed{}, err
			}
			args = append(args, arg)
			if sign, found := p.accept(",", ")"); !found {
				return typed{}, ErrInvalid
			} else if sign == ")" {
				break
			}
		}
	}
	if len(args) < known.min || known.max >= 0 && len(args) > known.max {
		return typed{}, ErrInvalid
	}
	return known.build(args), nil
}

// canonical writes the source with ids in the place of names.
func (p *parser) canonical() string {
	var out strings.Builder
	at := 0
	for _, s := range p.swaps {
		out.WriteString(p.source[at:s.start])
		out.WriteString("{" + s.id + "}")
		at = s.end
	}
	out.WriteString(p.source[at:])
	return out.String()
}
