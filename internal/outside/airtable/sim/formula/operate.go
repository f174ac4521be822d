package formula

import "strings"

// operator builds the node of a binary operator. An error on either side is the result.
func operator(sign string, left, right node) node {
	apply := operators[sign]
	return func(row Row) Value {
		a, b := left(row), right(row)
		switch {
		case a.Type == Failure:
			return a
		case b.Type == Failure:
			return b
		}
		return apply(a, b)
	}
}

// operators has what each sign does with two values, neither of which is an error.
var operators = map[string]func(a, b Value) Value{
	"+":  arithmetic(func(a, b float64) float64 { return a + b }),
	"-":  arithmetic(func(a, b float64) float64 { return a - b }),
	"*":  arithmetic(func(a, b float64) float64 { return a * b }),
	"/":  arithmetic(func(a, b float64) float64 { return a / b }),
	"&":  concatenate,
	"=":  func(a, b Value) Value { return Bool(equal(a, b)) },
	"!=": func(a, b Value) Value { return Bool(!equal(a, b)) },
	"<":  ordering(func(order int) bool { return order < 0 }),
	"<=": ordering(func(order int) bool { return order <= 0 }),
	">":  ordering(func(order int) bool { return order > 0 }),
	">=": ordering(func(order int) bool { return order >= 0 }),
}

// maxText bounds a computed text, in bytes: formulas that double one another would fill up the memory.
const maxText = 1 << 20

// concatenate joins two values as texts.
func concatenate(a, b Value) Value {
	left, right := a.String(), b.String()
	if len(left)+len(right) > maxText {
		return Failed()
	}
	return Text(left + right)
}

// arithmetic computes with numbers; a text or a date on either side is an error.
func arithmetic(compute func(a, b float64) float64) func(a, b Value) Value {
	return func(a, b Value) Value {
		left, leftOK := a.numeric()
		right, rightOK := b.numeric()
		if !leftOK || !rightOK {
			return Failed()
		}
		return Num(compute(left, right))
	}
}

// equal compares as = does: texts exactly; a blank equals "", 0 and a blank; a text that is a date equals that
// date; a text never equals a number.
func equal(a, b Value) bool {
	a, b = a.single(), b.single()
	if a.Type == Array || b.Type == Array {
		return a.String() == b.String()
	}
	if a.Type == Date || b.Type == Date {
		left, leftOK := a.instant()
		right, rightOK := b.instant()
		return leftOK && rightOK && left == right
	}
	if a.Type == b.Type {
		return a.Num == b.Num && a.Text == b.Text
	}
	return (a.Type == Blank || b.Type == Blank) && a.Num == 0 && b.Num == 0 && a.Text == "" && b.Text == ""
}

// ordering compares numbers, texts or dates; values of different types have no order.
func ordering(holds func(order int) bool) func(a, b Value) Value {
	return func(a, b Value) Value {
		left, leftOK := a.numeric()
		right, rightOK := b.numeric()
		if leftOK && rightOK {
			return Bool(left == left && right == right && holds(compare(left, right))) // NaN is in no order
		}
		a, b = a.single(), b.single()
		leftAt, leftOK := a.instant()
		rightAt, rightOK := b.instant()
		if (a.Type == Date || b.Type == Date) && leftOK && rightOK {
			return Bool(holds(compare(leftAt, rightAt)))
		}
		if a.Type == Number || b.Type == Number || a.Type == Date || b.Type == Date {
			return Failed()
		}
		return Bool(holds(strings.Compare(a.String(), b.String())))
	}
}

func compare[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
