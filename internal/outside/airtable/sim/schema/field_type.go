package schema

// FieldType is a field's type, by its name in the API.
type FieldType string

// Shape groups the types whose cells are written and read alike.
type Shape int

// The shapes of cells.
const (
	None Shape = iota // computed, and the API cannot create such a field
	Line              // one text
	Rich              // markdown
	Number
	Rating
	Checkbox
	Date
	DateTime
	Select
	Selects
	Person
	People
	Links
	Files
	Barcode
	Formula // computed by a formula
)

// traits are what is true of a type.
type traits struct {
	shape   Shape
	primary bool         // may be a table's first field
	merge   bool         // may be a key of an upsert
	options []optionRule // what the API takes when such a field is created
}

// fieldTypes are all field types that Airtable documents. Those without a shape exist in Airtable, but its API cannot
// create them.
var fieldTypes = map[FieldType]traits{
	"singleLineText":        {Line, true, true, nil},
	"email":                 {Line, true, true, nil},
	"url":                   {Line, true, true, nil},
	"phoneNumber":           {Line, true, true, nil},
	"multilineText":         {Line, true, true, nil},
	"richText":              {Rich, false, true, nil},
	"number":                {Number, true, true, numberOptions},
	"percent":               {Number, true, true, numberOptions},
	"currency":              {Number, true, true, currencyOptions},
	"duration":              {Number, true, true, durationOptions},
	"rating":                {Rating, false, false, ratingOptions},
	"checkbox":              {Checkbox, false, false, checkboxOptions},
	"date":                  {Date, true, true, dateOptions},
	"dateTime":              {DateTime, false, true, dateTimeOptions},
	"singleSelect":          {Select, false, true, choicesOptions},
	"multipleSelects":       {Selects, false, true, choicesOptions},
	"singleCollaborator":    {Person, false, false, nil},
	"multipleCollaborators": {People, false, false, nil},
	"multipleRecordLinks":   {Links, false, false, linksOptions},
	"multipleAttachments":   {Files, false, false, nil},
	"barcode":               {Barcode, true, false, nil},
	"formula":               {Formula, true, false, formulaOptions},

	"rollup": {}, "multipleLookupValues": {}, "count": {}, "autoNumber": {}, "createdTime": {}, "lastModifiedTime": {},
	"createdBy": {}, "lastModifiedBy": {}, "button": {}, "aiText": {}, "externalSyncSource": {}, "manualSort": {},
}

// Shape is how cells of this type are written and read.
func (k FieldType) Shape() Shape { return fieldTypes[k].shape }

// Computed reports whether cells of this type refuse to be written.
func (k FieldType) Computed() bool { return k.Shape() == Formula || k.Shape() == None }

// Merges reports whether an upsert may merge on fields of this type.
func (k FieldType) Merges() bool { return fieldTypes[k].merge }
