package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// optionRule checks one option of a field that is being created.
type optionRule struct {
	name     string
	required bool
	sound    func(json.RawMessage) bool
}

// What the API takes when a field is created, by type. Anything else in options is refused.
var (
	numberOptions   = []optionRule{{"precision", true, wholeWithin(0, 8)}}
	currencyOptions = []optionRule{{"precision", true, wholeWithin(0, 7)}, {"symbol", true, isText}}
	durationOptions = []optionRule{{"durationFormat", true, oneOf("h:mm", "h:mm:ss", "h:mm:ss.S", "h:mm:ss.SS", "h:mm:ss.SSS")}}
	ratingOptions   = []optionRule{{"max", true, wholeWithin(1, 10)}, {"icon", true, oneOf("star", "heart", "thumbsUp", "flag", "dot")},
		{"color", true, oneOf(brightColors...)}}
	checkboxOptions = []optionRule{{"icon", true, oneOf("check", "xCheckbox", "star", "heart", "thumbsUp", "flag", "dot")},
		{"color", true, oneOf(brightColors...)}}
	dateOptions     = []optionRule{{"dateFormat", true, isDateFormat}}
	dateTimeOptions = []optionRule{{"dateFormat", true, isDateFormat}, {"timeFormat", true, isTimeFormat}, {"timeZone", true, isZone}}
	choicesOptions  = []optionRule{{"choices", true, isChoices}}
	linksOptions    = []optionRule{{"linkedTableId", true, isText}, {"viewIdForRecordSelection", false, isText}}
	formulaOptions  = []optionRule{{"formula", true, isText}}
	modifiedOptions = []optionRule{{"referencedFieldIds", false, isTexts}}
	countOptions    = []optionRule{{"recordLinkFieldId", true, isText}}
	lookupOptions   = []optionRule{{"recordLinkFieldId", true, isText}, {"fieldIdInLinkedTable", true, isText}}
	rollupOptions   = []optionRule{{"recordLinkFieldId", true, isText}, {"fieldIdInLinkedTable", true, isText}, {"formula", true, isText}}
)

// brightColors are the colors of checkboxes and ratings.
var brightColors = shades("Bright")

// allColors are the colors of choices.
var allColors = shades("Light2", "Light1", "Bright", "Dark1")

// shades names every hue in each of the shades.
func shades(names ...string) []string {
	var all []string
	for _, shade := range names {
		for _, hue := range []string{"blue", "cyan", "teal", "green", "yellow", "orange", "red", "pink", "purple", "gray"} {
			all = append(all, hue+shade)
		}
	}
	return all
}

// checkOptions compares the options of a new field with the rules of its type. It returns what is wrong in
// Airtable's words, or "".
func checkOptions(rules []optionRule, typ FieldType, name string, options map[string]json.RawMessage) string {
	required := slices.ContainsFunc(rules, func(r optionRule) bool { return r.required })
	if options == nil && required {
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
	for _, given := range slices.Sorted(maps.Keys(options)) {
		if !slices.ContainsFunc(rules, func(r optionRule) bool { return r.name == given }) {
			return fmt.Sprintf("Failed schema validation: %s.options.%s is not included in the %s schema", name, given, typ)
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
		text, ok := wire.String(raw)
		return ok && slices.Contains(words, text)
	}
}

func isText(raw json.RawMessage) bool {
	text, ok := wire.String(raw)
	return ok && text != ""
}

func isTexts(raw json.RawMessage) bool {
	var texts []string
	return json.Unmarshal(raw, &texts) == nil
}

// dateFormats are the names of date formats and what each means.
var dateFormats = map[string]string{
	"local": "l", "friendly": "LL", "us": "M/D/YYYY", "european": "D/M/YYYY", "iso": "YYYY-MM-DD",
}

// timeFormats are the names of time formats and what each means.
var timeFormats = map[string]string{"12hour": "h:mma", "24hour": "HH:mm"}

// namedFormat is {"name","format"?}. The format may be left out, but must fit the name if it is given.
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

// withFormat completes {"name"} with its format, as the API shows it. The value has passed isNamedFormat.
func withFormat(raw json.RawMessage, known map[string]string) json.RawMessage {
	var given namedFormat
	_ = json.Unmarshal(raw, &given)
	return wire.Encode(namedFormat{given.Name, known[given.Name]})
}

// isZone takes utc, client and the names in the time zone database. Airtable refuses UTC in capitals.
func isZone(raw json.RawMessage) bool {
	name, ok := wire.String(raw)
	return ok && zoneOf(name) != nil
}

// zoneOf is the zone that an option names, or nil. client means UTC here, since the API has no browser.
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

// isChoices takes choices that all have names, each once, and a known color or none.
func isChoices(raw json.RawMessage) bool {
	var choices []Choice
	if json.Unmarshal(raw, &choices) != nil || raw[0] != '[' {
		return false
	}
	seen := map[string]bool{}
	for _, c := range choices {
		if c.Name == "" || seen[c.Name] || c.Color != "" && !slices.Contains(allColors, c.Color) {
			return false
		}
		seen[c.Name] = true
	}
	return true
}

// normalOptions are the options of a new field in the form in which they are kept: without those that the field
// keeps typed, and with the formats that names stand for.
func normalOptions(given map[string]json.RawMessage) map[string]json.RawMessage {
	kept := maps.Clone(given)
	for _, typed := range []string{"choices", "linkedTableId", "formula", "recordLinkFieldId", "fieldIdInLinkedTable"} {
		delete(kept, typed)
	}
	if raw, found := kept["dateFormat"]; found {
		kept["dateFormat"] = withFormat(raw, dateFormats)
	}
	if raw, found := kept["timeFormat"]; found {
		kept["timeFormat"] = withFormat(raw, timeFormats)
	}
	return kept
}
