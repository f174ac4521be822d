// Package listing is how records are listed: what a caller may ask, which records that chooses in which order, and
// the pages by which they are read. It changes nothing and knows no HTTP.
package listing

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// maxPage is the size of the largest page, and of the one that comes when no size is asked for.
const maxPage = 100

// Params are the parameters of a listing as they came, before they are compared with a table.
type Params struct {
	Fields       []string  `json:"fields"`
	Filter       string    `json:"filterByFormula"`
	Sort         []sorting `json:"sort"`
	View         string    `json:"view"`
	PageSize     *int      `json:"pageSize"`
	MaxRecords   *int      `json:"maxRecords"`
	Offset       string    `json:"offset"`
	CellFormat   string    `json:"cellFormat"`
	ByID         bool      `json:"returnFieldsByFieldId"`
	Metadata     []string  `json:"recordMetadata"`
	DateMetadata bool      `json:"includeDateDependencyMetadata"`

	timeZone   string
	userLocale string
}

// sorting is one level of the sort as it came.
type sorting struct {
	Field     string `json:"field"`
	Direction string `json:"direction"`
}

// FromQuery reads the parameters of a GET.
func FromQuery(query url.Values) (Params, *wire.Error) {
	p := Params{
		Fields: wire.List(query, "fields"), Metadata: wire.List(query, "recordMetadata"),
		Filter: query.Get("filterByFormula"), View: query.Get("view"), Offset: query.Get("offset"),
		CellFormat: query.Get("cellFormat"), timeZone: query.Get("timeZone"), userLocale: query.Get("userLocale"),
		ByID: isYes(query.Get("returnFieldsByFieldId")), DateMetadata: isYes(query.Get("includeDateDependencyMetadata")),
	}
	var err *wire.Error
	if p.Sort, err = sortOf(query); err != nil {
		return p, err
	}
	if p.PageSize, err = intOf(query, "pageSize", "limit"); err != nil {
		return p, err
	}
	if p.MaxRecords, err = intOf(query, "maxRecords"); err != nil {
		return p, err
	}
	return p, p.check()
}

// FromBody reads the parameters of POST …/listRecords. Time zone and locale come in the query, all others in the
// body. Unknown keys of the body are ignored, since the official client sends some.
func FromBody(body []byte, query url.Values) (Params, *wire.Error) {
	var p Params
	if len(body) > 0 {
		if err := wire.Decode(body, &p); err != nil {
			return p, err
		}
	}
	p.timeZone, p.userLocale = query.Get("timeZone"), query.Get("userLocale")
	return p, p.check()
}

// check refuses what is wrong whatever the table is.
func (p Params) check() *wire.Error {
	if p.PageSize != nil && (*p.PageSize < 1 || *p.PageSize > maxPage) || p.MaxRecords != nil && *p.MaxRecords < 1 {
		return wire.InvalidParameters()
	}
	if p.CellFormat != "" && p.CellFormat != "json" && p.CellFormat != "string" {
		return wire.InvalidParameters()
	}
	if p.CellFormat == "string" && (p.timeZone == "" || p.userLocale == "") {
		return wire.InvalidParameters()
	}
	for _, s := range p.Sort {
		if s.Field == "" || s.Direction != "" && s.Direction != "asc" && s.Direction != "desc" {
			return wire.InvalidParameters()
		}
	}
	if slices.ContainsFunc(p.Metadata, func(m string) bool { return m != "commentCount" }) {
		return wire.InvalidParameters()
	}
	return nil
}

// pageSize is the number of records asked for.
func (p Params) pageSize() int {
	if p.PageSize == nil {
		return maxPage
	}
	return *p.PageSize
}

// Style is how the records are to look. Fields that the table does not have are refused.
func (p Params) Style(t *schema.Table) (record.Style, *wire.Error) {
	how := record.Style{ByID: p.ByID, AsText: p.CellFormat == "string", CommentCount: len(p.Metadata) > 0, LinksAsObjects: p.DateMetadata}
	if len(p.Fields) == 0 {
		return how, nil
	}
	chosen := map[*schema.Field]bool{}
	for _, name := range p.Fields {
		f := t.Field(name)
		if f == nil {
			return how, wire.UnknownField(name)
		}
		chosen[f] = true
	}
	how.Fields = []*schema.Field{}
	for _, f := range t.Fields {
		if chosen[f] {
			how.Fields = append(how.Fields, f)
		}
	}
	return how, nil
}

// intOf reads the first of the names that is given. It returns nil when none is.
func intOf(query url.Values, names ...string) (*int, *wire.Error) {
	for _, name := range names {
		text := query.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, wire.InvalidParameters()
		}
		return &n, nil
	}
	return nil, nil
}

// sortOf reads sort[0][field] and sort[0][direction], and so on. A sort in any other form is refused.
func sortOf(query url.Values) ([]sorting, *wire.Error) {
	var list []sorting
	for i := 0; ; i++ {
		prefix := "sort[" + strconv.Itoa(i) + "]"
		if !query.Has(prefix + "[field]") {
			break
		}
		list = append(list, sorting{query.Get(prefix + "[field]"), query.Get(prefix + "[direction]")})
	}
	for name := range query {
		if strings.HasPrefix(name, "sort") && list == nil {
			return nil, wire.InvalidParameters()
		}
	}
	return list, nil
}

func isYes(text string) bool { return text == "true" || text == "1" }
