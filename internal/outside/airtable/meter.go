package airtable

import "time"

// Call is one finished call as a Meter sees it.
type Call struct {
	Operation  string // records.list, schema.read, …: a closed set, fit for a label
	Base       BaseID // "" for calls that concern no base
	Host       string
	Code       int           // HTTP status; 0 when no response came
	Duration   time.Duration // not counting the wait for limiters
	ServerDate time.Time     // the response's Date header; zero when none came
}

// Meter is told of every call and of every wait for a limiter. Its methods must
// be quick and safe for concurrent use.
type Meter interface {
	// Called comes after each call that was sent, whether it failed or not.
	Called(Call)
	// Waited says how long a call waited for a limiter: airtable_base or airtable_token.
	Waited(limiter string, d time.Duration)
}

// NoMeter measures nothing.
type NoMeter struct{}

// Called does nothing.
func (NoMeter) Called(Call) {}

// Waited does nothing.
func (NoMeter) Waited(string, time.Duration) {}
