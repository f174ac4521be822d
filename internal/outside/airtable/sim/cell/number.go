package cell

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// number reads a JSON number; with typecast also a text such as "1,200.50", "$5" or "12%".
func (r Reader) number(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	var n float64
	if json.Unmarshal(raw, &n) == nil {
		return r.rounded(f, n), nil
	}
	text, isText := wire.String(raw)
	if !isText || !r.Typecast {
		return nil, errCell(f)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	n, ok := looseNumber(text)
	if !ok {
		return nil, errUnparsable(f, text)
	}
	return r.rounded(f, n), nil
}

// rounded is a number as it is stored: as it came, unless numbers are to be rounded to the precision of their field.
func (r Reader) rounded(f *schema.Field, n float64) float64 {
	places, limited := f.Precision()
	if !r.Quirks.RoundNumbers || !limited {
		return n
	}
	text := strconv.FormatFloat(n, 'f', places, 64)
	n, _ = strconv.ParseFloat(text, 64)
	return n + 0 // no negative zero
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
func (r Reader) rating(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	value, err := r.number(f, raw)
	if err != nil || value == nil {
		return nil, err
	}
	n := value.(float64)
	if n != math.Trunc(n) || n < 1 || n > f.Max() {
		return nil, errCell(f)
	}
	return n, nil
}

// maxMillis is the largest time of JavaScript, in milliseconds from 1970 in either direction.
const maxMillis = 8.64e15

// date stores a day as 2006-01-02 and a time in UTC with milliseconds. A time can also be a number of milliseconds
// since 1970. A text without a zone is read in the field's zone.
func (r Reader) date(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	text, isText := wire.String(raw)
	if !isText {
		var millis float64
		if f.Shape() != schema.DateTime || json.Unmarshal(raw, &millis) != nil || math.Abs(millis) > maxMillis {
			return nil, errCell(f)
		}
		return formula.FormatInstant(int64(millis)), nil
	}
	if text == "" {
		return nil, nil
	}
	at, err := formula.ParseISO(text, f.Location())
	if err != nil || at.Year() < 0 || at.Year() > 9999 {
		return nil, errUnparsable(f, text)
	}
	if f.Shape() == schema.Date {
		return at.Format(time.DateOnly), nil
	}
	return formula.FormatInstant(at.UnixMilli()), nil
}
