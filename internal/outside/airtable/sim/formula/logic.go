package formula

// logicFunctions decide and combine.
var logicFunctions = map[string]function{
	"AND":   {1, -1, func(args []typed) typed { return typed{and(args), NumberType} }},
	"OR":    {1, -1, func(args []typed) typed { return typed{or(args), NumberType} }},
	"NOT":   {1, 1, func(args []typed) typed { return typed{not(args[0]), NumberType} }},
	"IF":    {2, 3, conditional},
	"BLANK": {0, 0, func([]typed) typed { return typed{constant(Value{}), Any} }},
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

// conditional is IF. When one branch is a text and the other a number, the number becomes a text and 0 a blank.
func conditional(args []typed) typed {
	then, otherwise := args[1], typed{constant(Value{}), Any}
	if len(args) == 3 {
		otherwise = args[2]
	}
	static := then.static
	if static == Any {
		static = otherwise.static
	}
	if otherwise.static != Any && otherwise.static != static {
		static = TextType
		then.node, otherwise.node = asText(then.node), asText(otherwise.node)
	}
	condition := args[0].node
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
