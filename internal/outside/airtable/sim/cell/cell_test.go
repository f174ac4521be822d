package cell_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

const (
	rec1 = "recAAAAAAAAAAAAA1"
	rec2 = "recAAAAAAAAAAAAA2"
	usr  = "usrAAAAAAAAAAAAAA"
	ugp  = "ugpAAAAAAAAAAAAAA"
	att  = "attAAAAAAAAAAAAAA"
)

// table is a table with a field of every shape, and the surroundings of its cells: two linked records, one
// attachment, and notes of what was made.
type table struct {
	*schema.Table
	made []string
}

func setup(t *testing.T) *table {
	t.Helper()
	s := schema.New()
	c := s.Begin()
	base, err := c.CreateBase(schema.BaseBody{Name: "B", Tables: []schema.TableBody{
		{Name: "Firms", Fields: []schema.FieldBody{{Name: "Name", Type: "singleLineText"}}},
		{Name: "People", Fields: []schema.FieldBody{{Name: "Name", Type: "singleLineText"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	people := base.Tables[1]
	for _, f := range []struct {
		name    string
		typ     schema.FieldType
		options string
	}{
		{"Rich", "richText", "null"}, {"Age", "number", `{"precision":0}`}, {"Stars", "rating", `{"max":5,"icon":"star","color":"redBright"}`},
		{"Done", "checkbox", `{"icon":"check","color":"redBright"}`}, {"Day", "date", `{"dateFormat":{"name":"iso"}}`},
		{"At", "dateTime", `{"dateFormat":{"name":"iso"},"timeFormat":{"name":"24hour"},"timeZone":"America/New_York"}`},
		{"Stage", "singleSelect", `{"choices":[{"name":"New"},{"name":"Won"}]}`}, {"Tags", "multipleSelects", `{"choices":[{"name":"a"},{"name":"b"}]}`},
		{"Owner", "singleCollaborator", "null"}, {"Team", "multipleCollaborators", "null"}, {"Files", "multipleAttachments", "null"}, {"Code", "barcode", "null"},
		{"Firm", "multipleRecordLinks", `{"linkedTableId":"` + base.Tables[0].ID + `"}`}, {"Sum", "formula", `{"formula":"1"}`},
	} {
		var options map[string]json.RawMessage
		if err := json.Unmarshal([]byte(f.options), &options); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateField(base, people.ID, schema.FieldBody{Name: f.name, Type: f.typ, Options: options}); err != nil {
			t.Fatal(err)
		}
	}
	return &table{Table: people}
}

// AddChoice notes the choice. It does not make it, so that a second mention shows.
func (w *table) AddChoice(f *schema.Field, name string) {
	w.made = append(w.made, "choice "+f.Name+" "+name)
}

func (*table) HasLinked(_ *schema.Field, id string) bool { return id == rec1 || id == rec2 }

// Unreachable knows one url that leads nowhere.
func (w *table) Unreachable(url string) bool { return url == "https://x/gone" }

// LinkTitled knows Acme, refuses "refused" and makes all others.
func (w *table) LinkTitled(f *schema.Field, title string) (string, *wire.Error) {
	switch title {
	case "Acme":
		return rec1, nil
	case "refused":
		return "", wire.InvalidParameters()
	}
	w.made = append(w.made, "record "+f.Name+" "+title)
	return "recMade" + strings.Repeat("x", 10), nil
}

func (*table) Attachment(_ *schema.Field, id string) (cell.Attachment, bool) {
	return cell.Attachment{ID: id, URL: "https://known", Filename: "known.txt"}, id == att
}

// read reads a cell and returns it as it is stored, "" for an empty one.
func (w *table) read(field, sent string, typecast bool) (string, *wire.Error) {
	value, err := cell.Reader{Context: w, Typecast: typecast}.Read(w.Field(field), json.RawMessage(sent))
	return string(cell.Append(nil, value)), err
}

func TestCellsThatAreTaken(t *testing.T) {
	t.Parallel()
	ann := wire.DerivedID("usr", "ann@x.org")
	for _, c := range []struct {
		field string
		sent  string
		strict,
		typecast string // what is stored; "!" means that it is refused
	}{
		{"Name", `"a"`, `"a"`, `"a"`},
		{"Name", ` "a" `, `"a"`, `"a"`},
		{"Name", `""`, ``, ``},
		{"Name", `null`, ``, ``},
		{"Name", `5`, `!`, `"5"`},
		{"Name", `true`, `!`, `"true"`},
		{"Name", `{}`, `!`, `!`},
		{"Rich", `"* a\n  * b"`, `"- a\n  - b\n"`, `"- a\n  - b\n"`},
		{"Rich", `"done\n"`, `"done\n"`, `"done\n"`},
		{"Rich", `null`, `"\n"`, `"\n"`},
		{"Age", `1.5`, `1.5`, `1.5`},
		{"Age", `0`, `0`, `0`},
		{"Age", `1e400`, `!`, `!`},
		{"Age", `"1,200.50"`, `!`, `1200.5`},
		{"Age", `"-$5"`, `!`, `-5`},
		{"Age", `"12 %"`, `!`, `0.12`},
		{"Age", `" "`, `!`, ``},
		{"Age", `"five"`, `!`, `!`},
		{"Age", `"NaN"`, `!`, `!`},
		{"Stars", `1`, `1`, `1`},
		{"Stars", `5`, `5`, `5`},
		{"Stars", `0`, `!`, `!`},
		{"Stars", `6`, `!`, `!`},
		{"Stars", `2.5`, `!`, `!`},
		{"Stars", `"3"`, `!`, `3`},
		{"Done", `true`, `true`, `true`},
		{"Done", `false`, ``, ``},
		{"Done", `"Yes"`, `!`, `true`},
		{"Done", `1`, `!`, `true`},
		{"Done", `"no"`, `!`, ``},
		{"Done", `[true]`, `!`, `!`},
		{"Day", `"2024-02-03"`, `"2024-02-03"`, `"2024-02-03"`},
		{"Day", `"2024-02-03T23:30:00Z"`, `"2024-02-03"`, `"2024-02-03"`},
		{"Day", `""`, ``, ``},
		{"Day", `"9999-12-31T23:59:59-23:00"`, `!`, `!`}, // the year 10000
		{"Day", `"0000-01-01T00:00:00+23:00"`, `!`, `!`}, // the year -1
		{"Day", `5`, `!`, `!`},
		{"Day", `"soon"`, `!`, `!`},
		{"At", `"2024-02-03T04:05:06+01:00"`, `"2024-02-03T03:05:06.000Z"`, `"2024-02-03T03:05:06.000Z"`},
		{"At", `"2024-02-03T04:05"`, `"2024-02-03T09:05:00.000Z"`, `"2024-02-03T09:05:00.000Z"`}, // New York
		{"At", `981173106789`, `"2001-02-03T04:05:06.789Z"`, `"2001-02-03T04:05:06.789Z"`},
		{"At", `8.65e15`, `!`, `!`},
		{"Stage", `"Won"`, `"Won"`, `"Won"`},
		{"Stage", `"Lost"`, `!`, `"Lost"`},
		{"Stage", `""`, ``, ``},
		{"Stage", `{"name":"Won"}`, `!`, `!`},
		{"Tags", `["b","a","b",""]`, `["b","a"]`, `["b","a"]`},
		{"Tags", `[]`, ``, ``},
		{"Tags", `["z"]`, `!`, `["z"]`},
		{"Tags", `"a, b"`, `!`, `["a","b"]`},
		{"Tags", `[null]`, `!`, `!`},
		{"Tags", `[1]`, `!`, `!`},
		{"Owner", `{"id":"` + usr + `"}`, `{"id":"` + usr + `"}`, `{"id":"` + usr + `"}`},
		{"Owner", `{"email":"ann@x.org"}`, `{"id":"` + ann + `","email":"ann@x.org","name":"ann"}`, `{"id":"` + ann + `","email":"ann@x.org","name":"ann"}`},
		{"Owner", `"ann@x.org"`, `!`, `{"id":"` + ann + `","email":"ann@x.org","name":"ann"}`},
		{"Owner", `"` + usr + `"`, `!`, `{"id":"` + usr + `"}`},
		{"Owner", `{"id":"x"}`, `!`, `!`},
		{"Owner", `{}`, `!`, `!`},
		{"Team", `["` + usr + `",{"id":"` + ugp + `"}]`, `[{"id":"` + usr + `"},{"id":"` + ugp + `"}]`, `[{"id":"` + usr + `"},{"id":"` + ugp + `"}]`},
		{"Team", `[]`, ``, ``},
		{"Team", `"` + usr + `"`, `!`, `!`},
		{"Files", `[{"id":"` + att + `"}]`, `[{"id":"` + att + `","url":"https://known","filename":"known.txt"}]`, `[{"id":"` + att + `","url":"https://known","filename":"known.txt"}]`},
		{"Files", `[{"id":"attBBBBBBBBBBBBBB"}]`, `!`, `!`},
		{"Files", `[{"url":"ftp://x"}]`, `!`, `!`},
		{"Files", `[{}]`, `!`, `!`},
		{"Files", `[]`, ``, ``},
		{"Files", `"https://x"`, `!`, `!`},
		{"Code", `{"text":"1","type":"ean13","more":1}`, `{"text":"1","type":"ean13"}`, `{"text":"1","type":"ean13"}`},
		{"Code", `{"text":""}`, `!`, `!`},
		{"Code", `"1"`, `!`, `{"text":"1"}`},
		{"Firm", `["` + rec2 + `","` + rec1 + `","` + rec2 + `"]`, `["` + rec2 + `","` + rec1 + `"]`, `["` + rec2 + `","` + rec1 + `"]`},
		{"Firm", `["recBBBBBBBBBBBBBB"]`, `!`, `!`},
		{"Firm", `["Acme","` + rec1 + `"]`, `!`, `["` + rec1 + `"]`},
		{"Firm", `"Acme, "`, `!`, `["` + rec1 + `"]`},
		{"Firm", `["refused"]`, `!`, `!`},
		{"Firm", `[]`, ``, ``},
		{"Sum", `1`, `!`, `!`},
		{"Sum", `null`, `!`, `!`},
	} {
		for typecast, want := range map[bool]string{false: c.strict, true: c.typecast} {
			got, err := setup(t).read(c.field, c.sent, typecast)
			if err != nil {
				got = "!"
			}
			if got != want {
				t.Errorf("%s, typecast %v: %s is stored as %s, want %s (%v)", c.field, typecast, c.sent, got, want, err)
			}
		}
	}
}

func TestTheWordsOfRefusals(t *testing.T) {
	t.Parallel()
	const column = "INVALID_VALUE_FOR_COLUMN: "
	for _, c := range []struct {
		field, sent string
		typecast    bool
		want        string
	}{
		{"Name", `{}`, true, column + `Field "Name" cannot accept the provided value`},
		{"Age", `"five"`, true, column + `Cannot parse value "five" for field Age`},
		{"Day", `"soon"`, false, column + `Cannot parse value "soon" for field Day`},
		{"Stage", `"Lost"`, false, `INVALID_MULTIPLE_CHOICE_OPTIONS: Insufficient permissions to create new select option "\"Lost\""`},
		{"Firm", `{}`, true, column + "Value is not an array of record IDs."},
		{"Firm", `["Acme"]`, false, column + "Value is not an array of record IDs."},
		{"Firm", `["recBBBBBBBBBBBBBB"]`, true, "ROW_DOES_NOT_EXIST: Record ID recBBBBBBBBBBBBBB does not exist in this table"},
		{"Files", `[{}]`, true, "INVALID_ATTACHMENT_OBJECT: Invalid attachment for field Files: parameters must have a public url, or the id of an existing attachment"},
		{"Sum", `1`, true, column + `Field "Sum" cannot accept a value because the field is computed`},
	} {
		_, err := setup(t).read(c.field, c.sent, c.typecast)
		if err == nil || err.Status != 422 || err.Type+": "+err.Message != c.want {
			t.Errorf("%s %s: got %v, want %s", c.field, c.sent, err, c.want)
		}
	}
}

func TestTypecastMakesEachChoiceAndRecordOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for field, sent := range map[string]string{"Stage": `"Lost"`, "Tags": `"a, c, c"`, "Firm": `["Acme","Fresh"]`} {
		if _, err := w.read(field, sent, true); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]bool{"choice Stage Lost": true, "choice Tags c": true, "record Firm Fresh": true}
	for _, made := range w.made {
		if !want[made] {
			t.Errorf("made %s", made)
		}
		delete(want, made)
	}
	if len(want) > 0 {
		t.Errorf("did not make %v", want)
	}
}

func TestNewAttachmentsGetAnIDAndAName(t *testing.T) {
	t.Parallel()
	w := setup(t)
	value, err := cell.Reader{Context: w}.Read(w.Field("Files"), json.RawMessage(`[{"url":"https://x/dir/a.png"},{"url":"http://x/b","filename":"c"}]`))
	if err != nil {
		t.Fatal(err)
	}
	files := cell.Attachments(value)
	if len(files) != 2 || files[0].Filename != "a.png" || files[1].Filename != "c" || !wire.IsID(files[0].ID, "att") || files[0].ID == files[1].ID {
		t.Errorf("got %+v", files)
	}
	if got := cell.Attachments("text"); got != nil {
		t.Errorf("a text has the attachments %v", got)
	}
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for field, value := range map[string]cell.Value{
		"Name": "a\"b", "Rich": "\n", "Age": -1.5, "Stars": 5.0, "Done": true, "Day": "2024-02-03", "Tags": []string{"a", "b"}, "Firm": []string{rec1},
		"Owner": json.RawMessage(`{"id":"` + usr + `"}`), "Team": json.RawMessage(`[{"id":"` + usr + `"}]`), "Files": json.RawMessage(`[{"id":"x"}]`),
	} {
		back, err := cell.Decode(w.Field(field), cell.Append(nil, value))
		if err != nil || !cell.Same(value, back) {
			t.Errorf("%s: %v reads back as %v, %v", field, value, back, err)
		}
	}
	if got := cell.Append([]byte("x"), nil); string(got) != "x" {
		t.Errorf("an empty cell is written as %s", got)
	}
	for _, raw := range []string{`"open`, `[1`, `x`} {
		if got, err := cell.Decode(w.Field("Tags"), json.RawMessage(raw)); err == nil {
			t.Errorf("%s reads as %v", raw, got)
		}
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	values := []cell.Value{nil, "a", "1", 1.0, true, []string{"a"}, []string{"a", "b"}, []string{"b", "a"}, json.RawMessage(`{"id":"a"}`), json.RawMessage(`["a"]`)}
	for i, a := range values {
		for k, b := range values {
			if got := cell.Same(a, b); got != (i == k) {
				t.Errorf("%v and %v: got %v", a, b, got)
			}
		}
	}
}

func TestWhatFormulasSee(t *testing.T) {
	t.Parallel()
	w := setup(t)
	day := formula.Instant(1706918400000)
	for _, c := range []struct {
		field string
		value cell.Value
		want  formula.Value
	}{
		{"Name", "2024-02-03", formula.Text("2024-02-03")},
		{"Name", nil, formula.Value{}},
		{"Age", 3.0, formula.Num(3)},
		{"Age", nil, formula.Value{}},
		{"Done", true, formula.Num(1)},
		{"Done", nil, formula.Num(0)},
		{"Day", "2024-02-03", day},
		{"At", "2024-02-03T00:00:00.000Z", day},
		{"Tags", []string{"a", "b"}, formula.Text("a, b")},
		{"Owner", json.RawMessage(`{"id":"u","email":"a@x","name":"Ann"}`), formula.Text("Ann")},
		{"Team", json.RawMessage(`[{"id":"u","email":"a@x"},{"id":"v"}]`), formula.Text("a@x, ")},
		{"Files", json.RawMessage(`[{"id":"x","url":"u","filename":"f"}]`), formula.Text("f")},
		{"Code", json.RawMessage(`{"text":"123"}`), formula.Text("123")},
	} {
		if got := cell.Computable(w.Field(c.field), c.value); !cmp.Equal(got, c.want) {
			t.Errorf("%s %v: got %+v, want %+v", c.field, c.value, got, c.want)
		}
	}
}

func TestEveryShapeHasAFieldHere(t *testing.T) {
	t.Parallel()
	seen := map[schema.Shape]bool{}
	for _, f := range setup(t).Fields {
		seen[f.Shape()] = true
	}
	var missing []schema.Shape
	for shape := schema.Line; shape <= schema.Formula; shape++ {
		if !seen[shape] {
			missing = append(missing, shape)
		}
	}
	if diff := cmp.Diff([]schema.Shape(nil), missing); diff != "" {
		t.Error(diff)
	}
}
