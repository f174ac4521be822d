package formula

// logicFunctions decide and combine.
var logicFunctions = map[string]function{
	"AND":     {1, -1, func(args []typed) typed { return typed{and(args), NumberType} }},
	"OR":      {1, -1, func(args []typed) typed { return typed{or(args), NumberType} }},
	"NOT":     {1, 1, func(args []typed) typed { return typed{not(args[0]), NumberType} }},
	"XOR":     strict(1, -1, NumberType, xor),
	"IF":      {2, 3, conditional},
	"SWITCH":  {3, -1, choice},
	"BLANK":   {0, 0, func([]typed) typed { return typed{constant(Value{}), Any} }},
	"TRUE":    {0, 0, func([]typed) typed { return typed{constant(Bool(true)), NumberType} }},
	"FALSE":   {0, 0, func([]typed) typed { return typed{constant(Bool(false)), NumberType} }},
	"ERROR":   {0, 0, func([]typed) typed { return typed{constant(Failed()), Any} }},
	"ISERROR": {1, 1, func(args []typed) typed { return typed{isError(args[0]), NumberType} }},
}

// and stops at the first argument that is false or an error.
func and(args []typed) node {
	return func(row Row) Value {
		for _, arg := range args {
			if v := arg.node(row); v.Type == Failure {
				return v
			} else if !v.Truthy() {
				return Bool(false)
			}
		}
		return Bool(true)
	}
}

// or stops at the first argument that is true or an error.
func or(args []typed) node {
	return func(row Row) Value {
		for _, arg := range args {
			if v := arg.node(row); v.Type == Failure {
				return v
			} else if v.Truthy() {
				return Bool(true)
			}
		}
		return Bool(false)
	}
}

func not(arg typed) node {
	return func(row Row) Value {
		v := arg.node(row)
		if v.Type == Failure {
			return v
		}
		return Bool(!v.Truthy())
	}
}

// xor reports whether an odd number of its arguments are true.
func xor(args []Value) Value {
	odd := false
	for _, v := range args {
		odd = odd != v.Truthy()
	}
	return Bool(odd)
}

func isError(arg typed) node {
	return func(row Row) Value { return Bool(arg.node(row).Type == Failure) }
}

// united makes one type of the possible results of a decision. When they are texts and numbers, the numbers become
// texts and 0 a blank.
func united(results []typed) Type {
	static := Any
	mixed := false
	for _, one := range results {
		if static == Any {
			static = one.static
		}
		mixed = mixed || one.static != Any && one.static != static
	}
	if !mixed {
		return static
	}
	for i := range results {
		results[i].node = asText(results[i].node)
	}
	return TextType
}

// conditional is IF.
func conditional(args []typed) typed {
	results := []typed{args[1], {constant(Value{}), Any}}
	if len(args) == 3 {
		results[1] = args[2]
	}
	static := united(results)
	condition, then, otherwise := args[0].node, results[0], results[1]
	return typed{func(row Row) Value {
		v := condition(row)
		switch {
		case v.Type == Failure:
			return v
		case v.Truthy():
			return then.node(row)
		}
		return otherwise.node(row)
	}, static}
}

// choice is SWITCH: the value, then pairs of a pattern and its result, then perhaps a default.
func choice(args []typed) typed {
	value, rest := args[0].node, args[1:]
	results := make([]typed, 0, len(rest)/2+1)
	patterns := make([]node, 0, len(rest)/2)
	for ; len(rest) > 1; rest = rest[2:] {
		patterns = append(patterns, rest[0].node)
		results = append(results, rest[1])
	}
	if len(rest) == 0 {
		rest = []typed{{constant(Value{}), Any}}
	}
	results = append(results, rest[0])
	static := united(results)
	return typed{func(row Row) Value {
		given := value(row)
		if given.Type == Failure {
			return given
		}
		for i, pattern := range patterns {
			if p := pattern(row); p.Type == Failure {
				return p
			} else if equal(given, p) {
				return results[i].node(row)
			}
		}
		return results[len(patterns)].node(row)
	}, static}
}

// asText turns a value into a text and 0 into a blank, and leaves errors alone.
func asText(inner node) node {
	return func(row Row) Value {
		v := inner(row)
		switch {
		case v.Type == Failure:
			return v
		case v.Type == Number && v.Num == 0:
			return Value{}
		}
		return Text(v.String())
	}
}
