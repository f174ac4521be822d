package formula

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// testRow is a record with a few fields of every type.
type testRow map[string]Value

func (r testRow) Field(id string) Value { return r[id] }
func (testRow) RecordID() string        { return "recAAAAAAAAAAAAAA" }
func (testRow) CreatedTime() int64      { return at("2024-01-01T00:00:00Z") }

// LastModifiedTime knows a time for the record, and an earlier one for the name.
func (testRow) LastModifiedTime(ids []string) Value {
	switch strings.Join(ids, ",") {
	case "":
		return Instant(at("2024-03-05T10:20:30.500Z"))
	case "fldName", "fldName,fldAge":
		return Instant(at("2024-02-01T00:00:00Z"))
	}
	return Value{}
}

func (testRow) Now() int64 { return at("2024-03-06T12:00:00Z") }

func at(text string) int64 {
	when, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return when.UnixMilli()
}

var row = testRow{
	"fldName": Text("Ann Smith"), "fldAge": Num(30), "fldZero": Num(0), "fldDone": Bool(true),
	"fldDue": Instant(at("2024-03-05T00:00:00Z")), "fldLinks": Text("Acme, Apex"), "fldBad": Failed(),
}

// fields are the columns of the row by name, each with its id and type.
var fields = map[string]struct {
	id     string
	static Type
}{
	"Name": {"fldName", TextType}, "Full name": {"fldName", TextType}, "Age": {"fldAge", NumberType},
	"Zero": {"fldZero", NumberType}, "Done": {"fldDone", NumberType}, "Due": {"fldDue", DateType},
	"Links": {"fldLinks", TextType}, "Empty": {"fldEmpty", TextType}, "a}b": {"fldBrace", TextType},
	"Bad": {"fldBad", NumberType}, "Gap": {"fldGap", NumberType},
}

func resolve(name string) (string, Type, bool) {
	for known, field := range fields {
		if name == known || name == field.id {
			return field.id, field.static, true
		}
	}
	return "", Any, false
}

func TestEval(t *testing.T) {
	t.Parallel()
	bad := Failed()
	for source, want := range map[string]Value{
		// operators and their precedence
		"1+2*3":           Num(7),
		"(1+2)*3":         Num(9),
		"-2*-3":           Num(6),
		"8/2/2":           Num(2),
		"1+1=2":           Num(1),
		"1&1":             Text("11"),
		"1+1&2+2":         Text("24"),
		"1/0":             Num(math.Inf(1)),
		`"a"&1.5&"b"`:     Text("a1.5b"),
		`"a\"b" & 'c\'d'`: Text(`a"bc'd`),
		`"x\\y\n"`:        Text("x\\y\n"),
		"5>=5":            Num(1),
		"5<=4":            Num(0),
		`"b">"a"`:         Num(1),
		`"a"+1`:           bad,
		`{Due}+1`:         bad,
		`"a">1`:           bad,
		`0/0>=0/0`:        Num(0),
		`"a"!="b"`:        Num(1),
		`"2">1`:           bad,
		// fields
		"{Name}":               Text("Ann Smith"),
		"{Full name}":          Text("Ann Smith"),
		"{fldName}":            Text("Ann Smith"),
		"Age+1":                Num(31),
		"{Gap}+1":              Num(1),
		`{Name}="Ann Smith"`:   Num(1),
		`{Name}="ann smith"`:   Num(0),
		`{Age}="30"`:           Num(0),
		`{Links}="Acme, Apex"`: Num(1),
		`{Done}=1`:             Num(1),
		`NOT({Done})`:          Num(0),
		`{Empty}=""`:           Num(1),
		`{Empty}=BLANK()`:      Num(1),
		`{Gap}=0`:              Num(1),
		`{Gap}!=BLANK()`:       Num(0),
		`{Bad}+1`:              bad,
		`{Bad}=1`:              bad,
		// functions
		`AND(1,"x",{Done})`:               Num(1),
		`AND(1,{Zero})`:                   Num(0),
		`AND({Bad},0)`:                    bad,
		`AND(0,{Bad})`:                    Num(0),
		`OR({Bad},1)`:                     bad,
		`OR(1,{Bad})`:                     Num(1),
		`NOT({Bad})`:                      bad,
		`IF({Bad},1,2)`:                   bad,
		`IF(1,{Bad},"x")`:                 bad,
		`LOWER({Bad})`:                    bad,
		`FIND({Bad},"x")`:                 bad,
		`FIND("x","x","y")`:               bad,
		`FIND("n","nn",99)`:               Num(0),
		`OR(0,"",{Name})`:                 Num(1),
		`or(0,BLANK())`:                   Num(0),
		`IF({Age}>18,"adult","child")`:    Text("adult"),
		`IF(0,"yes")`:                     {},
		`IF(1,5,"none")`:                  Text("5"),
		`IF(1,0,"none")`:                  {},
		`IF(1,5,6)`:                       Num(5),
		`LOWER({Name})`:                   Text("ann smith"),
		`FIND("Smith",{Name})`:            Num(5),
		`FIND("smith",{Name})`:            Num(0),
		`FIND("n",{Name},3)`:              Num(3),
		`FIND("n",{Name},4)`:              Num(0),
		`FIND("b","😀b")`:                  Num(3),
		`SEARCH("Ann",{Name})`:            Num(1),
		`SEARCH("zzz",{Name})`:            {},
		`RECORD_ID()`:                     Text("recAAAAAAAAAAAAAA"),
		`RECORD_ID()="recAAAAAAAAAAAAAA"`: Num(1),
		`LAST_MODIFIED_TIME({Name})&""`:   Text("2024-02-01T00:00:00.000Z"), `LAST_MODIFIED_TIME({Name},{Age})&""`: Text("2024-02-01T00:00:00.000Z"),
		`LAST_MODIFIED_TIME({Gap})&""`: {}, `LAST_MODIFIED_TIME("x")&""`: bad, `LAST_MODIFIED_TIME({Name},1)&""`: bad,
		`CREATED_TIME()&""`: Text("2024-01-01T00:00:00.000Z"),
		// dates
		`IS_AFTER(LAST_MODIFIED_TIME(),"2024-03-05T10:20:30.499Z")`:            Num(1),
		`IS_AFTER(LAST_MODIFIED_TIME(),"2024-03-05T10:20:30.500Z")`:            Num(0),
		`IS_BEFORE(CREATED_TIME(),DATETIME_PARSE("2024-01-01T00:00:00.001Z"))`: Num(1),
		`IS_SAME({Due},"2024-03-05")`:                                          Num(1),
		`IS_SAME({Due},LAST_MODIFIED_TIME())`:                                  Num(0),
		`IS_SAME({Due},LAST_MODIFIED_TIME(),"day")`:                            Num(1),
		`IS_SAME({Due},"2024-03-09","weeks")`:                                  Num(1),
		`IS_SAME({Due},"2024-03-10","week")`:                                   Num(0),
		`IS_SAME({Due},"2024-01-09","quarter")`:                                Num(1),
		`IS_SAME({Due},"2024-03-05","aeon")`:                                   bad,
		`IS_AFTER({Gap},"2024-01-01")`:                                         Num(0),
		`IS_AFTER("soon","2024-01-01")`:                                        bad,
		`{Due}="2024-03-05"`:                                                   Num(1),
		`{Due}>"2024-03-04"`:                                                   Num(1),
		`LAST_MODIFIED_TIME()>="2024-03-05T10:20:30.500Z"`:                     Num(1),
		`DATETIME_PARSE("5/3/2024 14:05","D/M/YYYY HH:mm")&""`:                 Text("2024-03-05T14:05:00.000Z"),
		`DATETIME_PARSE("4 Mar 2024 03:05 PM","D MMM YYYY hh:mm A")&""`:        Text("2024-03-04T15:05:00.000Z"),
		`DATETIME_PARSE("1709633106","X")&""`:                                  Text("2024-03-05T10:05:06.000Z"),
		`DATETIME_PARSE("nonsense")`:                                           bad,
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			f, err := Compile(source, resolve)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, f.Eval(row)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInvalidFormulas(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"", "1+", "(1", "1)", "\"open", "{open", "1 2", "FOO(1)", "LET(1)", "TRUE(1)", "UPPER()", "AND()", "NOT(1,2)", "BLANK(1)",
		"IF(1)", "1..2", "“curly”", "a b", ",", "FIND(\"a\")", "\xff",
		strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000), strings.Repeat("-", 5000) + "1",
	} {
		if _, err := Compile(source, resolve); !errors.Is(err, ErrInvalid) {
			t.Errorf("%.40q: got %v", source, err)
		}
	}
}

func TestUnknownFieldsAreNamedTogetherInLowerCase(t *testing.T) {
	t.Parallel()
	_, err := Compile(`AND({Foo}=1, {Name}="x", Bar="y", {Foo}=2, {name}="")`, resolve)
	var unknown *UnknownFieldsError
	if !errors.As(err, &unknown) || err.Error() != "Unknown field names: foo, bar, name" {
		t.Errorf("got %v", err)
	}
}

func TestCanonicalNamesFieldsByID(t *testing.T) {
	t.Parallel()
	f, err := Compile(`IF( {Full name} = "{Name}", Age, {fldName} & '')`, resolve)
	if err != nil {
		t.Fatal(err)
	}
	if want := `IF( {fldName} = "{Name}", {fldAge}, {fldName} & '')`; f.Canonical() != want {
		t.Errorf("got %s", f.Canonical())
	}
	if diff := cmp.Diff([]string{"fldName", "fldAge"}, f.Refs()); diff != "" {
		t.Error(diff)
	}
}

func TestStaticTypes(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]Type{
		"{Age}": NumberType, "{Name}": TextType, "{Due}": DateType, "1&2": TextType, "1=2": NumberType, "BLANK()": Any,
		`IF(1,{Age},{Name})`: TextType, `IF(1,{Age})`: NumberType, `IF(1,BLANK(),{Due})`: DateType, "RECORD_ID()": TextType,
		"LAST_MODIFIED_TIME()": DateType, "{Due}=1": NumberType, "-{Age}": NumberType,
	} {
		f, err := Compile(source, resolve)
		if err != nil {
			t.Fatal(err)
		}
		if f.Static() != want {
			t.Errorf("%s: got %d, want %d", source, f.Static(), want)
		}
	}
}

func TestEveryFunctionBelongsToOneFamily(t *testing.T) {
	t.Parallel()
	n := 0
	for _, family := range []map[string]function{logicFunctions, numberFunctions, listFunctions, textFunctions, regexFunctions, dateFunctions, calendarFunctions, recordFunctions} {
		n += len(family)
	}
	if n != len(functions) {
		t.Errorf("the families list %d functions, the language has %d: one name is in two families or a family is missing", n, len(functions))
	}
}

func TestZeroByZeroIsNotANumberAndFailsTheFilter(t *testing.T) {
	t.Parallel()
	f, err := Compile("0/0", resolve)
	if err != nil {
		t.Fatal(err)
	}
	if v := f.Eval(row); !math.IsNaN(v.Num) || v.Truthy() {
		t.Errorf("got %+v", v)
	}
}

func TestTruthy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value Value
		want  bool
	}{
		"0": {Num(0), false}, "1": {Num(1), true}, "blank": {Value{}, false}, "text": {Text("0"), true},
		"error": {Failed(), false}, "date": {Instant(0), true}, "empty text": {Text(""), false},
	} {
		if c.value.Truthy() != c.want {
			t.Errorf("%s: got %v, want %v", name, !c.want, c.want)
		}
	}
}

// FuzzCompile feeds arbitrary texts: none may panic, and a formula that compiles must compile again, and to
// the same value, from its canonical form.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"1+2", `{Name}&"x"`, `IF(AND({Age}>1,NOT({Done})),FIND("a",{Name},2),BLANK())`, `{a\}b}`, "-(-1)",
		`DATETIME_PARSE("1/2/2024","M/D/YYYY")`, `IS_SAME({Due},"2024-03-05",'day')`, `REGEX_REPLACE({Name},"(n+)","$1x")`, `REPT("ab",{Age})`, `ARRAYSLICE({Links},-1)`, `DATETIME_FORMAT(DATEADD({Due},1,"M"),"[x]LLLL Qo")`,
		`DATETIME_PARSE("a 1","dddd SSS")`, `WORKDAY({Due},-9)`, `SWITCH(1,2,3,"x")`, "((((", `"\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		first, err := Compile(source, anyField)
		if err != nil {
			return
		}
		second, err := Compile(first.Canonical(), anyField)
		if err != nil {
			t.Fatalf("%q compiles, its canonical form %q does not: %v", source, first.Canonical(), err)
		}
		if a, b := first.Eval(row), second.Eval(row); !cmp.Equal(a, b, cmpopts.EquateNaNs()) {
			t.Fatalf("%q is %+v, canonical %q is %+v", source, a, first.Canonical(), b)
		}
	})
}

// anyField knows the fields of the tests and takes every other name to be a text field.
func anyField(name string) (string, Type, bool) {
	if id, static, found := resolve(name); found {
		return id, static, true
	}
	return "fldOther", TextType, true
}
