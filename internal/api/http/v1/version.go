package v1

import (
	"regexp"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// definitionReply carries the version of a workflow as entity tag.
type definitionReply struct {
	ETag string `header:"ETag" doc:"Version of the workflow, for If-Match" example:"\"3\""`
	Body workflow.Definition
}

func definition(d workflow.Definition, err error) (*definitionReply, error) {
	if err != nil {
		return nil, err
	}
	return &definitionReply{ETag: etag(d.Version), Body: d}, nil
}

// etag is the entity tag of a version.
func etag(version int) string { return strconv.Quote(strconv.Itoa(version)) }

// entityTag is one of the list in an If-Match header (RFC 9110, 8.8.3) and what
// comes before the next one.
var entityTag = regexp.MustCompile(`^[ \t,]*(W/)?"([^"\x00-\x20\x7f]*)"[ \t]*(,|$)[ \t,]*`)

// ifMatchHeader holds a change to the version that the caller has seen.
type ifMatchHeader struct {
	IfMatch string `header:"If-Match" list:"true" minLength:"1" maxLength:"1000" doc:"ETag of the version that you have seen, or several; if the newest one is none of them, the answer is 412" example:"\"3\""`
}

// ifMatch returns the versions that an If-Match header names, nil for any. A tag
// that was never given out, a weak one, and a header that is not a list of tags
// match nothing.
func ifMatch(header string) []int {
	if header == "" || header == "*" {
		return nil
	}
	versions := []int{}
	for header != "" {
		found := entityTag.FindStringSubmatch(header)
		if found == nil {
			return []int{}
		}
		header = header[len(found[0]):]
		version, err := strconv.Atoi(found[2])
		if given := err == nil && version > 0 && strconv.Itoa(version) == found[2]; given && found[1] == "" {
			versions = append(versions, version)
		}
	}
	return versions
}
