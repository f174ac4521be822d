package local

// InMemory counts the executions that are in memory, and those of them that have
// a function there.
func (e *Engine) InMemory() (executions, machines int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.executions {
		x.mu.Lock()
		if !x.busy && x.state.Machine != nil {
			machines++
		}
		x.mu.Unlock()
	}
	return len(e.executions), machines
}
