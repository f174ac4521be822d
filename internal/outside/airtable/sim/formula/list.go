package formula

import (
	"math"
	"slices"
)

// listFunctions look at any number of values, and into lists.
var listFunctions = map[string]function{
	"SUM":          strict(1, -1, NumberType, overNumbers(sum)),
	"AVERAGE":      strict(1, -1, NumberType, overNumbers(func(n []float64) float64 { return sum(n) / float64(len(n)) })),
	"MAX":          extreme(func(a, b float64) float64 { return max(a, b) }),
	"MIN":          extreme(func(a, b float64) float64 { return min(a, b) }),
	"COUNT":        strict(1, -1, NumberType, counting(func(v Value) bool { return v.Type == Number })),
	"COUNTA":       strict(1, -1, NumberType, counting(func(v Value) bool { return v.Type != Blank })),
	"COUNTALL":     strict(1, -1, NumberType, counting(func(Value) bool { return true })),
	"ARRAYJOIN":    strict(1, 2, TextType, arrayJoin),
	"ARRAYUNIQUE":  strict(1, -1, Any, func(args []Value) Value { return List(unique(flat(args))) }),
	"ARRAYCOMPACT": strict(1, -1, Any, func(args []Value) Value { return List(slices.DeleteFunc(flat(args), isBlank)) }),
	"ARRAYFLATTEN": strict(1, -1, Any, func(args []Value) Value { return List(flat(args)) }),
	"ARRAYSLICE":   strict(2, 3, Any, arraySlice),
}

// flat is a new list of the values themselves, with the values of lists in their place.
func flat(values []Value) []Value {
	all := make([]Value, 0, len(values))
	for _, v := range values {
		if v.Type == Array {
			all = append(all, flat(v.List)...)
			continue
		}
		all = append(all, v)
	}
	return all
}

func isBlank(v Value) bool { return v.Type == Blank }

// counting counts the values, those in lists included, of which something is true.
func counting(counts func(Value) bool) func(args []Value) Value {
	return func(args []Value) Value {
		n := 0
		for _, v := range flat(args) {
			if counts(v) {
				n++
			}
		}
		return Num(float64(n))
	}
}

// overNumbers computes with all numbers. Blanks and texts are left out, an error in a list is the result.
func overNumbers(compute func([]float64) float64) func(args []Value) Value {
	return func(args []Value) Value {
		var numbers []float64
		for _, v := range flat(args) {
			switch v.Type {
			case Failure:
				return v
			case Number:
				numbers = append(numbers, v.Num)
			}
		}
		return Num(compute(numbers))
	}
}

func sum(numbers []float64) float64 {
	total := 0.0
	for _, n := range numbers {
		total += n
	}
	return total
}

// extreme is MAX or MIN, of numbers or of dates. Of nothing it is 0.
func extreme(better func(a, b float64) float64) function {
	return function{1, -1, func(args []typed) typed {
		static := NumberType
		if !slices.ContainsFunc(args, func(a typed) bool { return a.static != DateType }) {
			static = DateType
		}
		built := strict(1, -1, static, func(values []Value) Value { return best(flat(values), better) }).build(args)
		return built
	}}
}

func best(values []Value, better func(a, b float64) float64) Value {
	found := Value{Type: Number, Num: math.NaN()}
	for _, v := range values {
		switch {
		case v.Type == Failure:
			return v
		case v.Type != Number && v.Type != Date:
		case math.IsNaN(found.Num):
			found = v
		default:
			found.Num = better(found.Num, v.Num)
		}
	}
	if math.IsNaN(found.Num) {
		return Num(0)
	}
	return found
}

// arrayJoin is the texts of a list with a separator between them, a comma when none is given.
func arrayJoin(args []Value) Value {
	separator := ", "
	if len(args) == 2 {
		separator = args[1].String()
	}
	return Text(joined(flat(args[:1]), separator))
}

// unique keeps the first of equal values and no blanks.
func unique(values []Value) []Value {
	kept := make([]Value, 0, len(values))
	seen := map[string]bool{}
	for _, v := range values {
		key := string(rune('0'+v.Type)) + v.String()
		if v.Type == Blank || seen[key] {
			continue
		}
		seen[key] = true
		kept = append(kept, v)
	}
	return kept
}

// arraySlice is the values from a place, counted from 1, to another. Negative places count from the end.
func arraySlice(args []Value) Value {
	values := flat(args[:1])
	from, fromOK := args[1].numeric()
	to, toOK := argument(args, 2).numeric()
	if !fromOK || !toOK {
		return Failed()
	}
	place := func(n float64) int {
		if n < 0 {
			n += float64(len(values)) + 1
		}
		return int(min(max(n, 0), float64(len(values))))
	}
	end := len(values)
	if len(args) == 3 {
		end = place(to)
	}
	start := max(place(from)-1, 0)
	if from > float64(len(values)) || start >= end {
		return List(nil)
	}
	return List(values[start:end])
}
