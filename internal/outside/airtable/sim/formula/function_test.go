package formula

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// lookups are the values of two lookups and of a rollup.
func withLookups(t *testing.T, source string) Value {
	t.Helper()
	values := map[string]Value{
		"Firms": List([]Value{Text("Acme"), {}, Text("Apex"), Text("Acme")}), "Sizes": List([]Value{Num(3), Num(5), {}}),
		"One": List([]Value{Num(7)}), "None": List(nil), "Torn": List([]Value{Num(1), Failed()}), "Days": List([]Value{Instant(at("2024-01-02T00:00:00Z")), Instant(at("2024-01-01T00:00:00Z"))}),
	}
	f, err := Compile(source, func(name string) (string, Type, bool) {
		if name == "Days" {
			return name, DateType, true
		}
		return name, Any, true
	})
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return f.Eval(testRow(values))
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	bad := Failed()
	for source, want := range map[string]Value{
		// truths and decisions
		`TRUE()`: Num(1), `FALSE()`: Num(0), `{Done}=TRUE()`: Num(1), `{Zero}=FALSE()`: Num(1), `{Empty}=FALSE()`: Num(1),
		`XOR(1,0,1)`: Num(0), `XOR(1,0,0)`: Num(1), `XOR({Bad},1)`: bad,
		`SWITCH({Age},1,"one",30,"thirty","many")`: Text("thirty"), `SWITCH({Age},1,"one","many")`: Text("many"), `SWITCH({Age},1,"one")`: {},
		`SWITCH({Age},30,1,"x")`: Text("1"), `SWITCH({Bad},1,2)`: bad, `SWITCH(1,{Bad},2)`: bad, `SWITCH(1,1,2,{Bad})`: Num(2),
		`ERROR()`: bad, `ISERROR({Bad})`: Num(1), `ISERROR(1)`: Num(0), `IF(ISERROR("a"+1),"no","yes")`: Text("no"),
		// numbers
		`ABS(-2)`: Num(2), `INT(-1.5)`: Num(-2), `SQRT(9)`: Num(3), `EXP(0)`: Num(1), `LOG(1000)`: Num(math.Log(1000) / math.Log(10)), `LOG(8,2)`: Num(3),
		`POWER(2,10)`: Num(1024), `MOD(7,3)`: Num(1), `MOD(-7,3)`: Num(2), `EVEN(1.5)`: Num(2), `EVEN(-1.5)`: Num(-2), `ODD(1.5)`: Num(3), `ODD(-2)`: Num(-3), `ODD(1)`: Num(1),
		`ROUND(2.5)`: Num(3), `ROUND(1.005,2)`: Num(1.01), `ROUND(123.4,-1)`: Num(120), `ROUNDUP(1.1)`: Num(2), `ROUNDUP(-1.11,1)`: Num(-1.2), `ROUNDDOWN(-1.19,1)`: Num(-1.1),
		`CEILING(1.1)`: Num(2), `CEILING(0.7,0.1)`: Num(0.7), `FLOOR(1.9)`: Num(1), `FLOOR(17,5)`: Num(15), `ABS("x")`: bad, `ROUND(1,"x")`: bad, `ABS({Gap})`: Num(0), `ABS({Bad})`: bad,
		`VALUE("$1,234.50 net")`: Num(1234.5), `VALUE("-3")`: Num(-3), `VALUE("none")`: bad, `VALUE(4)`: Num(4),
		`SUM(1,2,{Gap},3)`: Num(6), `SUM(1,"x")`: Num(1), `SUM({Bad})`: bad, `AVERAGE(1,2,{Gap})`: Num(1.5), `AVERAGE({Gap})`: Num(math.NaN()),
		`MAX(1,3,2)`: Num(3), `MIN(1,3,2)`: Num(1), `MAX({Gap})`: Num(0), `MIN({Due},LAST_MODIFIED_TIME())`: Instant(at("2024-03-05T00:00:00Z")),
		`COUNT(1,"x",{Gap},2)`: Num(2), `COUNTA(1,"x",{Gap},2)`: Num(3), `COUNTALL(1,"x",{Gap},2)`: Num(4),
		// texts
		`UPPER({Name})`: Text("ANN SMITH"), `TRIM("  a b ")`: Text("a b"), `LEN("😀b")`: Num(3), `LEN({Empty})`: Num(0), `CONCATENATE("a",1,{Empty},"b")`: Text("a1b"),
		`LEFT({Name},3)`: Text("Ann"), `LEFT({Name})`: Text("A"), `LEFT("ab",9)`: Text("ab"), `LEFT("ab",-1)`: {}, `RIGHT({Name},5)`: Text("Smith"), `RIGHT("ab",9)`: Text("ab"), `RIGHT("ab",0)`: {},
		`MID({Name},5,2)`: Text("Sm"), `MID("ab",9,1)`: {}, `LEFT("a","b")`: bad, `MID("a","b",1)`: bad, `REPT("ab",3)`: Text("ababab"), `REPT("ab",0)`: {}, `REPT("ab",1/0)`: bad, `REPT("a",9999999)`: bad,
		`REPLACE("database",5,4,"set")`: Text("dataset"), `REPLACE("abc",9,1,"x")`: Text("abcx"), `SUBSTITUTE("a-b-c","-","+")`: Text("a+b+c"), `SUBSTITUTE("a-b-c","-","+",2)`: Text("a-b+c"),
		`SUBSTITUTE("a-b","-","+",3)`: Text("a-b"), `SUBSTITUTE("ab","","x")`: Text("ab"), `T("a")`: Text("a"), `T(1)`: {}, `ENCODE_URL_COMPONENT("a b/ü~(!)")`: Text("a%20b%2F%C3%BC~(!)"),
		`REGEX_MATCH("Hello","H.l+o")`: Num(1), `REGEX_MATCH("Hello","(")`: bad, `REGEX_EXTRACT("tel 555-12","[0-9]+-[0-9]+")`: Text("555-12"), `REGEX_EXTRACT("x","[0-9]")`: bad,
		`REGEX_REPLACE("John Smith","(\\w+) (\\w+)","$2x, $1")`: Text("Smithx, John"), `REGEX_REPLACE("aaa","a","")`: {},
		`SUBSTITUTE(REPT("a",1000000),"a","aaaa")`: bad, `REGEX_REPLACE(REPT("a",1000000),"a","aaaa")`: bad, `CONCATENATE(REPT("a",1000000),REPT("a",1000000))`: bad,
	} {
		f, err := Compile(source, resolve)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if diff := cmp.Diff(want, f.Eval(row), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%.80s: %s", source, diff)
		}
	}
}

func TestFormulasOverLookups(t *testing.T) {
	t.Parallel()
	texts := func(all ...string) Value {
		var values []Value
		for _, one := range all {
			values = append(values, Text(one))
		}
		return List(values)
	}
	for source, want := range map[string]Value{
		`SUM({Sizes})`: Num(8), `SUM({Sizes},{One},1)`: Num(16), `AVERAGE({Sizes})`: Num(4), `MAX({Sizes})`: Num(5), `MIN({Sizes})`: Num(3), `MAX({None})`: Num(0), `SUM({Torn})`: Failed(),
		`MAX({Days})`: Instant(at("2024-01-02T00:00:00Z")), `COUNT({Sizes})`: Num(2), `COUNTA({Firms})`: Num(3), `COUNTALL({Firms})`: Num(4), `COUNTALL({None})`: Num(0),
		`ARRAYJOIN({Firms},"; ")`: Text("Acme; Apex; Acme"), `ARRAYJOIN({Firms})`: Text("Acme, Apex, Acme"), `ARRAYUNIQUE({Firms})`: texts("Acme", "Apex"), `ARRAYCOMPACT({Firms})`: texts("Acme", "Apex", "Acme"),
		`ARRAYFLATTEN({One},{Sizes})`: List([]Value{Num(7), Num(3), Num(5), {}}), `ARRAYSLICE(ARRAYCOMPACT({Firms}),2)`: texts("Apex", "Acme"), `ARRAYSLICE(ARRAYCOMPACT({Firms}),-2,-1)`: texts("Apex", "Acme"),
		`ARRAYSLICE(ARRAYCOMPACT({Firms}),1,1)`: texts("Acme"), `ARRAYSLICE({Firms},9)`: List(nil), `{Firms}&""`: Text("Acme, Apex, Acme"), `{One}+1`: Num(8), `{Sizes}+1`: Failed(), `{None}+1`: Num(1),
		`{One}=7`: Num(1), `{None}=BLANK()`: Num(1), `{Firms}="Acme, Apex, Acme"`: Num(1), `FIND("Apex",{Firms})`: Num(7), `IF({None},1,2)`: Num(2), `IF({One},1,2)`: Num(1), `{One}>6`: Num(1),
		`LEN({Firms})`: Num(16), `IS_AFTER(MAX({Days}),"2024-01-01")`: Num(1), `YEAR({Sizes})`: Failed(),
	} {
		if diff := cmp.Diff(want, withLookups(t, source), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", source, diff)
		}
	}
}

// all are the functions that Airtable documents.
var all = []string{"ABS", "AND", "ARRAYCOMPACT", "ARRAYFLATTEN", "ARRAYJOIN", "ARRAYSLICE", "ARRAYUNIQUE", "AVERAGE", "BLANK", "CEILING", "CONCATENATE", "COUNT", "COUNTA",
	"COUNTALL", "CREATED_TIME", "DATEADD", "DATESTR", "DATETIME_DIFF", "DATETIME_FORMAT", "DATETIME_PARSE", "DAY", "ENCODE_URL_COMPONENT", "ERROR", "EVEN", "EXP",
	"FALSE", "FIND", "FLOOR", "FROMNOW", "HOUR", "IF", "INT", "ISERROR", "IS_AFTER", "IS_BEFORE", "IS_SAME", "LAST_MODIFIED_TIME", "LEFT", "LEN", "LOG", "LOWER",
	"MAX", "MID", "MIN", "MINUTE", "MOD", "MONTH", "NOT", "NOW", "ODD", "OR", "POWER", "RECORD_ID", "REGEX_EXTRACT", "REGEX_MATCH", "REGEX_REPLACE", "REPLACE",
	"REPT", "RIGHT", "ROUND", "ROUNDDOWN", "ROUNDUP", "SEARCH", "SECOND", "SET_LOCALE", "SET_TIMEZONE", "SQRT", "SUBSTITUTE", "SUM", "SWITCH", "T", "TIMESTR",
	"TODAY", "TONOW", "TRIM", "TRUE", "UPPER", "VALUE", "WEEKDAY", "WEEKNUM", "WORKDAY", "WORKDAY_DIFF", "XOR", "YEAR"}

func TestEveryDocumentedFunctionIsKnownAndNoOther(t *testing.T) {
	t.Parallel()
	for _, name := range all {
		if _, known := functions[name]; !known {
			t.Errorf("%s is missing", name)
		}
	}
	if len(functions) != len(all) {
		t.Errorf("%d functions, Airtable documents %d", len(functions), len(all))
	}
}
