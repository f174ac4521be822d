package sim

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// listParams are the parameters of a listing as they came, before they are compared with the table.
type listParams struct {
	Fields       []string    `json:"fields"`
	Filter       string      `json:"filterByFormula"`
	Sort         []sortParam `json:"sort"`
	View         string      `json:"view"`
	PageSize     *int        `json:"pageSize"`
	MaxRecords   *int        `json:"maxRecords"`
	Offset       string      `json:"offset"`
	CellFormat   string      `json:"cellFormat"`
	ByID         bool        `json:"returnFieldsByFieldId"`
	Metadata     []string    `json:"recordMetadata"`
	DateMetadata bool        `json:"includeDateDependencyMetadata"`
	timeZone     string
	userLocale   string
}

// sortParam is one level of the sort as it came.
type sortParam struct {
	Field     string `json:"field"`
	Direction string `json:"direction"`
}

// maxPage is the largest page, and the one that comes when none is asked for.
const maxPage = 100

// paramsFromQuery reads the parameters of GET. Lists come as fields=a, fields[]=a or fields[0]=a.
func paramsFromQuery(query url.Values) (listParams, *apiError) {
	p := listParams{
		Fields: listOf(query, "fields"), Metadata: listOf(query, "recordMetadata"),
		Filter: query.Get("filterByFormula"), View: query.Get("view"), Offset: query.Get("offset"),
		CellFormat: query.Get("cellFormat"), timeZone: query.Get("timeZone"), userLocale: query.Get("userLocale"),
		ByID: isYes(query.Get("returnFieldsByFieldId")), DateMetadata: isYes(query.Get("includeDateDependencyMetadata")),
	}
	var err *apiError
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

// intOf reads the first of the names that is given; nil when none is.
func intOf(query url.Values, names ...string) (*int, *apiError) {
	for _, name := range names {
		text := query.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, errParameters()
		}
		return &n, nil
	}
	return nil, nil
}

// paramsFromBody reads the parameters of POST …/listRecords. Time zone and locale stand in the query, all
// others in the body; what the body has beyond is ignored, as the official client sends such.
func paramsFromBody(body []byte, query url.Values) (listParams, *apiError) {
	var p listParams
	if len(body) > 0 {
		if err := json.Unmarshal(body, &p); err != nil {
			if json.Valid(body) {
				return p, errParameters()
			}
			return p, errBadBody()
		}
	}
	p.timeZone, p.userLocale = query.Get("timeZone"), query.Get("userLocale")
	return p, p.check()
}

// check refuses what is wrong whatever the table is.
func (p listParams) check() *apiError {
	if p.PageSize != nil && (*p.PageSize < 1 || *p.PageSize > maxPage) || p.MaxRecords != nil && *p.MaxRecords < 1 {
		return errParameters()
	}
	if p.CellFormat != "" && p.CellFormat != "json" && p.CellFormat != "string" {
		return errParameters()
	}
	if p.CellFormat == "string" && (p.timeZone == "" || p.userLocale == "") {
		return errParameters()
	}
	for _, s := range p.Sort {
		if s.Field == "" || s.Direction != "" && s.Direction != "asc" && s.Direction != "desc" {
			return errParameters()
		}
	}
	if slices.ContainsFunc(p.Metadata, func(m string) bool { return m != "commentCount" }) {
		return errParameters()
	}
	return nil
}

// pageSize is the number of records asked for.
func (p listParams) pageSize() int {
	if p.PageSize == nil {
		return maxPage
	}
	return *p.PageSize
}

// style compares what is to be shown with the table.
func (p listParams) style(t *table) (style, *apiError) {
	how := style{byID: p.ByID, asText: p.CellFormat == "string", commentCount: len(p.Metadata) > 0, linksAsObjects: p.DateMetadata}
	if len(p.Fields) == 0 {
		return how, nil
	}
	chosen := map[*field]bool{}
	for _, name := range p.Fields {
		f := t.field(name)
		if f == nil {
			return how, errUnknownField(name)
		}
		chosen[f] = true
	}
	how.fields = []*field{}
	for _, f := range t.fields {
		if chosen[f] {
			how.fields = append(how.fields, f)
		}
	}
	return how, nil
}

// sortKeys compares the sort with the table.
func (p listParams) sortKeys(t *table) ([]sortKey, *apiError) {
	keys := make([]sortKey, 0, len(p.Sort))
	for _, s := range p.Sort {
		f := t.field(s.Field)
		if f == nil {
			return nil, errUnknownField(s.Field)
		}
		keys = append(keys, sortKey{f, s.Direction == "desc"})
	}
	return keys, nil
}

// listOf collects name=…, name[]=… and name[0]=… ; nil when there is none.
func listOf(query url.Values, name string) []string {
	list := slices.Concat(query[name], query[name+"[]"])
	for i := 0; query.Has(name + "[" + strconv.Itoa(i) + "]"); i++ {
		list = append(list, query.Get(name+"["+strconv.Itoa(i)+"]"))
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// sortOf reads sort[0][field] and sort[0][direction], and so on.
func sortOf(query url.Values) ([]sortParam, *apiError) {
	var list []sortParam
	for i := 0; ; i++ {
		prefix := "sort[" + strconv.Itoa(i) + "]"
		if !query.Has(prefix + "[field]") {
			break
		}
		list = append(list, sortParam{query.Get(prefix + "[field]"), query.Get(prefix + "[direction]")})
	}
	for name := range query {
		if strings.HasPrefix(name, "sort") && list == nil {
			return nil, errParameters()
		}
	}
	return list, nil
}

func isYes(text string) bool { return text == "true" || text == "1" }
