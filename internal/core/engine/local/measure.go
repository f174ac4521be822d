package local

import "github.com/pyairtable/pyairtable-workflows/internal/core/engine"

// count keeps a record that a meter wants to know of, once it is durable.
func (a *activation) count(r *record) {
	if a.x.e.o.Meter == nil {
		return
	}
	switch r.kind {
	case kindStepCompleted, kindStepFailed, kindStepRetrying:
	case kindCompleted, kindFailed, kindCancelled:
		r.Kind = a.x.l.kind // in memory only: the record is encoded already
	default:
		return
	}
	a.counted = append(a.counted, r)
}

// measure tells the meter what has become durable.
func (a *activation) measure() {
	m := a.x.e.o.Meter
	for _, r := range a.counted {
		switch r.kind {
		case kindStepCompleted, kindStepFailed:
			m.StepEnded(r.Name, r.kind == kindStepCompleted, r.duration)
		case kindStepRetrying:
			m.StepRetried(r.Name, r.Err.Class)
		case kindCompleted:
			m.ExecutionEnded(r.Kind, engine.Completed, r.duration)
		case kindFailed:
			m.ExecutionEnded(r.Kind, engine.Failed, r.duration)
		case kindCancelled:
			m.ExecutionEnded(r.Kind, engine.Cancelled, r.duration)
		}
	}
}
