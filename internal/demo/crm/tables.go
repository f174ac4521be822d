package crm

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Table is one table of the customer base and its rows.
type Table struct {
	Name   string
	Rows   []map[string]any // by field; a link holds row numbers of the table it points to
	fields []field
}

// field is a field as Airtable's metadata API takes it; LinkTo names the
// table that a link points to, whose id is known only once it exists.
type field struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Options any    `json:"options,omitempty"`
	LinkTo  string `json:"-"`
}

// link is a cell of a link field: row numbers of the linked table.
type link []int

type object = map[string]any

// New returns a customer base of about n records (companies, people, deals,
// activities as 1 : 3 : 2 : 4), always the same for the same n.
func New(n int) []Table {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	companies := max(1, n/10)
	people, deals := max(1, 3*n/10), max(1, 2*n/10)
	activities := max(1, n-companies-people-deals)
	return []Table{
		companyTable(r, companies),
		peopleTable(r, people, companies),
		dealTable(r, deals, companies, people),
		activityTable(r, activities, deals, people),
	}
}

func companyTable(r *rand.Rand, n int) Table {
	t := Table{Name: "Companies", fields: []field{
		{Name: "Name", Type: "singleLineText"},
		{Name: "Website", Type: "url"},
		{Name: "Industry", Type: "singleSelect", Options: choices(industries)},
		{Name: "Employees", Type: "number", Options: object{"precision": 0}},
		{Name: "Customer", Type: "checkbox", Options: object{"icon": "check", "color": "greenBright"}},
		{Name: "Rating", Type: "rating", Options: object{"icon": "star", "max": 5, "color": "yellowBright"}},
		{Name: "Notes", Type: "multilineText"},
	}}
	for i := range n {
		name := fmt.Sprintf("%s %s %d", pick(r, adjectives), pick(r, nouns), i+1)
		row := object{
			"Name": name, "Website": fmt.Sprintf("https://c%d.example.com", i+1),
			"Industry": pick(r, industries), "Employees": 1 + r.IntN(5000), "Rating": 1 + r.IntN(5),
		}
		if r.IntN(2) == 0 {
			row["Customer"] = true
		}
		if r.IntN(3) == 0 {
			row["Notes"] = "Met at the fair.\nWants a quote for \"" + pick(r, nouns) + "\"."
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func peopleTable(r *rand.Rand, n, companies int) Table {
	t := Table{Name: "People", fields: []field{
		{Name: "Name", Type: "singleLineText"},
		{Name: "Email", Type: "email"},
		{Name: "Phone", Type: "phoneNumber"},
		{Name: "Company", Type: "multipleRecordLinks", LinkTo: "Companies"},
		{Name: "Interests", Type: "multipleSelects", Options: choices(interests)},
		{Name: "Born", Type: "date", Options: object{"dateFormat": object{"name": "iso"}}},
		{Name: "Key", Type: "formula", Options: object{"formula": "LOWER({Email})"}},
	}}
	for i := range n {
		first, last := pick(r, firstNames), pick(r, lastNames)
		row := object{
			"Name": first + " " + last, "Email": fmt.Sprintf("%s.%s.%d@example.com", first, last, i+1),
			"Phone":   fmt.Sprintf("+44 20 %04d %04d", r.IntN(10000), r.IntN(10000)),
			"Company": link{r.IntN(companies)},
			"Born":    day(r, 1950, 50).Format(time.DateOnly),
		}
		if k := r.IntN(3); k > 0 {
			row["Interests"] = interests[k-1 : k+1]
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func dealTable(r *rand.Rand, n, companies, people int) Table {
	t := Table{Name: "Deals", fields: []field{
		{Name: "Title", Type: "singleLineText"},
		{Name: "Company", Type: "multipleRecordLinks", LinkTo: "Companies"},
		{Name: "Contacts", Type: "multipleRecordLinks", LinkTo: "People"},
		{Name: "Stage", Type: "singleSelect", Options: choices(stages)},
		{Name: "Amount", Type: "currency", Options: object{"precision": 2, "symbol": "€"}},
		{Name: "Chance", Type: "percent", Options: object{"precision": 0}},
		{Name: "Closes", Type: "date", Options: object{"dateFormat": object{"name": "iso"}}},
	}}
	for i := range n {
		row := object{
			"Title":   fmt.Sprintf("%s for %s #%d", pick(r, nouns), pick(r, industries), i+1),
			"Company": link{r.IntN(companies)}, "Stage": pick(r, stages),
			"Amount": float64(r.IntN(1_000_000)) / 100, "Chance": float64(r.IntN(101)) / 100,
			"Closes": day(r, 2026, 2).Format(time.DateOnly),
		}
		contacts := link{r.IntN(people)}
		if other := r.IntN(people); r.IntN(2) == 0 && other != contacts[0] {
			contacts = append(contacts, other)
		}
		row["Contacts"] = contacts
		t.Rows = append(t.Rows, row)
	}
	return t
}

func activityTable(r *rand.Rand, n, deals, people int) Table {
	t := Table{Name: "Activities", fields: []field{
		{Name: "Subject", Type: "singleLineText"},
		{Name: "Deal", Type: "multipleRecordLinks", LinkTo: "Deals"},
		{Name: "Person", Type: "multipleRecordLinks", LinkTo: "People"},
		{Name: "Kind", Type: "singleSelect", Options: choices(activityTypes)},
		{Name: "At", Type: "dateTime", Options: object{
			"dateFormat": object{"name": "iso"}, "timeFormat": object{"name": "24hour"}, "timeZone": "utc"}},
		{Name: "Length", Type: "duration", Options: object{"durationFormat": "h:mm"}},
		{Name: "Done", Type: "checkbox", Options: object{"icon": "check", "color": "greenBright"}},
	}}
	for i := range n {
		row := object{
			"Subject": fmt.Sprintf("%s about %s #%d", pick(r, activityTypes), pick(r, nouns), i+1),
			"Deal":    link{r.IntN(deals)}, "Person": link{r.IntN(people)}, "Kind": pick(r, activityTypes),
			"At":     day(r, 2025, 2).Add(time.Duration(r.IntN(86400)) * time.Second).Format("2006-01-02T15:04:05.000Z"),
			"Length": 300 * (1 + r.IntN(20)),
		}
		if r.IntN(3) > 0 {
			row["Done"] = true
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func choices(names []string) object {
	list := make([]object, len(names))
	for i, name := range names {
		list[i] = object{"name": name}
	}
	return object{"choices": list}
}

func pick(r *rand.Rand, of []string) string { return of[r.IntN(len(of))] }

func day(r *rand.Rand, from, years int) time.Time {
	return time.Date(from, 1, 1+r.IntN(365*years), 0, 0, 0, 0, time.UTC)
}

var (
	adjectives    = []string{"Northern", "Blue", "United", "First", "Silver", "Open", "Green", "Rapid", "Quiet", "Golden"}
	nouns         = []string{"Bridge", "Harbour", "Lantern", "Orchard", "Compass", "Foundry", "Meadow", "Signal", "Anchor", "Summit"}
	industries    = []string{"Software", "Retail", "Energy", "Health", "Logistics", "Education"}
	interests     = []string{"Pricing", "Support", "Roadmap"}
	firstNames    = []string{"Ada", "Grace", "Linus", "Edsger", "Barbara", "Ken", "Margaret", "Alan", "Radia", "Tony"}
	lastNames     = []string{"Moreau", "Okafor", "Lindqvist", "Tanaka", "Rossi", "Novak", "Silva", "Haddad", "Weber", "Kaur"}
	stages        = []string{"New", "Qualified", "Proposal", "Won", "Lost"}
	activityTypes = []string{"Call", "Meeting", "Mail", "Demo"}
)
