package config

import (
	"fmt"
	"time"
)

// Limits bounds what one process does at a time.
type Limits struct {
	MaxExecutions int           `key:"max_executions" doc:"Executions at work at a time, over all workflows. Those that sleep, wait, or are paused or parked do not count; further ones wait as pending."`
	DrainTimeout  time.Duration `key:"drain_timeout" doc:"How long running steps may take to end after SIGTERM. What has not ended by then is recovered by the next start."`
}

func defaultLimits() Limits {
	return Limits{MaxExecutions: 256, DrainTimeout: 20 * time.Second}
}

func (l Limits) check() []string {
	var faults []string
	if l.MaxExecutions < 1 || l.MaxExecutions > 100_000 {
		faults = append(faults, fmt.Sprintf("limits.max_executions is %d; use 1 to 100000", l.MaxExecutions))
	}
	if l.DrainTimeout < 0 {
		faults = append(faults, fmt.Sprintf("limits.drain_timeout is %s; use 0 or more, for example \"20s\"", l.DrainTimeout))
	}
	return faults
}
