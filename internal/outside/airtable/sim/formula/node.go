package formula

// Type is what a formula or a field is known to yield before it is evaluated.
type Type int

// The static types. Any is a blank or a mixture.
const (
	Any Type = iota
	NumberType
	TextType
	DateType
)

// Resolver finds a field by name or id and returns its id and its type.
type Resolver func(name string) (id string, static Type, found bool)

// Row is one record as a formula sees it.
type Row interface {
	// Field is the value of the field with this id.
	Field(id string) Value
	// RecordID is the record's id.
	RecordID() string
	// CreatedTime is when the record was created, in milliseconds since 1970.
	CreatedTime() int64
	// LastModifiedTime is when a cell that is not computed last changed, or one of those in the fields with these ids;
	// a blank when none of them ever had a value.
	LastModifiedTime(ids []string) Value
	// Now is the moment of the evaluation, in milliseconds since 1970.
	Now() int64
}

// node computes the value of a part of a formula.
type node func(Row) Value

// typed is a node and what is known of its result.
type typed struct {
	node
	static Type
}

// function is one function of the language: how many arguments it takes (a max of -1 means any number) and
// how a call of it is built.
type function struct {
	min, max int
	build    func(args []typed) typed
}

// strict is a function that looks at all its arguments and whose result is the first error among them.
func strict(low, high int, static Type, compute func(args []Value) Value) function {
	return timed(low, high, static, func(_ Row, args []Value) Value { return compute(args) })
}

// timed is strict for a function that also needs to know the moment.
func timed(low, high int, static Type, compute func(row Row, args []Value) Value) function {
	return function{low, high, func(args []typed) typed {
		return typed{func(row Row) Value {
			values := make([]Value, len(args))
			for i, arg := range args {
				if values[i] = arg.node(row); values[i].Type == Failure {
					return values[i]
				}
			}
			return compute(row, values)
		}, static}
	}}
}

// argument is an argument, or a blank when it was left out.
func argument(args []Value, at int) Value {
	if at >= len(args) {
		return Value{}
	}
	return args[at]
}

// constant is a node that always has the same value.
func constant(v Value) node { return func(Row) Value { return v } }
