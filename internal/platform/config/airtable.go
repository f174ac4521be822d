package config

import (
	"fmt"
	"net/url"
	"time"
)

// Airtable says where the Web API is and how often it may be called.
type Airtable struct {
	BaseURL                string        `key:"base_url" doc:"Root of Airtable's Web API, or the address of the built-in simulator."`
	RequestsPerSecond      float64       `key:"requests_per_second" doc:"Calls per second to one base. Airtable allows 5 and blocks the base for a while after more."`
	TokenRequestsPerSecond float64       `key:"token_requests_per_second" doc:"Calls per second with one token, over all bases. Airtable allows 50."`
	Penalty                time.Duration `key:"penalty" doc:"How long to pause a base after a 429. Airtable asks for 30 s."`
	RequestTimeout         time.Duration `key:"request_timeout" doc:"Timeout of one call, not counting retries."`
}

func defaultAirtable() Airtable {
	return Airtable{
		BaseURL:                "https://api.airtable.com",
		RequestsPerSecond:      4.9,
		TokenRequestsPerSecond: 50,
		Penalty:                30 * time.Second,
		RequestTimeout:         30 * time.Second,
	}
}

func (a Airtable) check() []string {
	var faults []string
	u, err := url.Parse(a.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		faults = append(faults, `airtable.base_url is not an http or https address without a password; write for example "https://api.airtable.com"`)
	}
	for key, v := range map[string]float64{"airtable.requests_per_second": a.RequestsPerSecond, "airtable.token_requests_per_second": a.TokenRequestsPerSecond} {
		if !(v > 0 && v <= 1e6) {
			faults = append(faults, fmt.Sprintf("%s is %v; use a number above 0 and at most 1000000", key, v))
		}
	}
	for key, v := range map[string]time.Duration{"airtable.penalty": a.Penalty, "airtable.request_timeout": a.RequestTimeout} {
		if v <= 0 {
			faults = append(faults, fmt.Sprintf("%s is %s; use a duration above 0, for example \"30s\"", key, v))
		}
	}
	return faults
}
