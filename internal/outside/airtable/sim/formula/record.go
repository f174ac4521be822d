package formula

// recordFunctions say something about the record itself.
var recordFunctions = map[string]function{
	"RECORD_ID":          {0, 0, func([]typed) typed { return typed{recordID, TextType} }},
	"CREATED_TIME":       {0, 0, func([]typed) typed { return typed{createdTime, DateType} }},
	"LAST_MODIFIED_TIME": {0, -1, lastModifiedTime},
}

func recordID(row Row) Value    { return Text(row.RecordID()) }
func createdTime(row Row) Value { return Instant(row.CreatedTime()) }

// lastModifiedTime looks at the whole record, or only at the fields that its arguments are.
func lastModifiedTime(args []typed) typed {
	var seen witness
	for _, arg := range args {
		before := len(seen)
		if arg.node(&seen); len(seen) == before {
			return typed{constant(Failed()), DateType}
		}
	}
	return typed{func(row Row) Value { return row.LastModifiedTime(seen) }, DateType}
}

// witness is a record without cells that remembers which fields it was asked for.
type witness []string

// Field remembers the field.
func (w *witness) Field(id string) Value {
	*w = append(*w, id)
	return Value{}
}

// A witness has no id and no times.
func (*witness) RecordID() string                { return "" }
func (*witness) CreatedTime() int64              { return 0 }
func (*witness) LastModifiedTime([]string) Value { return Value{} }
func (*witness) Now() int64                      { return 0 }
