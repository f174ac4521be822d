package progress

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// eventData is what is shown of an event.
type eventData struct {
	Step    string            `json:"step"`
	Attempt int               `json:"attempt"`
	Reason  string            `json:"reason"`
	Class   string            `json:"class"`
	Message string            `json:"message"`
	Error   *workflow.Failure `json:"error"`
}

// eventText says an event in words. It is empty for steps that begin and end
// well, which progress shows better.
func eventText(e *workflow.Event) string {
	var d eventData
	_ = json.Unmarshal(e.Data, &d) // only the type of an event of another form is shown
	if d.Error != nil && d.Message == "" {
		d.Message = d.Error.Message
	}
	what := strings.TrimPrefix(e.Type, "execution.")
	switch what {
	case "step_started", "step_completed":
		return ""
	case "step_retrying":
		return fmt.Sprintf("%s is tried again after attempt %d: %s", d.Step, d.Attempt, d.Message)
	case "step_failed":
		return fmt.Sprintf("%s failed: %s", d.Step, d.Message)
	case "parked":
		return fmt.Sprintf("parked (%s): %s", d.Reason, d.Message)
	case "failed":
		return "failed: " + d.Message
	}
	return strings.ReplaceAll(what, "_", " ")
}
