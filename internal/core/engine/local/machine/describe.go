package machine

import "fmt"

// verbs name the commands for people.
var verbs = [...]string{
	StepStarted: "step_started", TimerSet: "timer_set", WaitBegan: "wait_began", SignalTaken: "signal_taken", ChildStarted: "child_started",
	VersionMarked: "version_marked", Compensating: "compensating", Completed: "completed", Failed: "failed", Cancelled: "cancelled",
	Continued: "continued",
}

// String returns the type's name.
func (k CommandType) String() string { return verbs[k] }

// Describe names the command for people.
func (c *Command) Describe() string {
	return c.Type.String() + c.Where()
}

// Where names what the command is about and its path.
func (c *Command) Where() string {
	text := ""
	if c.Name != "" {
		text += " of " + c.Name
	}
	if c.Path != "" {
		text += " at " + c.Path
	}
	return text
}

// describe says what a branch waits for; w may be nil.
func describe(w *Wait) string {
	if w == nil {
		return "nothing that waits there"
	}
	switch w.Type {
	case WaitStep:
		return fmt.Sprintf("step %s at %s", w.Call.Step.Name, w.Path)
	case WaitSleep:
		return "a sleep at " + w.Path
	case WaitSignal:
		return fmt.Sprintf("a wait for %s at %s", names(w.Names), w.Path)
	case WaitChild:
		return fmt.Sprintf("child %s at %s", w.Child.Function, w.Path)
	}
	return "branches at " + w.Path
}

// blocked says what the function is waiting for.
func (m *Machine) blocked() string {
	for w := range m.Waits() {
		if w.Type != waitFork {
			return describe(w) + " and nothing further"
		}
	}
	return "nothing further"
}
