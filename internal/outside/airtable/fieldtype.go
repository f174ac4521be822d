package airtable

import "encoding/json"

// FieldType is Airtable's name of a field type. New ones appear at any time.
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

// Known reports whether the type is one of the documented ones.
func (t FieldType) Known() bool { panic("soon") }

// Writable reports whether cells of the type may be written. Unknown types
// are not.
func (t FieldType) Writable() bool { panic("soon") }

// Creatable reports whether the API can create a field of the type as a copy
// of another one's options (computed types are not).
func (t FieldType) Creatable() bool { panic("soon") }

// Computed reports whether Airtable computes the cells of the type.
func (t FieldType) Computed() bool { panic("soon") }

// PrimaryCapable reports whether a field of the type may be a new table's first field.
func (t FieldType) PrimaryCapable() bool { panic("soon") }

// LinkOptions are the parsed options of a link field.
type LinkOptions struct {
	LinkedTableID           TableID `json:"linkedTableId"`
	InverseLinkFieldID      FieldID `json:"inverseLinkFieldId,omitempty"`
	IsReversed              bool    `json:"isReversed,omitempty"`
	PrefersSingleRecordLink bool    `json:"prefersSingleRecordLink,omitempty"`
}

// Link returns the options of a link field; false for any other type.
func (f Field) Link() (LinkOptions, bool) { panic("soon") }

// CreateOptions returns the options with which a field like f is created:
// only what the API takes on create, defaults for what it demands. A link
// field's linkedTableId is the target's business: use NewLinkOptions.
func CreateOptions(f Field) (json.RawMessage, error) { panic("soon") }

// NewLinkOptions returns the options with which a link to table is created.
func NewLinkOptions(table TableID) json.RawMessage { panic("soon") }
