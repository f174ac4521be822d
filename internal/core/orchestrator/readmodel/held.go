package readmodel

// Limits of the rows held between writes; beyond them rows are read again.
const (
	maxHeldWorkflows  = 2_000
	maxHeldExecutions = 20_000
)

// held are the rows in the hands of the fold: those that events may still change,
// and which of them the next write has to store. A nil row is known not to exist.
type held struct {
	workflows  map[name]*workflowRow
	executions map[name]*executionRow
	next       changes
	steps      map[*stepRow]struct{} // in next
}

// changes are the rows that a write stores, each once.
type changes struct {
	workflows  []*workflowRow
	figures    []*workflowRow // those whose figures have changed
	executions []*executionRow
	steps      []*stepRow
}

func newHeld() *held {
	return &held{workflows: map[name]*workflowRow{}, executions: map[name]*executionRow{}, steps: map[*stepRow]struct{}{}}
}

// changed notes that a workflow is to be stored.
func (h *held) changed(r *workflowRow) {
	if !r.changed {
		r.changed = true
		h.next.workflows = append(h.next.workflows, r)
	}
}

// recounted notes that the figures of a workflow are to be stored.
func (h *held) recounted(r *workflowRow) {
	if !r.recounted {
		r.recounted = true
		h.next.figures = append(h.next.figures, r)
	}
}

// moved notes that an execution is to be stored.
func (h *held) moved(r *executionRow) {
	if !r.changed {
		r.changed = true
		h.next.executions = append(h.next.executions, r)
	}
}

// stepped notes that a step is to be stored.
func (h *held) stepped(r *stepRow) {
	if _, ok := h.steps[r]; !ok {
		h.steps[r] = struct{}{}
		h.next.steps = append(h.next.steps, r)
	}
}

// take returns what is to be stored and forgets it, and the rows that need not be
// held any longer.
func (h *held) take() changes {
	c := h.next
	h.next = changes{}
	clear(h.steps)
	for _, r := range c.workflows {
		r.changed = false
	}
	for _, r := range c.figures {
		r.recounted = false
	}
	for _, r := range c.executions {
		r.changed = false
		if r.ended != 0 {
			delete(h.executions, name{r.workspace, r.id})
		}
	}
	shrink(h.workflows, maxHeldWorkflows)
	shrink(h.executions, maxHeldExecutions)
	return c
}

func shrink[V any](held map[name]V, most int) {
	for k := range held {
		if len(held) <= most {
			return
		}
		delete(held, k)
	}
}
