package formula

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// momentTokens cuts a format of moment.js into its words. Anything else, and what is in brackets, stands for itself.
var momentTokens = regexp.MustCompile(`\[[^\[]*\]|\\.|Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|w[ow]?|W[oW]?|Qo?|YYYYYY|YYYYY|YYYY|YY|Y|gggg|gg|GGGG|GG|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|(?s:.)`)

// longFormats are words that stand for whole formats.
var longFormats = map[string]string{
	"LTS": "h:mm:ss A", "LT": "h:mm A", "LLLL": "dddd, MMMM D, YYYY h:mm A", "LLL": "MMMM D, YYYY h:mm A", "LL": "MMMM D, YYYY", "L": "MM/DD/YYYY",
	"llll": "ddd, MMM D, YYYY h:mm A", "lll": "MMM D, YYYY h:mm A", "ll": "MMM D, YYYY", "l": "M/D/YYYY",
}

var longTokens = regexp.MustCompile(`\[[^\[]*\]|\\.|LTS|LT|LL?L?L?|l{1,4}`)

// tokensOf are the words of a format. Long ones have been replaced by what they stand for.
func tokensOf(format string) []string {
	format = longTokens.ReplaceAllStringFunc(format, func(word string) string {
		if long, known := longFormats[word]; known {
			return long
		}
		return word
	})
	return momentTokens.FindAllString(format, -1)
}

// literal is what a word that is not a token stands for.
func literal(token string) string {
	if strings.HasPrefix(token, "[") && len(token) > 1 {
		return token[1 : len(token)-1]
	}
	return strings.TrimPrefix(token, `\`)
}

// reading is a date that is being read: its parts as far as they are known.
type reading struct {
	parts   [7]int // year, month from 0, day, hour, minute, second, millisecond
	known   [7]bool
	any     bool
	wrong   bool
	pm      *bool
	weekday *time.Weekday
	yearDay int
	offset  time.Duration
	exact   *time.Time // from X or x, which say everything
}

func (r *reading) set(part, value int) { r.parts[part], r.known[part] = value, true }

// reader reads one token: how its text looks and what it means.
type reader struct {
	looks *regexp.Regexp
	take  func(r *reading, text string)
}

var (
	digits1or2 = regexp.MustCompile(`\d\d?`)
	digits     = regexp.MustCompile(`\d+`)
	word       = regexp.MustCompile(`(?i)[a-z]+`)
	offsets    = regexp.MustCompile(`(?i)Z|[+-]\d\d(?::?\d\d)?`)
)

// partReader reads a number into a part, less what it counts from.
func partReader(looks *regexp.Regexp, part, from int) reader {
	return reader{looks, func(r *reading, text string) { r.set(part, atoi(text)-from) }}
}

// readers are the tokens that say something when a text is read.
var readers = map[string]reader{
	"Y": partReader(regexp.MustCompile(`[+-]?\d+`), 0, 0), "YYYY": {regexp.MustCompile(`\d{1,4}`), takeYear}, "YY": {digits1or2, takeYear},
	"YYYYY": partReader(regexp.MustCompile(`[+-]?\d{1,6}`), 0, 0), "YYYYYY": partReader(regexp.MustCompile(`[+-]?\d{1,6}`), 0, 0),
	"M": partReader(digits1or2, 1, 1), "MM": partReader(digits1or2, 1, 1), "Mo": partReader(digits1or2, 1, 1),
	"MMM": {word, takeMonth}, "MMMM": {word, takeMonth},
	"Q": {regexp.MustCompile(`\d`), func(r *reading, text string) { r.set(1, 3*(atoi(text)-1)) }},
	"D": partReader(digits1or2, 2, 0), "DD": partReader(digits1or2, 2, 0),
	"Do":  {regexp.MustCompile(`(?i)\d{1,2}(?:st|nd|rd|th)?`), func(r *reading, text string) { r.set(2, atoi(digits.FindString(text))) }},
	"DDD": {regexp.MustCompile(`\d{1,3}`), takeYearDay}, "DDDD": {regexp.MustCompile(`\d{1,3}`), takeYearDay},
	"ddd": {word, takeWeekday}, "dddd": {word, takeWeekday}, "dd": {word, takeWeekday},
	"H": partReader(digits1or2, 3, 0), "HH": partReader(digits1or2, 3, 0), "h": partReader(digits1or2, 3, 0), "hh": partReader(digits1or2, 3, 0),
	"k": {digits1or2, takeHour24}, "kk": {digits1or2, takeHour24},
	"a": {regexp.MustCompile(`(?i)[ap]\.?m?\.?`), takeMeridiem}, "A": {regexp.MustCompile(`(?i)[ap]\.?m?\.?`), takeMeridiem},
	"m": partReader(digits1or2, 4, 0), "mm": partReader(digits1or2, 4, 0), "s": partReader(digits1or2, 5, 0), "ss": partReader(digits1or2, 5, 0),
	"Z": {offsets, takeOffset}, "ZZ": {offsets, takeOffset},
	"X": {regexp.MustCompile(`[+-]?\d+(?:\.\d{1,3})?`), func(r *reading, text string) { r.takeExact(text, 1000) }},
	"x": {regexp.MustCompile(`[+-]?\d+`), func(r *reading, text string) { r.takeExact(text, 1) }},
}

func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1 << 30 // in no range
	}
	return n
}

// takeYear reads two digits as a year from 1969 to 2068.
func takeYear(r *reading, text string) {
	year := atoi(text)
	if len(text) == 2 {
		if year > 68 {
			year -= 100
		}
		year += 2000
	}
	r.set(0, year)
}

func takeMonth(r *reading, text string) {
	for month := time.January; month <= time.December; month++ {
		if full := strings.ToLower(month.String()); strings.HasPrefix(strings.ToLower(text), full[:3]) {
			r.set(1, int(month)-1)
			return
		}
	}
	r.wrong = true
}

func takeWeekday(r *reading, text string) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.HasPrefix(strings.ToLower(text), strings.ToLower(day.String()[:2])) {
			r.weekday = &day
			return
		}
	}
	r.wrong = true
}

func takeYearDay(r *reading, text string) { r.yearDay = atoi(text) }

func takeHour24(r *reading, text string) { r.set(3, atoi(text)%24) }

func takeMeridiem(r *reading, text string) {
	pm := text[0] == 'p' || text[0] == 'P'
	r.pm = &pm
}

func takeFraction(r *reading, text string) {
	r.set(6, atoi((text + "000")[:3]))
}

func takeOffset(r *reading, text string) {
	if plain := digits.FindAllString(text, -1); len(plain) > 0 {
		all := (strings.Join(plain, "") + "00")[:4]
		r.offset = time.Duration(atoi(all[:2]))*time.Hour + time.Duration(atoi(all[2:]))*time.Minute
		if text[0] == '-' {
			r.offset = -r.offset
		}
	}
}

func (r *reading) takeExact(text string, scale float64) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n*scale < -1e15 || n*scale > 1e15 {
		r.wrong = true
		return
	}
	at := time.UnixMilli(int64(n * scale)).UTC()
	r.exact = &at
}

// parseMoment reads a text by a format as moment.js does when it is not strict: each word of the format takes the
// next part of the text that looks like it, wherever that is, and a word that finds nothing is passed over. What is
// missing before the first part that is known comes from now, what is missing after it is the smallest there is.
func parseMoment(text, format string, now time.Time) (time.Time, error) {
	var r reading
	for _, token := range tokensOf(format) {
		how, known := readers[token]
		if !known && strings.Trim(token, "S") == "" {
			how, known = reader{digits, takeFraction}, true
		}
		if !known {
			if at := strings.Index(text, literal(token)); at >= 0 {
				text = text[at+len(literal(token)):]
			}
			continue
		}
		if found := how.looks.FindStringIndex(text); found != nil {
			r.any = true
			how.take(&r, text[found[0]:found[1]])
			text = text[found[1]:]
		}
	}
	return r.finish(now)
}

// finish is the time that was read.
func (r *reading) finish(now time.Time) (time.Time, error) {
	if !r.any || r.wrong {
		return time.Time{}, errNotADate
	}
	if r.exact != nil {
		return *r.exact, nil
	}
	if r.yearDay > 0 {
		r.dayOfYear(now)
	}
	r.fill(now)
	if r.pm != nil && *r.pm && r.parts[3] < 12 {
		r.parts[3] += 12
	} else if r.pm != nil && !*r.pm && r.parts[3] == 12 {
		r.parts[3] = 0
	}
	p := r.parts
	if !r.inRange() {
		return time.Time{}, errNotADate
	}
	at := time.Date(p[0], time.Month(p[1]+1), p[2], p[3], p[4], p[5], p[6]*int(time.Millisecond), time.UTC)
	if r.weekday != nil && r.known[2] && at.Weekday() != *r.weekday {
		return time.Time{}, errNotADate
	}
	return at.Add(-r.offset), nil
}

func (r *reading) dayOfYear(now time.Time) {
	year := now.Year()
	if r.known[0] {
		year = r.parts[0]
	}
	at := time.Date(year, 1, r.yearDay, 0, 0, 0, 0, time.UTC)
	r.set(0, at.Year())
	r.set(1, int(at.Month())-1)
	r.set(2, at.Day())
}

// fill completes the parts that were not read.
func (r *reading) fill(now time.Time) {
	today := [3]int{now.Year(), int(now.Month()) - 1, now.Day()}
	part := 0
	for ; part < 3 && !r.known[part]; part++ {
		r.parts[part] = today[part]
	}
	if part < 3 && !r.known[2] {
		r.parts[2] = 1
	}
}

func (r *reading) inRange() bool {
	p := r.parts
	if p[0] < 0 || p[0] > 9999 || p[1] < 0 || p[1] > 11 || p[2] < 1 || p[2] > daysIn(p[0], time.Month(p[1]+1)) {
		return false
	}
	if p[3] == 24 && p[4] == 0 && p[5] == 0 && p[6] == 0 {
		return true
	}
	return p[3] >= 0 && p[3] < 24 && p[4] >= 0 && p[4] < 60 && p[5] >= 0 && p[5] < 60 && p[6] >= 0
}
