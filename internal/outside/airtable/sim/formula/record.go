package formula

// recordFunctions say something about the record itself.
var recordFunctions = map[string]function{
	"RECORD_ID":          {0, 0, func([]typed) typed { return typed{recordID, TextType} }},
	"CREATED_TIME":       {0, 0, func([]typed) typed { return typed{createdTime, DateType} }},
	"LAST_MODIFIED_TIME": {0, 0, func([]typed) typed { return typed{lastModifiedTime, DateType} }},
}

func recordID(row Row) Value         { return Text(row.RecordID()) }
func createdTime(row Row) Value      { return Instant(row.CreatedTime()) }
func lastModifiedTime(row Row) Value { return Instant(row.LastModifiedTime()) }
