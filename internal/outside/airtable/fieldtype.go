package airtable

// FieldType is Airtable's name for a field type. New ones may appear at any time.
type FieldType string

// The field types that the Web API documents.
const (
	SingleLineText        FieldType = "singleLineText"
	Email                 FieldType = "email"
	URL                   FieldType = "url"
	PhoneNumber           FieldType = "phoneNumber"
	MultilineText         FieldType = "multilineText"
	RichText              FieldType = "richText"
	Number                FieldType = "number"
	Percent               FieldType = "percent"
	Currency              FieldType = "currency"
	Duration              FieldType = "duration"
	Rating                FieldType = "rating"
	Checkbox              FieldType = "checkbox"
	Date                  FieldType = "date"
	DateTime              FieldType = "dateTime"
	SingleSelect          FieldType = "singleSelect"
	MultipleSelects       FieldType = "multipleSelects"
	SingleCollaborator    FieldType = "singleCollaborator"
	MultipleCollaborators FieldType = "multipleCollaborators"
	MultipleRecordLinks   FieldType = "multipleRecordLinks"
	MultipleAttachments   FieldType = "multipleAttachments"
	Barcode               FieldType = "barcode"
	Formula               FieldType = "formula"
	Rollup                FieldType = "rollup"
	MultipleLookupValues  FieldType = "multipleLookupValues"
	Count                 FieldType = "count"
	AutoNumber            FieldType = "autoNumber"
	CreatedTime           FieldType = "createdTime"
	LastModifiedTime      FieldType = "lastModifiedTime"
	CreatedBy             FieldType = "createdBy"
	LastModifiedBy        FieldType = "lastModifiedBy"
	Button                FieldType = "button"
	AIText                FieldType = "aiText"
	ExternalSyncSource    FieldType = "externalSyncSource"
	ManualSort            FieldType = "manualSort"
)

// traits is what there is to know about a type.
type traits struct {
	writable  bool // cells may be written
	creatable bool // a field may be created with the options of another field
	primary   bool // may be the first field of a new table
	compare   form // how its cells are compared
}

// typeTraits is the table of field types. A field of a computed type can be
// created, if at all, only by naming its inputs, not by copying its options.
var typeTraits = map[FieldType]traits{
	SingleLineText:        {true, true, true, formText},
	Email:                 {true, true, true, formText},
	URL:                   {true, true, true, formText},
	PhoneNumber:           {true, true, true, formText},
	MultilineText:         {true, true, true, formText},
	RichText:              {true, true, false, formRichText},
	Number:                {true, true, true, formNumber},
	Percent:               {true, true, true, formNumber},
	Currency:              {true, true, true, formNumber},
	Duration:              {true, true, true, formNumber},
	Rating:                {true, true, false, formNumber},
	Checkbox:              {true, true, false, formJSON},
	Date:                  {true, true, true, formDate},
	DateTime:              {true, true, false, formTime},
	SingleSelect:          {true, true, false, formSelect},
	MultipleSelects:       {true, true, false, formSelect},
	SingleCollaborator:    {true, true, false, formPerson},
	MultipleCollaborators: {true, true, false, formPerson},
	MultipleRecordLinks:   {true, true, false, formLink},
	MultipleAttachments:   {true, true, false, formAttachment},
	Barcode:               {true, true, true, formJSON},
	Formula:               {compare: formJSON},
	Rollup:                {compare: formJSON},
	MultipleLookupValues:  {compare: formJSON},
	Count:                 {compare: formNumber},
	AutoNumber:            {compare: formNumber},
	CreatedTime:           {compare: formTime},
	LastModifiedTime:      {compare: formTime},
	CreatedBy:             {compare: formPerson},
	LastModifiedBy:        {compare: formPerson},
	Button:                {compare: formJSON},
	AIText:                {compare: formJSON},
	ExternalSyncSource:    {compare: formSelect},
	ManualSort:            {compare: formText},
}

// Known reports whether the type is documented.
func (t FieldType) Known() bool {
	_, ok := typeTraits[t]
	return ok
}

// Writable reports whether cells of the type may be written. Those of an unknown
// type may not.
func (t FieldType) Writable() bool { return typeTraits[t].writable }

// Creatable reports whether the API creates a field of the type from the options
// of another field (see CreateOptions).
func (t FieldType) Creatable() bool { return typeTraits[t].creatable }

// Computed reports whether Airtable is known to compute the cells of the type. An
// unknown type is neither Computed nor Writable.
func (t FieldType) Computed() bool { return t.Known() && !t.Writable() }

// PrimaryCapable reports whether a field of the type may be the first field of a
// new table.
func (t FieldType) PrimaryCapable() bool { return typeTraits[t].primary }
