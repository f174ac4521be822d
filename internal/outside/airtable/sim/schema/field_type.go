package schema

// FieldType is a field's type, by its name in the API.
type FieldType string

// Shape groups the types whose cells are written and read alike.
type Shape int

// The shapes of cells.
const (
	None Shape = iota // computed, and no such field can be made here
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
	// All from here on are computed.
	Formula    // by a formula
	Lookup     // what the linked records have in a field
	Rollup     // by a formula over that
	Count      // of linked records
	AutoNumber // the record's number
	Created    // when the record was made
	Modified   // when a cell of the record that is not computed last changed
)

// traits are what is true of a type.
type traits struct {
	shape   Shape
	primary bool         // may be a table's first field
	merge   bool         // may be a key of an upsert
	options []optionRule // what is taken when such a field is created
	byHand  bool         // the API cannot create it; people can
}

// fieldTypes are all field types that Airtable documents. Those without a shape cannot be made here.
var fieldTypes = map[FieldType]traits{
	"singleLineText":        {Line, true, true, nil, false},
	"email":                 {Line, true, true, nil, false},
	"url":                   {Line, true, true, nil, false},
	"phoneNumber":           {Line, true, true, nil, false},
	"multilineText":         {Line, true, true, nil, false},
	"richText":              {Rich, false, true, nil, false},
	"number":                {Number, true, true, numberOptions, false},
	"percent":               {Number, true, true, numberOptions, false},
	"currency":              {Number, true, true, currencyOptions, false},
	"duration":              {Number, true, true, durationOptions, false},
	"rating":                {Rating, false, false, ratingOptions, false},
	"checkbox":              {Checkbox, false, false, checkboxOptions, false},
	"date":                  {Date, true, true, dateOptions, false},
	"dateTime":              {DateTime, false, true, dateTimeOptions, false},
	"singleSelect":          {Select, false, true, choicesOptions, false},
	"multipleSelects":       {Selects, false, true, choicesOptions, false},
	"singleCollaborator":    {Person, false, false, nil, false},
	"multipleCollaborators": {People, false, false, nil, false},
	"multipleRecordLinks":   {Links, false, false, linksOptions, false},
	"multipleAttachments":   {Files, false, false, nil, false},
	"barcode":               {Barcode, true, false, nil, false},
	"formula":               {Formula, true, false, formulaOptions, false},
	"multipleLookupValues":  {Lookup, false, false, lookupOptions, false},

	"rollup":           {Rollup, false, false, rollupOptions, true},
	"count":            {Count, false, false, countOptions, true},
	"autoNumber":       {AutoNumber, true, false, nil, true},
	"createdTime":      {Created, false, false, nil, true},
	"lastModifiedTime": {Modified, false, false, modifiedOptions, true},

	"createdBy": {}, "lastModifiedBy": {}, "button": {}, "aiText": {}, "externalSyncSource": {}, "manualSort": {},
}

// Shape is how cells of this type are written and read.
func (k FieldType) Shape() Shape { return fieldTypes[k].shape }

// Computed reports whether cells of this type refuse to be written.
func (k FieldType) Computed() bool { return k.Shape() == None || k.Shape() >= Formula }

// Merges reports whether an upsert may merge on fields of this type.
func (k FieldType) Merges() bool { return fieldTypes[k].merge }
