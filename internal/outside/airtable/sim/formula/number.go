package formula

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// numberFunctions compute with single numbers.
var numberFunctions = map[string]function{
	"ABS":       numeric1(math.Abs),
	"EXP":       numeric1(math.Exp),
	"INT":       numeric1(math.Floor),
	"SQRT":      numeric1(math.Sqrt),
	"EVEN":      numeric1(func(n float64) float64 { return math.Copysign(2*math.Ceil(math.Abs(n)/2), n) }),
	"ODD":       numeric1(func(n float64) float64 { return math.Copysign(2*math.Ceil((max(math.Abs(n), 1)-1)/2)+1, n) }),
	"MOD":       numeric2(2, 0, func(n, by float64) float64 { return n - by*math.Floor(n/by) }),
	"POWER":     numeric2(2, 0, math.Pow),
	"LOG":       numeric2(1, 10, func(n, base float64) float64 { return math.Log(n) / math.Log(base) }),
	"CEILING":   numeric2(1, 1, func(n, step float64) float64 { return tidy(math.Ceil(tidy(n/step)) * step) }),
	"FLOOR":     numeric2(1, 1, func(n, step float64) float64 { return tidy(math.Floor(tidy(n/step)) * step) }),
	"ROUND":     numeric2(1, 0, toPlaces(math.Round)),
	"ROUNDDOWN": numeric2(1, 0, toPlaces(math.Trunc)),
	"ROUNDUP":   numeric2(1, 0, toPlaces(func(n float64) float64 { return math.Copysign(math.Ceil(math.Abs(n)), n) })),
	"VALUE":     strict(1, 1, NumberType, func(args []Value) Value { return textNumber(args[0]) }),
}

// numeric1 is a function of one number.
func numeric1(compute func(float64) float64) function {
	return strict(1, 1, NumberType, func(args []Value) Value {
		n, ok := args[0].numeric()
		if !ok {
			return Failed()
		}
		return Num(compute(n))
	})
}

// numeric2 is a function of two numbers; the second is usual when it may be left out and is.
func numeric2(low int, usual float64, compute func(a, b float64) float64) function {
	return strict(low, 2, NumberType, func(args []Value) Value {
		a, aOK := args[0].numeric()
		b, bOK := argument(args, 1).numeric()
		if !aOK || !bOK {
			return Failed()
		}
		if len(args) == 1 {
			b = usual
		}
		return Num(compute(a, b))
	})
}

// toPlaces applies a way of rounding to a number of decimal places, which may be negative.
func toPlaces(round func(float64) float64) func(n, places float64) float64 {
	return func(n, places float64) float64 {
		scale := math.Pow(10, math.Trunc(places))
		return round(tidy(n*scale)) / scale
	}
}

// tidy takes back what binary fractions add to a decimal number: 1.005*100 is 100.49999999999999.
func tidy(n float64) float64 {
	near, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64)
	if err != nil {
		return n
	}
	return near
}

var numberInText = regexp.MustCompile(`-?\d[\d,]*(\.\d+)?|-?\.\d+`)

// textNumber is VALUE: the first number in a text, whatever stands around it.
func textNumber(v Value) Value {
	if n, isNumber := v.numeric(); isNumber {
		return Num(n)
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(numberInText.FindString(v.String()), ",", ""), 64)
	if err != nil {
		return Failed()
	}
	return Num(n)
}
