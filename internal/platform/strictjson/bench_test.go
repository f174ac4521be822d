package strictjson_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// plain is a configuration without what encoding/json cannot read.
type plain struct {
	Bases []plainBase `json:"bases"`
	Rules []plainRule `json:"rules"`
	Size  int         `json:"size,omitempty" minimum:"1" maximum:"100" default:"100"`
	Live  bool        `json:"live,omitempty"`
}

type plainBase struct {
	ID     string   `json:"base_id" pattern:"^app"`
	Tables []string `json:"tables,omitempty" minLength:"1" uniqueItems:"true"`
}

type plainRule struct {
	Source  string            `json:"source_table" nonempty:"true"`
	Target  string            `json:"target_table" nonempty:"true"`
	Mapping map[string]string `json:"field_mapping,omitempty" minLength:"1"`
	Weight  float64           `json:"weight,omitempty" minimum:"0"`
}

// configuration returns a valid document of about kilobytes KB, indented as
// people write it.
func configuration(kilobytes int) []byte {
	c := plain{Size: 50}
	for i := range 4 * kilobytes / 10 {
		rule := plainRule{Source: fmt.Sprintf("Table %d", i), Target: fmt.Sprintf("Kopie „%d“", i), Weight: 1.5, Mapping: map[string]string{}}
		for j := range 6 {
			rule.Mapping[fmt.Sprintf("Field %d", j)] = fmt.Sprintf("Target field %d", j)
		}
		c.Rules = append(c.Rules, rule)
	}
	c.Bases = append(c.Bases, plainBase{ID: "appXXXXXXXXXXXXXX", Tables: []string{"One", "Two", "Three"}})
	raw, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		panic(err)
	}
	return raw
}

var plainType = strictjson.For[plain](strictjson.WithLimits(strictjson.Limits{Bytes: 1 << 30, Keys: 1 << 30, Values: 1 << 30}))

// BenchmarkDecode reads a configuration of 100 KB by turns with encoding/json,
// which checks nothing, and one ten times as long. It reports how many times
// longer both take.
func BenchmarkDecode(b *testing.B) {
	text, longer := configuration(100), configuration(1000)
	var standard, ours, ten time.Duration
	timed := func(sum *time.Duration, work func()) {
		start := time.Now()
		work()
		*sum += time.Since(start)
	}
	for b.Loop() {
		timed(&standard, func() {
			var c plain
			if err := json.Unmarshal(text, &c); err != nil {
				b.Fatal(err)
			}
		})
		timed(&ours, func() {
			if _, found := plainType.Decode(text); !found.OK() {
				b.Fatal(found.Err())
			}
		})
		timed(&ten, func() { plainType.Decode(longer) })
	}
	b.ReportMetric(float64(len(text))*float64(b.N)/ours.Seconds()/1e6, "MB/s")
	b.ReportMetric(float64(ours)/float64(standard), "x-encoding/json")
	b.ReportMetric(float64(ten)/float64(ours), "x-for-10x")
}

// BenchmarkHostile reads a megabyte of each sort that is meant to be expensive.
func BenchmarkHostile(b *testing.B) {
	for name, text := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				specimenType.Decode([]byte(text))
			}
		})
	}
}

// hostile returns documents that cost a careless reader much.
func hostile() map[string]string {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	nested := strings.Repeat(`{"type":"loop","do":[`, 30) + strings.Repeat(`]}`, 30)
	late := strings.Repeat(`{"do":[`, 30) + strings.Repeat(`],"type":"loop"}`, 30)
	return map[string]string{
		"unknown keys":       `{` + many(9_900, `"unknown_%d":1,`) + `}`,
		"near keys":          `{` + many(9_900, `"nam%d":1,`) + `}`,
		"long keys":          `{` + many(1_000, `"%01000d":1,`) + `}`,
		"wrong items":        `{"tags":[` + many(90_000, `%d,`) + `]}`,
		"unknown types":      `{"sources":[` + many(9_000, `{"type":"t%d"},`) + `]}`,
		"missing fields":     `{"inners":[` + strings.TrimSuffix(strings.Repeat(`{},`, 90_000), ",") + `]}`,
		"duplicate keys":     `{` + many(9_900, `"config":%d,`) + `}`,
		"duplicate variants": `{"sources":[{"type":"web",` + many(9_900, `"config":{"token":"secret:sec_%d"},`) + `}]}`,
		"map":                `{"headers":{` + many(9_900, `"h%d":"x",`) + `}}`,
		"brackets":           strings.Repeat("[", 1<<20),
		"objects":            strings.Repeat(`{"a":`, 1<<17),
		"nested unions":      `{"action":` + nested + `}`,
		"late selectors":     `{"action":` + late + `}`,
		"long number":        `{"raw":` + strings.Repeat("9", 1<<20-100) + `}`,
		"long string":        `{"name":"` + strings.Repeat(`\u00e9`, 1<<17) + `"}`,
		"bad text":           `{"tags":[` + strings.TrimSuffix(strings.Repeat("\"\xff\",", 90_000), ",") + `]}`,
		"spaces":             strings.Repeat(" ", 1<<20-2) + "{}",
	}
}
