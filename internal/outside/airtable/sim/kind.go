package sim

// kind is a field's type by its name in the API.
type kind string

// cellShape groups the kinds whose cells are written and read alike.
type cellShape int

const (
	shapeNone cellShape = iota // computed, and not creatable by the API
	shapeLine                  // a text
	shapeRich
	shapeNumber
	shapeRating
	shapeCheckbox
	shapeDate
	shapeDateTime
	shapeSelect
	shapeSelects
	shapePerson
	shapePeople
	shapeLinks
	shapeFiles
	shapeBarcode
	shapeFormula
)

// traits is what is true of a kind. Those without shape exist in Airtable and cannot be created by its API.
type traits struct {
	cells   cellShape
	primary bool // may be a table's first field
	merge   bool // may be a key of an upsert
	options string
}

// kinds are all field types that Airtable documents. The options column names the rule in fieldoptions.go.
var kinds = map[kind]traits{
	"singleLineText":        {shapeLine, true, true, ""},
	"email":                 {shapeLine, true, true, ""},
	"url":                   {shapeLine, true, true, ""},
	"phoneNumber":           {shapeLine, true, true, ""},
	"multilineText":         {shapeLine, true, true, ""},
	"richText":              {shapeRich, false, true, ""},
	"number":                {shapeNumber, true, true, "number"},
	"percent":               {shapeNumber, true, true, "number"},
	"currency":              {shapeNumber, true, true, "currency"},
	"duration":              {shapeNumber, true, true, "duration"},
	"rating":                {shapeRating, false, false, "rating"},
	"checkbox":              {shapeCheckbox, false, false, "checkbox"},
	"date":                  {shapeDate, true, true, "date"},
	"dateTime":              {shapeDateTime, false, true, "dateTime"},
	"singleSelect":          {shapeSelect, false, true, "choices"},
	"multipleSelects":       {shapeSelects, false, true, "choices"},
	"singleCollaborator":    {shapePerson, false, false, ""},
	"multipleCollaborators": {shapePeople, false, false, ""},
	"multipleRecordLinks":   {shapeLinks, false, false, "links"},
	"multipleAttachments":   {shapeFiles, false, false, ""},
	"barcode":               {shapeBarcode, true, false, ""},
	"formula":               {shapeFormula, true, false, "formula"},

	"rollup": {}, "multipleLookupValues": {}, "count": {}, "autoNumber": {}, "createdTime": {}, "lastModifiedTime": {},
	"createdBy": {}, "lastModifiedBy": {}, "button": {}, "aiText": {}, "externalSyncSource": {}, "manualSort": {},
}

func (k kind) shape() cellShape { return kinds[k].cells }

// computed reports whether cells of this kind refuse to be written.
func (k kind) computed() bool { return k.shape() == shapeFormula || k.shape() == shapeNone }
