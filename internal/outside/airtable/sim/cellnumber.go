package sim

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// number reads a JSON number; with typecast also a text such as "1,200.50", "$5" or "12%".
func (c cellReader) number(f *field, raw json.RawMessage) (any, *apiError) {
	var n float64
	if json.Unmarshal(raw, &n) == nil {
		return n, nil
	}
	text, isText := asString(raw)
	if !isText || !c.typecast {
		return nil, errCell(f)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	n, ok := looseNumber(text)
	if !ok {
		return nil, errUnparsable(f, text)
	}
	return n, nil
}

// looseNumber reads a number as people write it.
func looseNumber(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	digits, percent := strings.CutSuffix(text, "%")
	digits = strings.ReplaceAll(strings.TrimSpace(digits), ",", "")
	negative := strings.HasPrefix(digits, "-")
	digits = strings.TrimLeft(digits, "-$€£¥ ")
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false
	}
	if percent {
		n /= 100
	}
	if negative {
		n = -n
	}
	return n, true
}

// rating reads a whole number from 1 to the field's maximum.
func (c cellReader) rating(f *field, raw json.RawMessage) (any, *apiError) {
	value, err := c.number(f, raw)
	if err != nil || value == nil {
		return nil, err
	}
	var top float64
	_ = json.Unmarshal(f.options["max"], &top) // checked when the field was made
	n := value.(float64)
	if n != math.Trunc(n) || n < 1 || n > top {
		return nil, errCell(f)
	}
	return n, nil
}

// date stores a day as 2006-01-02 and a time in UTC with milliseconds. A time is also taken as a number of
// milliseconds since 1970, and a text without a zone is read in the field's zone.
func (c cellReader) date(f *field, raw json.RawMessage) (any, *apiError) {
	text, isText := asString(raw)
	if isText && text == "" {
		return nil, nil
	}
	var millis float64
	if !isText {
		if f.kind.shape() != shapeDateTime || json.Unmarshal(raw, &millis) != nil || math.Abs(millis) > 8.64e15 {
			return nil, errCell(f)
		}
		return formula.FormatInstant(int64(millis)), nil
	}
	at, err := formula.ParseISO(text, f.location())
	if err != nil || at.Year() < 0 || at.Year() > 9999 {
		return nil, errUnparsable(f, text)
	}
	if f.kind.shape() == shapeDate {
		return at.Format(time.DateOnly), nil
	}
	return formula.FormatInstant(at.UnixMilli()), nil
}
