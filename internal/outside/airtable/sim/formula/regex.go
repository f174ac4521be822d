package formula

import (
	"regexp"
	"strings"
)

// regexFunctions match texts with RE2, which is also what Airtable uses.
var regexFunctions = map[string]function{
	"REGEX_MATCH":   strict(2, 2, NumberType, withPattern(func(args []Value, p *regexp.Regexp) Value { return Bool(p.MatchString(args[0].String())) })),
	"REGEX_EXTRACT": strict(2, 2, TextType, withPattern(extracted)),
	"REGEX_REPLACE": strict(3, 3, TextType, withPattern(regexReplaced)),
}

// maxPattern bounds a pattern, in bytes. Matching takes the time of the text times the pattern.
const maxPattern = 1000

// withPattern compiles the second argument, which must be a pattern.
func withPattern(compute func(args []Value, pattern *regexp.Regexp) Value) func(args []Value) Value {
	return func(args []Value) Value {
		source := args[1].String()
		if len(source) > maxPattern {
			return Failed()
		}
		pattern, err := regexp.Compile(source)
		if err != nil {
			return Failed()
		}
		return compute(args, pattern)
	}
}

// extracted is the first match; a text that does not match is an error.
func extracted(args []Value, pattern *regexp.Regexp) Value {
	found := pattern.FindStringIndex(args[0].String())
	if found == nil {
		return Failed()
	}
	return Text(args[0].String()[found[0]:found[1]])
}

// groupNumber finds $1 where Go needs ${1}, so that letters may follow.
var groupNumber = regexp.MustCompile(`\$(\d)`)

func regexReplaced(args []Value, pattern *regexp.Regexp) Value {
	text := args[0].String()
	fresh := groupNumber.ReplaceAllString(args[2].String(), "$${$1}")
	grows := len(fresh) + strings.Count(fresh, "$")*len(text)
	if (len(pattern.FindAllStringIndex(text, -1))+1)*grows+len(text) > maxText {
		return Failed()
	}
	return Text(pattern.ReplaceAllString(text, fresh))
}
