package v1

import (
	"fmt"
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

// ifMatch returns the version that an If-Match header asks for, zero for any.
// A tag that was never given out matches nothing.
func ifMatch(header string) (int, error) {
	if header == "" || header == "*" {
		return 0, nil
	}
	text, err := strconv.Unquote(header)
	if err == nil {
		var version int
		if version, err = strconv.Atoi(text); err == nil && version > 0 {
			return version, nil
		}
	}
	if len(header) > 40 {
		header = header[:40] + "…"
	}
	return 0, &workflow.Error{Category: workflow.CategoryPrecondition, Code: "version_changed",
		Message: fmt.Sprintf("If-Match %s is not a version of this workflow; send the ETag of your last GET, for example %s", header, etag(3))}
}
