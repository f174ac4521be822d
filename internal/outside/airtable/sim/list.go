package sim

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// listRecords answers both forms of the listing.
func (s *Sim) listRecords(q *request) (answer, *apiError) {
	var p listParams
	var err *apiError
	if q.http.Method == http.MethodPost {
		p, err = paramsFromBody(q.body, q.query)
	} else {
		p, err = paramsFromQuery(q.query)
	}
	if err != nil {
		return answer{}, err
	}
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	t, err := s.world.find(q.path)
	if err != nil {
		return answer{}, err
	}
	how, err := p.style(t)
	if err != nil {
		return answer{}, err
	}
	see := newSight(s.world)
	page, err := s.page(see, t, p, s.now())
	if err != nil {
		return answer{}, err
	}
	return s.read(page.render(see, how)), nil
}

// page is a part of a listing; offset names the next one.
type page struct {
	records []*record
	offset  string
}

func (p page) render(see *sight, how style) []byte {
	out := []byte(`{"records":[`)
	for i, r := range p.records {
		if i > 0 {
			out = append(out, ',')
		}
		out = see.appendRecord(out, r, how)
	}
	out = append(out, ']')
	if p.offset != "" {
		out = appendString(append(out, `,"offset":`...), p.offset)
	}
	return append(out, '}')
}

// page finds or starts the listing and takes the next records from it.
func (s *Sim) page(see *sight, t *table, p listParams, now time.Time) (page, *apiError) {
	id, it, start := "", (*iterator)(nil), 0
	if p.Offset == "" {
		records, err := see.choose(t, p)
		if err != nil {
			return page{}, err
		}
		it = &iterator{table: t, records: records, starts: map[string]int{}}
	} else {
		itr, first, _ := strings.Cut(p.Offset, "/")
		if !isID(itr, "itr") || !isID(first, "rec") {
			return page{}, errOffset(p.Offset)
		}
		var found bool
		if it, start, found = s.iterators.find(t, itr, first, now); !found {
			return page{}, errIteratorGone()
		}
		id = itr
	}
	taken := page{records: make([]*record, 0, p.pageSize())}
	next := start
	for ; next < len(it.records) && len(taken.records) < p.pageSize(); next++ {
		if r := it.records[next]; !r.deleted {
			taken.records = append(taken.records, r)
		}
	}
	if next < len(it.records) {
		taken.offset = s.iterators.keep(id, it, next, now)
	}
	return taken, nil
}

// choose selects and orders the records of a listing. Without view, filter and sort it is the table's own
// cached list, which is not copied.
func (s *sight) choose(t *table, p listParams) ([]*record, *apiError) {
	records := t.inIDOrder()
	if p.View != "" {
		if err := t.checkView(p.View); err != nil {
			return nil, err
		}
		records = t.inViewOrder()
	}
	keys, err := p.sortKeys(t)
	if err != nil {
		return nil, err
	}
	if p.Filter != "" {
		if records, err = s.filtered(t, records, p.Filter); err != nil {
			return nil, err
		}
	}
	if len(keys) > 0 {
		records = s.sorted(records, keys)
	}
	if p.MaxRecords != nil && *p.MaxRecords < len(records) {
		records = records[:*p.MaxRecords]
	}
	return records, nil
}

// checkView accepts the id or the name of a view of the table.
func (t *table) checkView(key string) *apiError {
	for _, v := range t.views {
		if v.ID == key || v.Name == key {
			return nil
		}
	}
	for _, other := range t.base.tables {
		if slices.ContainsFunc(other.views, func(v view) bool { return v.ID == key }) {
			return errStateCheck()
		}
	}
	return errNoView(key)
}

// filtered keeps the records for which a formula is true.
func (s *sight) filtered(t *table, records []*record, source string) ([]*record, *apiError) {
	compiled, err := formula.Compile(source, t.resolve)
	if err != nil {
		var unknown *formula.UnknownFieldsError
		if errors.As(err, &unknown) {
			return nil, errFormula(unknown.Error())
		}
		return nil, errFormula(formula.ErrInvalid.Error())
	}
	var kept []*record
	for _, r := range records {
		if s.eval(compiled, r).Truthy() {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// resolve finds a field for a formula.
func (t *table) resolve(name string) (string, formula.Type, bool) {
	f := t.field(name)
	if f == nil {
		return "", formula.Any, false
	}
	return f.id, f.static(), true
}
