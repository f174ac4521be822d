package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// optionRule checks one option of a field that is being created.
type optionRule struct {
	name     string
	required bool
	sound    func(json.RawMessage) bool
}

// optionRules are what the API takes when a field is created; anything else in options is refused.
var optionRules = map[string][]optionRule{
	"number":   {{"precision", true, wholeWithin(0, 8)}},
	"currency": {{"precision", true, wholeWithin(0, 7)}, {"symbol", true, isText}},
	"duration": {{"durationFormat", true, oneOf("h:mm", "h:mm:ss", "h:mm:ss.S", "h:mm:ss.SS", "h:mm:ss.SSS")}},
	"rating": {{"max", true, wholeWithin(1, 10)}, {"icon", true, oneOf("star", "heart", "thumbsUp", "flag", "dot")},
		{"color", true, isText}},
	"checkbox": {{"icon", true, isText}, {"color", true, isText}},
	"date":     {{"dateFormat", true, isDateFormat}},
	"dateTime": {{"dateFormat", true, isDateFormat}, {"timeFormat", true, isTimeFormat}, {"timeZone", true, isZone}},
	"choices":  {{"choices", true, isChoices}},
	"links":    {{"linkedTableId", true, isText}, {"viewIdForRecordSelection", false, isText}},
	"formula":  {{"formula", true, isText}},
}

// checkOptions compares the options of a new field with its kind's rule; the text says what is wrong.
func checkOptions(k kind, name string, options map[string]json.RawMessage) string {
	rules := optionRules[kinds[k].options]
	if options == nil && len(rules) > 0 {
		return fmt.Sprintf("Failed schema validation: %s.options is missing", name)
	}
	for _, rule := range rules {
		value, given := options[rule.name]
		switch {
		case !given && rule.required:
			return fmt.Sprintf("Failed schema validation: %s.options.%s is missing", name, rule.name)
		case given && !rule.sound(value):
			return fmt.Sprintf("Failed schema validation: %s.options.%s is invalid", name, rule.name)
		}
	}
	for _, given := range sortedKeys(options) {
		if !slices.ContainsFunc(rules, func(r optionRule) bool { return r.name == given }) {
			return fmt.Sprintf("Failed schema validation: %s.options.%s is not included in the %s schema", name, given, k)
		}
	}
	return ""
}

func wholeWithin(low, high float64) func(json.RawMessage) bool {
	return func(raw json.RawMessage) bool {
		var n float64
		return json.Unmarshal(raw, &n) == nil && n == float64(int(n)) && n >= low && n <= high && raw[0] != 'n'
	}
}

func oneOf(words ...string) func(json.RawMessage) bool {
	return func(raw json.RawMessage) bool {
		text, ok := asString(raw)
		return ok && slices.Contains(words, text)
	}
}

func isText(raw json.RawMessage) bool {
	text, ok := asString(raw)
	return ok && text != ""
}

// dateFormats are the names of date formats and what each means.
var dateFormats = map[string]string{
	"local": "l", "friendly": "LL", "us": "M/D/YYYY", "european": "D/M/YYYY", "iso": "YYYY-MM-DD",
}

// timeFormats are the names of time formats and what each means.
var timeFormats = map[string]string{"12hour": "h:mma", "24hour": "HH:mm"}

// namedFormat is {"name","format"?}: the format may be left out but must match.
type namedFormat struct {
	Name   string `json:"name"`
	Format string `json:"format"`
}

func isDateFormat(raw json.RawMessage) bool { return isNamedFormat(raw, dateFormats) }
func isTimeFormat(raw json.RawMessage) bool { return isNamedFormat(raw, timeFormats) }

func isNamedFormat(raw json.RawMessage, known map[string]string) bool {
	var given namedFormat
	if json.Unmarshal(raw, &given) != nil {
		return false
	}
	format, found := known[given.Name]
	return found && (given.Format == "" || given.Format == format)
}

// withFormat completes {"name"} by its format, as the API shows it.
func withFormat(raw json.RawMessage, known map[string]string) json.RawMessage {
	var given namedFormat
	_ = json.Unmarshal(raw, &given) // checked by isNamedFormat
	out := appendString([]byte(`{"name":`), given.Name)
	return append(appendString(append(out, `,"format":`...), known[given.Name]), '}')
}

// isZone takes utc, client and the names of the time zone database; UTC in capitals is refused.
func isZone(raw json.RawMessage) bool {
	name, ok := asString(raw)
	return ok && zoneOf(name) != nil
}

// zoneOf is the zone that an option names; client means UTC here, since the API has no browser.
func zoneOf(name string) *time.Location {
	switch name {
	case "utc", "client":
		return time.UTC
	case "", "UTC", "Local":
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

func isChoices(raw json.RawMessage) bool {
	var choices []choice
	if json.Unmarshal(raw, &choices) != nil || raw[0] != '[' {
		return false
	}
	seen := map[string]bool{}
	for _, c := range choices {
		if c.Name == "" || seen[c.Name] {
			return false
		}
		seen[c.Name] = true
	}
	return true
}

// asString reads a JSON string and nothing else.
func asString(raw json.RawMessage) (string, bool) {
	var text string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return "", false
	}
	return text, true
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
