package stage

import "time"

// pace is how many times faster the limits run than Airtable's.
type pace float64

// Airtable's own limits, of which a margin is left.
const (
	baseCallsPerSecond  = 4.9
	tokenCallsPerSecond = 50
	penalty             = 30 * time.Second
)

func (p pace) baseCalls() float64     { return baseCallsPerSecond * float64(p) }
func (p pace) tokenCalls() float64    { return tokenCallsPerSecond * float64(p) }
func (p pace) penalty() time.Duration { return time.Duration(float64(penalty) / float64(p)) }
