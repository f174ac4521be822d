package formula

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenType tells the tokens of a formula apart.
type tokenType int

const (
	tokenEnd tokenType = iota
	tokenNumber
	tokenText
	tokenBraced // {Field}
	tokenWord   // a function's name or a simple field name
	tokenSign   // an operator, a parenthesis or a comma
)

// token is one piece of a formula; text is what it means, start and end are where it stands.
type token struct {
	typ        tokenType
	text       string
	number     float64
	start, end int
}

// lex cuts a formula into tokens. The last one is always tokenEnd.
func lex(source string) ([]token, error) {
	if !utf8.ValidString(source) {
		return nil, ErrInvalid
	}
	var tokens []token
	for at := 0; ; {
		at += len(source[at:]) - len(strings.TrimLeftFunc(source[at:], unicode.IsSpace))
		if at == len(source) {
			return append(tokens, token{typ: tokenEnd, start: at, end: at}), nil
		}
		next, err := lexOne(source, at)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, next)
		at = next.end
	}
}

// lexOne reads the token that starts at a position.
func lexOne(source string, at int) (token, error) {
	first, _ := utf8.DecodeRuneInString(source[at:])
	switch {
	case first == '"' || first == '\'':
		text, end, ok := quoted(source, at+1, byte(first))
		if !ok {
			return token{}, ErrInvalid
		}
		return token{typ: tokenText, text: text, start: at, end: end}, nil
	case first == '{':
		text, end, ok := quoted(source, at+1, '}')
		if !ok {
			return token{}, ErrInvalid
		}
		return token{typ: tokenBraced, text: text, start: at, end: end}, nil
	case first >= '0' && first <= '9' || first == '.':
		return lexNumber(source, at)
	case isWord(first):
		end := at + len(source[at:]) - len(strings.TrimLeftFunc(source[at:], isWord))
		return token{typ: tokenWord, text: source[at:end], start: at, end: end}, nil
	}
	return lexSign(source, at)
}

// lexNumber reads digits with at most one decimal point.
func lexNumber(source string, at int) (token, error) {
	isDigit := func(r rune) bool { return r >= '0' && r <= '9' || r == '.' }
	end := at + len(source[at:]) - len(strings.TrimLeftFunc(source[at:], isDigit))
	number, err := strconv.ParseFloat(source[at:end], 64)
	if err != nil {
		return token{}, ErrInvalid
	}
	return token{typ: tokenNumber, number: number, start: at, end: end}, nil
}

// lexSign reads a sign, the longest one that fits.
func lexSign(source string, at int) (token, error) {
	for _, sign := range []string{"!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "&", "(", ")", ","} {
		if strings.HasPrefix(source[at:], sign) {
			return token{typ: tokenSign, text: sign, start: at, end: at + len(sign)}, nil
		}
	}
	return token{}, ErrInvalid
}

// quoted reads up to an unescaped closing character. It returns the text without its escapes, and the position
// after the closing character.
func quoted(source string, at int, closing byte) (string, int, bool) {
	var text strings.Builder
	for ; at < len(source); at++ {
		switch char := source[at]; {
		case char == closing:
			return text.String(), at + 1, true
		case char == '\\' && at+1 < len(source):
			at++
			text.WriteByte(unescaped(source[at]))
		default:
			text.WriteByte(char)
		}
	}
	return "", at, false
}

// unescaped is what a backslash followed by a character stands for.
func unescaped(char byte) byte {
	switch char {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	}
	return char
}

// isWord reports whether a rune may stand in a name without braces.
func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
