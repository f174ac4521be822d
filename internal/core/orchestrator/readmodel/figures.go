package readmodel

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// bounds are the upper bounds of the duration buckets, in microseconds. They
// are part of the stored rows: another list needs another version of the fold.
var bounds = [...]int64{10_000, 50_000, 100_000, 250_000, 500_000, 1e6, 2_500_000, 5e6, 10e6, 30e6, 60e6, 300e6, 900e6, 3600e6, 14400e6, 86400e6}

// keptEnds is how many of the last ends are kept for health.
const keptEnds = 10

// figures are the counts of one workflow; its JSON is the stored row.
type figures struct {
	States         map[workflow.ExecutionState]int64 `json:"states"`
	Durations      distribution                      `json:"durations"`
	StepsCompleted int64                             `json:"steps_completed"`
	StepsFailed    int64                             `json:"steps_failed"`
	Retries        int64                             `json:"retries"`
	Errors         map[string]int64                  `json:"errors"`
	InARow         int                               `json:"failures_in_a_row"`
	Ends           []end                             `json:"ends"` // newest first
}

// distribution is in microseconds.
type distribution struct {
	Count   int64                  `json:"count"`
	Sum     int64                  `json:"sum"`
	Min     int64                  `json:"min"`
	Max     int64                  `json:"max"`
	Buckets [len(bounds) + 1]int64 `json:"buckets"`
}

type end struct {
	Execution string                  `json:"execution"`
	State     workflow.ExecutionState `json:"state"`
	At        int64                   `json:"at"`
	Error     json.RawMessage         `json:"error,omitempty"`
}

func newFigures() *figures {
	return &figures{States: map[workflow.ExecutionState]int64{}, Errors: map[string]int64{}}
}

func (f *figures) moved(from, to workflow.ExecutionState) {
	if from == to {
		return
	}
	if from != "" {
		if f.States[from]--; f.States[from] == 0 {
			delete(f.States, from)
		}
	}
	f.States[to]++
}

// ended counts an end. duration is negative when it never began.
func (f *figures) ended(e end, duration int64) {
	if duration >= 0 {
		f.Durations.add(duration)
	}
	switch e.State {
	case workflow.Failed:
		f.InARow++
	case workflow.Completed:
		f.InARow = 0
	}
	if len(f.Ends) == keptEnds {
		f.Ends = f.Ends[:keptEnds-1]
	}
	f.Ends = slices.Insert(f.Ends, 0, e)
}

// stepped counts an event of a step. class is that of its error, if it has one.
func (f *figures) stepped(eventType, class string) {
	switch eventType {
	case engine.EventStepRetrying:
		f.Retries++
	case engine.EventStepCompleted:
		f.StepsCompleted++
		return
	case engine.EventStepFailed:
		f.StepsFailed++
	}
	if class != "" {
		f.Errors[class]++
	}
}

func (d *distribution) add(us int64) {
	if d.Count == 0 || us < d.Min {
		d.Min = us
	}
	d.Max = max(d.Max, us)
	d.Count++
	d.Sum += us
	i, _ := slices.BinarySearch(bounds[:], us)
	d.Buckets[i]++
}

// metrics translates the figures into what callers see.
func (f *figures) metrics(id workflow.ID) workflow.Metrics {
	m := workflow.Metrics{Workflow: id, Executions: map[string]int64{}, Errors: f.Errors, Duration: f.Durations.shown(),
		Steps: workflow.StepCounts{Completed: f.StepsCompleted, Failed: f.StepsFailed, Retried: f.Retries}}
	for _, s := range workflow.ExecutionStates() {
		m.Executions[string(s)] = f.States[s]
		m.Total += f.States[s]
	}
	if n := f.States[workflow.Completed] + f.States[workflow.Failed]; n > 0 {
		rate := float64(f.States[workflow.Completed]) / float64(n)
		m.SuccessRate = &rate
	}
	return m
}

func (d *distribution) shown() workflow.Durations {
	out := workflow.Durations{Count: d.Count, Sum: seconds(d.Sum), Min: seconds(d.Min), Max: seconds(d.Max),
		P50: seconds(d.quantile(0.5)), P95: seconds(d.quantile(0.95)), P99: seconds(d.quantile(0.99))}
	for i, n := range d.Buckets {
		b := workflow.Bucket{Count: n}
		if i < len(bounds) {
			b.UpTo = seconds(bounds[i])
		}
		out.Buckets = append(out.Buckets, b)
	}
	return out
}

// quantile estimates within a bucket by straight line, never outside of what
// was seen.
func (d *distribution) quantile(q float64) int64 {
	if d.Count == 0 {
		return 0
	}
	rank, below := q*float64(d.Count), int64(0)
	for i, n := range d.Buckets {
		if n == 0 || float64(below+n) < rank {
			below += n
			continue
		}
		low, high := int64(0), d.Max
		if i > 0 {
			low = bounds[i-1]
		}
		if i < len(bounds) {
			high = bounds[i]
		}
		at := low + int64(float64(high-low)*(rank-float64(below))/float64(n))
		return min(max(at, d.Min), d.Max)
	}
	return d.Max
}

func seconds(us int64) float64 { return float64(us) / 1e6 }

func at(us int64) time.Time { return time.UnixMicro(us).UTC() }

// maybe returns nil for "not yet".
func maybe(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := at(us)
	return &t
}
