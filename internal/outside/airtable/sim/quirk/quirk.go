// Package quirk is what a test can switch about the behaviour of the simulator: what Airtable does only sometimes, or
// only for some of its customers. A Set is part of the plan of faults and lives as long as that. The zero value is how
// the simulator behaves by itself.
package quirk

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Set is all switches.
type Set struct {
	// Members are the people who may stand in a cell. Nil lets everybody in who is well-formed.
	Members *[]Member `json:"members"`
	// FetchAttachments says from where files are fetched: "loopback" (or ""), "all" or "none".
	FetchAttachments string `json:"fetch_attachments"`
	// FailingAttachments are patterns of urls that cannot be fetched: the file is dropped at once, and the answer says
	// so in its details. * stands for any characters.
	FailingAttachments []string `json:"failing_attachments"`
	// AttachmentDelayMS is how long after the write a file is fetched, in milliseconds.
	AttachmentDelayMS int `json:"attachment_delay_ms"`
	// MaxRecordsPerBase and MaxRecordsPerTable refuse records above a number. Nil is no limit.
	MaxRecordsPerBase  *int `json:"max_records_per_base"`
	MaxRecordsPerTable *int `json:"max_records_per_table"`
	// ReadOnlyFields are the ids or names of fields that the tokens may not write.
	ReadOnlyFields []string `json:"read_only_fields"`
	// NoCreateTables are the ids or names of tables in which the tokens may not create records.
	NoCreateTables []string `json:"no_create_tables"`
	// RoundNumbers stores numbers rounded to the precision of their field.
	RoundNumbers bool `json:"round_numbers"`
	// JunkLinks lets typecast take the id of a record that is not there for a title, and make a record with it.
	JunkLinks bool `json:"junk_links"`
	// QuietLinks keeps a link edit from counting as a modification of the record on the other side.
	QuietLinks bool `json:"quiet_links"`
	// UpsertAnswer makes the answer to an upsert one record "short" or "long". "" is one record for each sent.
	UpsertAnswer string `json:"upsert_answer"`
}

// Member is a person or a group who may stand in a cell.
type Member struct {
	ID    string `json:"id"`
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// Check refuses switches that cannot mean anything.
func (s Set) Check() error {
	switch {
	case !slices.Contains([]string{"", "loopback", "all", "none"}, s.FetchAttachments):
		return fmt.Errorf("fetch_attachments is %q; write loopback, all or none", s.FetchAttachments)
	case !slices.Contains([]string{"", "short", "long"}, s.UpsertAnswer):
		return fmt.Errorf(`upsert_answer is %q; write short, long or ""`, s.UpsertAnswer)
	case s.AttachmentDelayMS < 0:
		return fmt.Errorf("attachment_delay_ms is negative")
	case below0(s.MaxRecordsPerBase) || below0(s.MaxRecordsPerTable):
		return fmt.Errorf("a limit of records is negative; write null for none")
	}
	if s.Members != nil && slices.ContainsFunc(*s.Members, func(m Member) bool { return m.ID == "" }) {
		return fmt.Errorf("a member has no id; write usr… for a person or ugp… for a group")
	}
	return nil
}

func below0(n *int) bool { return n != nil && *n < 0 }

// Clone copies the switches so that neither copy can change the other.
func (s Set) Clone() Set {
	if s.Members != nil {
		members := append([]Member{}, *s.Members...)
		s.Members = &members
	}
	s.MaxRecordsPerBase, s.MaxRecordsPerTable = copied(s.MaxRecordsPerBase), copied(s.MaxRecordsPerTable)
	s.FailingAttachments = append([]string{}, s.FailingAttachments...)
	s.ReadOnlyFields = append([]string{}, s.ReadOnlyFields...)
	s.NoCreateTables = append([]string{}, s.NoCreateTables...)
	if s.FetchAttachments == "" {
		s.FetchAttachments = "loopback"
	}
	return s
}

func copied(n *int) *int {
	if n == nil {
		return nil
	}
	other := *n
	return &other
}

// Member finds who has this id, or else this email in any case. Without a list of members nobody is found and
// everybody may pass.
func (s Set) Member(id, email string) (member Member, listed, anyone bool) {
	if s.Members == nil {
		return Member{}, false, true
	}
	for _, m := range *s.Members {
		if id != "" && m.ID == id || id == "" && email != "" && strings.EqualFold(m.Email, email) {
			return m, true, false
		}
	}
	return Member{}, false, false
}

// ReadOnly reports whether a field may not be written.
func (s Set) ReadOnly(id, name string) bool {
	return slices.Contains(s.ReadOnlyFields, id) || slices.Contains(s.ReadOnlyFields, name)
}

// NoCreate reports whether a table takes no new records.
func (s Set) NoCreate(id, name string) bool {
	return slices.Contains(s.NoCreateTables, id) || slices.Contains(s.NoCreateTables, name)
}

// Fails reports whether a url is one of those that cannot be fetched.
func (s Set) Fails(address string) bool {
	return slices.ContainsFunc(s.FailingAttachments, func(pattern string) bool { return Matches(pattern, address) })
}

// Fetches reports whether the file behind a url is to be fetched. What is not fetched stays a url.
func (s Set) Fetches(address string) bool {
	switch s.FetchAttachments {
	case "all":
		return true
	case "none":
		return false
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(parsed.Hostname())
	return parsed.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Matches compares a text with a pattern in which * stands for any number of characters, slashes included.
func Matches(pattern, text string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	text, found := strings.CutPrefix(text, first)
	if !found || !more {
		return found && text == ""
	}
	for at := 0; at <= len(text); at++ {
		if Matches(rest, text[at:]) {
			return true
		}
	}
	return false
}
