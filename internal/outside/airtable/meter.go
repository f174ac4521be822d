package airtable

import "time"

// Call is one finished call, as a Meter learns of it.
type Call struct {
	Operation  string // records.list, schema.read, …: closed set, fit for a label
	Base       BaseID // "" for calls that concern no base
	Host       string
	Code       int           // HTTP status; 0 when no answer came
	Duration   time.Duration // without the wait on limiters
	ServerDate time.Time     // the answer's Date header; zero when none came
}

// Meter learns of every call and of every wait on a limiter. Its methods must
// be quick and safe for concurrent use.
type Meter interface {
	// Called is told after each call that was sent, also a failed one.
	Called(Call)
	// Waited is told how long a call waited on a limiter: airtable_base or airtable_token.
	Waited(limiter string, d time.Duration)
}

// NoMeter measures nothing.
type NoMeter struct{}

// Called does nothing.
func (NoMeter) Called(Call) {}

// Waited does nothing.
func (NoMeter) Waited(string, time.Duration) {}
