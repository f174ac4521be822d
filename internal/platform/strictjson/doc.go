// Package strictjson reads JSON documents that people write: configurations of
// workflows, bodies of requests, files. One Go struct with tags is the only
// declaration. From it come the reader, which reports every fault at once with
// its JSON pointer, the JSON Schema with hints for forms, the defaults, and the
// places of secrets.
//
//	type Config struct {
//		BaseID string        `json:"base_id" doc:"The ID in the base's URL" pattern:"^app"`
//		APIKey secret.Secret `json:"api_key" doc:"A personal access token"`
//		Tables []string      `json:"tables,omitempty" minLength:"1" options:"list_tables" dependsOn:"1/base_id,1/api_key"`
//		Every  time.Duration `json:"every,omitempty" default:"15m" minimum:"1m"`
//	}
//
//	var configType = strictjson.For[Config](strictjson.NewCredentials()) // panics if the declaration is wrong
//
//	config, found := configType.Decode(text)   // found.Faults(), found.Warnings(), found.Err()
//	config, err := configType.DecodeStored(text)
//	configType.Schema()                        // JSON Schema 2020-12
//	configType.SecretPointers()                // "/api_key"
//
// A kind adds what it finds itself to the same findings, and gets one list in
// the order of the document:
//
//	for i, table := range config.Tables {
//		if !slices.Contains(known, table) {
//			found.Fault(strictjson.At("/tables", i), "unknown_table", "the base has no table %q%s", table, found.Nearest(table, known))
//		}
//	}
//
// # Types
//
// Structs, also embedded ones; pointers, slices, maps with string keys, strings,
// booleans, integers, floats; time.Duration ("30s", "1h30m", and "90d" and "2w"
// with days of 24 hours), time.Time (RFC 3339), json.RawMessage (any JSON),
// Object (any object), json.Number, secret.Secret, types with UnmarshalText
// (from a string). A string type with the method Values() []T is an enum. An
// interface is a union of structs, declared by OneOf. Types may contain
// themselves. Any other type is a fault of the declaration.
//
// # Tags
//
// A field is required unless its json tag says omitempty or omitzero; the tag
// required overrides that. Where huma has a tag for the same thing, it has the
// same name and meaning, so that one struct serves both. On a list or a map the
// tags for strings and numbers bound the elements.
//
//	doc, title, example, format, deprecated   for people; an example is checked
//	required:"false"                          overrides the json tag
//	default:"15m"                             for an absent field; JSON, or a string without quotes
//	enum:"a,b"                                the strings that there are
//	unavailable:"c,d"                         strings that will come: refused with not_available
//	noEffect:"why"                            a warning not_available when it is set (not zero)
//	minimum, maximum, exclusiveMinimum, exclusiveMaximum   of numbers and durations
//	minLength, maxLength                      of strings, in characters
//	pattern, patternDescription               RE2; the description completes "must be …"
//	minItems, maxItems, uniqueItems           of lists
//	minProperties, maxProperties              of maps
//	keyMinLength, keyMaxLength, keyPattern    of the keys of maps
//	nonempty:"true"                           an empty list or map, or a blank string, counts as missing
//	NotBlank:"true"                           of strings: a blank one counts as missing
//	keyNotBlank:"true"                        of the keys of maps
//	variant:"type"                            of a union: the field beside it that names the variant
//	connection:"airtable"                     the string names a connection of that type
//	options:"list_tables"                     the operation that lists the values to choose from
//	dependsOn:"1/base_id,1/api_key"           what that operation needs, as relative JSON pointers
//	cron, expression:"condition"              the string is a cron expression, or an expression of that sort
//	group:"Advanced", order:"3"               where a form shows the field
//
// A relative JSON pointer begins with the number of levels to go up from the
// field: 1 is the object that holds the field, 2 is what holds that object. A
// pointer that begins with a slash starts at the document.
//
// # Schema
//
// The tags become the keywords of JSON Schema. What JSON Schema has no word for
// becomes
//
//	x-secret: true                    a credential or its reference; show a password field
//	x-connection: "airtable"          choose from the connections of that type
//	x-options: {operation, depends_on}   choose from what the operation returns
//	x-cron: true
//	x-expression: "condition"
//	x-duration: {minimum, maximum}    a duration, with its bounds if any
//	x-unavailable: ["merge"]          show these, but do not offer them
//	x-no-effect: "why"                show the field, and say so
//	x-selector: "type"                of oneOf: the member that chooses the variant
//	x-group: "Advanced"
//	x-order: 3                        position in a form; the order of declaration by default
//
// A union in the form {"type", "config"} becomes allOf with an if and a then for
// each variant. What is not required takes null as well. The schema is a little
// looser than the reader: 1.0 is an integer there.
//
// # What is refused
//
// Keys that are not declared, with a suggestion; case counts. Keys that occur
// twice. Values of another type: an integer is written without fraction and
// exponent, and must fit its Go type. Numbers beyond float64, also within
// json.RawMessage; a float is rounded to the nearest one that there is. Bytes
// that are not UTF-8, halves of surrogate pairs and U+0000: nothing is ever
// replaced by U+FFFD. Text after the document. A byte order mark, unless the
// option ByteOrderMark is given. Documents beyond Limits. A null for an optional
// field means that it is absent; for a required one it is a fault, unless the
// field is a pointer, which then is nil.
//
// A document has at most 100 faults and 100 warnings; more are counted. The work
// is linear in the length of the text, suggestions included.
//
// # Secrets
//
// A field of type secret.Secret takes a reference (secret:sec_…) and, with the
// option NewCredentials, a credential. Everything else is a fault: a credential
// fails closed. No fault, suggestion or error of this package quotes a value of
// the document, whatever its field; they name keys only, and values that the
// declaration itself lists.
//
// It is not a general decoder: it writes no JSON, and streams nothing.
package strictjson
