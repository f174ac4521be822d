package formula

import (
	"strconv"
	"testing"
	"time"
)

// evalText evaluates a formula and returns its value as a text.
func evalText(t *testing.T, source string) string {
	t.Helper()
	f, err := Compile(source, resolve)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return f.Eval(row).String()
}

// The results are those of moment.js 2.30, not strict, in UTC, with 2024-03-06T12:00:00Z as its now.
func TestDatesAreReadAsMomentReadsThem(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"2020-01-01T00:00:00Z", "YYYY-MM-DD HH:mm:ss", "2020-01-01T00:00:00.000Z"},
		{"5/3/2024 14:05", "D/M/YYYY HH:mm", "2024-03-05T14:05:00.000Z"},
		{"4 Mar 2024 03:05 PM", "D MMM YYYY hh:mm A", "2024-03-04T15:05:00.000Z"},
		{"1709633106", "X", "2024-03-05T10:05:06.000Z"},
		{"1709633106123", "x", "2024-03-05T10:05:06.123Z"},
		{"2024-03-05", "YYYY-MM-DD HH:mm", "2024-03-05T00:00:00.000Z"},
		{"2024-03-05 10:20:30.456", "YYYY-MM-DD HH:mm:ss.SSS", "2024-03-05T10:20:30.456Z"},
		{"10:20", "HH:mm", "2024-03-06T10:20:00.000Z"},
		{"2024", "YYYY", "2024-01-01T00:00:00.000Z"},
		{"March 7th, 2023", "MMMM Do, YYYY", "2023-03-07T00:00:00.000Z"},
		{"3/5/24", "M/D/YY", "2024-03-05T00:00:00.000Z"},
		{"3/5/71", "M/D/YY", "1971-03-05T00:00:00.000Z"},
		{"3/5/69", "M/D/YY", "1969-03-05T00:00:00.000Z"},
		{"3/5/68", "M/D/YY", "2068-03-05T00:00:00.000Z"},
		{"13/40/2024", "M/D/YYYY", ""},
		{"2024-03-05T10:20:30+02:00", "YYYY-MM-DDTHH:mm:ssZ", "2024-03-05T08:20:30.000Z"},
		{"2024-03-05 10:20:30 -0330", "YYYY-MM-DD HH:mm:ss ZZ", "2024-03-05T13:50:30.000Z"},
		{"garbage", "YYYY-MM-DD", ""},
		{"05.03.2024", "DD.MM.YYYY", "2024-03-05T00:00:00.000Z"},
		{"05-03-2024", "DD.MM.YYYY", "2024-03-05T00:00:00.000Z"},
		{"20240305", "YYYYMMDD", "2024-03-05T00:00:00.000Z"},
		{"2024-065", "YYYY-DDDD", "2024-03-05T00:00:00.000Z"},
		{"Q2 2024", "[Q]Q YYYY", "2024-04-01T00:00:00.000Z"},
		{"Tuesday 5 March 2024", "dddd D MMMM YYYY", "2024-03-05T00:00:00.000Z"},
		{"Monday 5 March 2024", "dddd D MMMM YYYY", ""},
		{"12:30 am 3/5/2024", "h:mm a M/D/YYYY", "2024-03-05T00:30:00.000Z"},
		{"12:30 pm 3/5/2024", "h:mm a M/D/YYYY", "2024-03-05T12:30:00.000Z"},
		{"2024-03-05 24:00", "YYYY-MM-DD HH:mm", "2024-03-06T00:00:00.000Z"},
		{"2024-03-05 25:00", "YYYY-MM-DD HH:mm", ""},
		{"02/30/2024", "MM/DD/YYYY", ""},
		{"Sept 5 2024", "MMM D YYYY", "2024-09-05T00:00:00.000Z"},
		{"Foo 5 2024", "MMM D YYYY", ""},
		{"03/05/2024", "L", "2024-03-05T00:00:00.000Z"},
		{"March 5, 2024 3:04 PM", "LLL", "2024-03-05T15:04:00.000Z"},
		{"3/5", "M/D", "2024-03-05T00:00:00.000Z"},
		{"", "YYYY", ""},
		{"2024-3-5", "YYYY-MM-DD", "2024-03-05T00:00:00.000Z"},
		{"  2024-03-05  ", "YYYY-MM-DD", "2024-03-05T00:00:00.000Z"},
	} {
		want := c[2]
		if want == "" && c[0] != "" {
			want = Failed().Text
		}
		if got := evalText(t, "DATETIME_PARSE("+strconv.Quote(c[0])+","+strconv.Quote(c[1])+")"); got != want {
			t.Errorf("%q by %q: got %s, want %s", c[0], c[1], got, want)
		}
	}
}

// The results are those of moment.js 2.30.
func TestDatesAreWrittenAsMomentWritesThem(t *testing.T) {
	t.Parallel()
	dates := []time.Time{time.UnixMilli(at("2024-03-05T09:08:07.045Z")), time.UnixMilli(at("2023-12-31T23:59:59.999Z")), time.UnixMilli(at("2022-01-01T00:00:00Z"))}
	for _, c := range [][4]string{
		{"YYYY-MM-DD HH:mm:ss.SSS", "2024-03-05 09:08:07.045", "2023-12-31 23:59:59.999", "2022-01-01 00:00:00.000"},
		{"D MMM YY", "5 Mar 24", "31 Dec 23", "1 Jan 22"},
		{"dddd, MMMM Do YYYY", "Tuesday, March 5th 2024", "Sunday, December 31st 2023", "Saturday, January 1st 2022"},
		{"h:mm a", "9:08 am", "11:59 pm", "12:00 am"},
		{"hh:mm A", "09:08 AM", "11:59 PM", "12:00 AM"},
		{"L", "03/05/2024", "12/31/2023", "01/01/2022"},
		{"LL", "March 5, 2024", "December 31, 2023", "January 1, 2022"},
		{"LLL", "March 5, 2024 9:08 AM", "December 31, 2023 11:59 PM", "January 1, 2022 12:00 AM"},
		{"LLLL", "Tuesday, March 5, 2024 9:08 AM", "Sunday, December 31, 2023 11:59 PM", "Saturday, January 1, 2022 12:00 AM"},
		{"l ll", "3/5/2024 Mar 5, 2024", "12/31/2023 Dec 31, 2023", "1/1/2022 Jan 1, 2022"},
		{"LT LTS", "9:08 AM 9:08:07 AM", "11:59 PM 11:59:59 PM", "12:00 AM 12:00:00 AM"},
		{"Q Qo", "1 1st", "4 4th", "1 1st"},
		{"DDD DDDD DDDo", "65 065 65th", "365 365 365th", "1 001 1st"},
		{"d do dd ddd e E", "2 2nd Tu Tue 2 2", "0 0th Su Sun 0 7", "6 6th Sa Sat 6 6"},
		{"w wo ww W Wo WW", "10 10th 10 10 10th 10", "1 1st 01 52 52nd 52", "1 1st 01 52 52nd 52"},
		{"gg gggg GG GGGG", "24 2024 24 2024", "24 2024 23 2023", "22 2022 21 2021"},
		{"k kk", "9 09", "23 23", "24 24"},
		{"X x", "1709629687 1709629687045", "1704067199 1704067199999", "1640995200 1640995200000"},
		{"Z ZZ", "+00:00 +0000", "+00:00 +0000", "+00:00 +0000"},
		{"[at] H", "at 9", "at 23", "at 0"},
		{"S SS SSSS", "0 04 0450", "9 99 9990", "0 00 0000"},
		{"YYYYY YYYYYY Y", "02024 +002024 2024", "02023 +002023 2023", "02022 +002022 2022"},
		{"Mo Do", "3rd 5th", "12th 31st", "1st 1st"},
		{"\\D D", "D 5", "D 31", "D 1"},
		{"YYYY-MM-DDTHH:mm:ssZ", "2024-03-05T09:08:07+00:00", "2023-12-31T23:59:59+00:00", "2022-01-01T00:00:00+00:00"},
		{"HHmm", "0908", "2359", "0000"},
	} {
		for i, date := range dates {
			if got := formatMoment(date.UTC(), c[0]); got != c[i+1] {
				t.Errorf("%s by %q: got %s, want %s", date.UTC(), c[0], got, c[i+1])
			}
		}
	}
}

func TestDatesWithoutAFormat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2024-03-05": "2024-03-05T00:00:00.000Z", "March 5, 2024": "2024-03-05T00:00:00.000Z", "5 Mar 2024": "2024-03-05T00:00:00.000Z",
		"3/5/2024": "2024-03-05T00:00:00.000Z", "Tue, 05 Mar 2024 10:00:00 GMT": "2024-03-05T10:00:00.000Z", "soon": Failed().Text,
	} {
		if got := evalText(t, "DATETIME_PARSE("+strconv.Quote(text)+")"); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	const late = `DATETIME_PARSE("2024-07-01T23:30:00Z")`
	for source, want := range map[string]string{
		`DATETIME_FORMAT(SET_TIMEZONE(` + late + `,"Europe/Berlin"),"YYYY-MM-DD HH:mm Z")`:    "2024-07-02 01:30 +02:00",
		`DAY(SET_TIMEZONE(` + late + `,"Europe/Berlin"))`:                                     "2",
		`HOUR(SET_TIMEZONE(` + late + `,"America/Los_Angeles"))`:                              "16",
		`DATESTR(DATEADD(SET_TIMEZONE(` + late + `,"Europe/Berlin"),1,"day"))`:                "2024-07-03",
		`SET_TIMEZONE(` + late + `,"Europe/Berlin")&""`:                                       "2024-07-01T23:30:00.000Z",
		`IF(SET_TIMEZONE(` + late + `,"Europe/Berlin")=` + late + `,"same","other")`:          "same",
		`SET_TIMEZONE(` + late + `,"Nowhere/Else")`:                                           Failed().Text,
		`DATETIME_FORMAT(SET_LOCALE(SET_TIMEZONE(` + late + `,"Asia/Tokyo"),"de"),"D. MMMM")`: "2. July",
		`DATETIME_FORMAT(SET_TIMEZONE({Gap},"Europe/Berlin"))`:                                "",
		`DATETIME_FORMAT(SET_TIMEZONE(` + late + `,"UTC"))`:                                   "2024-07-01T23:30:00+00:00",
	} {
		if got := evalText(t, source); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`NOW()`:                 "2024-03-06T12:00:00.000Z",
		`TODAY()`:               "2024-03-06T00:00:00.000Z",
		`IS_AFTER(NOW(),{Due})`: "1",
		`YEAR({Due})&"/"&MONTH({Due})&"/"&DAY({Due})`:                   "2024/3/5",
		`MINUTE(LAST_MODIFIED_TIME())&":"&SECOND(LAST_MODIFIED_TIME())`: "20:30",
		`YEAR({Gap})`:                                                   "",
		`YEAR("soon")`:                                                  Failed().Text,
		`WEEKDAY({Due})`:                                                "2",
		`WEEKDAY({Due},"Monday")`:                                       "1",
		`WEEKNUM({Due})`:                                                "10",
		`WEEKNUM("2023-12-31")`:                                         "1",
		`WEEKNUM("2023-12-31","Monday")`:                                "53",
		`DATESTR(DATEADD("2024-01-31",1,"month"))`:                      "2024-02-29",
		`DATESTR(DATEADD("2024-02-29",-1,"years"))`:                     "2023-02-28",
		`DATESTR(DATEADD("2024-03-05",1,"quarter"))`:                    "2024-06-05",
		`DATESTR(DATEADD("2024-03-05",2,"w"))`:                          "2024-03-19",
		`DATEADD("2024-03-05",90,"minutes")`:                            "2024-03-05T01:30:00.000Z",
		`DATEADD("2024-03-05",1,"aeon")`:                                Failed().Text,
		`DATEADD("2024-03-05","x","day")`:                               Failed().Text,
		`DATEADD({Gap},1,"day")`:                                        "",
		`DATETIME_DIFF("2024-03-31","2024-02-29","months")`:             "1",
		`DATETIME_DIFF("2024-02-29","2024-03-31","months")`:             "-1",
		`DATETIME_DIFF("2024-01-31","2024-03-01","months")`:             "-1",
		`DATETIME_DIFF("2025-01-01","2024-01-02","years")`:              "0",
		`DATETIME_DIFF("2025-01-01","2024-01-02","M")`:                  "11",
		`DATETIME_DIFF("2025-01-01","2024-01-02","quarters")`:           "3",
		`DATETIME_DIFF("2024-03-05T10:00Z","2024-03-04T11:00Z","days")`: "0",
		`DATETIME_DIFF("2024-03-05","2024-03-04")`:                      "86400",
		`DATETIME_DIFF("2024-03-05","2024-03-04","aeon")`:               Failed().Text,
		`DATETIME_DIFF("2024-03-05",{Gap})`:                             Failed().Text,
		`DATESTR(WORKDAY("2024-03-08",1))`:                              "2024-03-11",
		`DATESTR(WORKDAY("2024-03-08",2,"2024-03-11, 2024-03-12"))`:     "2024-03-14",
		`DATESTR(WORKDAY("2024-03-11",-1))`:                             "2024-03-08",
		`WORKDAY("2024-03-11",1/0)`:                                     Failed().Text,
		`WORKDAY_DIFF("2024-03-08","2024-03-11")`:                       "2",
		`WORKDAY_DIFF("2024-03-11","2024-03-08")`:                       "-2",
		`WORKDAY_DIFF("2024-03-08","2024-03-11","2024-03-11")`:          "1",
		`TIMESTR(LAST_MODIFIED_TIME())`:                                 "10:20:30",
		`DATETIME_FORMAT("10/22/2003","M")`:                             "10",
	} {
		if got := evalText(t, source); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

// The words are those of moment.js 2.30.
func TestDistancesFromNow(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]string{
		10: "a few seconds", 44: "a few seconds", 60: "a minute", 100: "2 minutes", 2640: "44 minutes", 2760: "an hour", 18000: "5 hours",
		82800: "a day", 108000: "a day", 1728000: "20 days", 2332800: "a month", 5184000: "2 months", 34560000: "a year", 69120000: "2 years",
	} {
		for _, name := range []string{"FROMNOW", "TONOW"} {
			if got := evalText(t, name+"(DATEADD(NOW(),-"+strconv.Itoa(seconds)+`,"s"))`); got != want {
				t.Errorf("%s of %d s: got %s, want %s", name, seconds, got, want)
			}
		}
	}
}
