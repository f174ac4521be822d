package sim

import (
	"io"
	"net"
	"net/http"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/fault"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// admin is the simulator's own interface, for tests that want Airtable to misbehave. It answers callers on the same
// machine only.
type admin struct {
	faults *fault.Injector
	stats  *stats
	world  *world
}

// ServeHTTP answers one call.
func (a *admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !fromHere(r) {
		respondJSON(w, http.StatusForbidden, map[string]string{"error": "only callers on the same machine may use /_sim/"})
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /_sim/faults":
		respondJSON(w, http.StatusOK, a.faults.Plan())
	case "PUT /_sim/faults":
		a.putFaults(w, r)
	case "DELETE /_sim/faults":
		a.faults.Set(fault.Plan{})
		respondJSON(w, http.StatusOK, a.faults.Plan())
	case "GET /_sim/stats":
		respondJSON(w, http.StatusOK, a.stats.report())
	case "DELETE /_sim/stats":
		a.stats.reset()
		respondJSON(w, http.StatusOK, a.stats.report())
	default:
		a.serveByHand(w, r)
	}
}

// noSuchCall is the answer to a call that does not exist.
var noSuchCall = map[string]string{"error": "no such call; there are GET, PUT, DELETE /_sim/faults, GET, DELETE /_sim/stats, " +
	"and below /_sim/bases/{base}/tables/{table}: DELETE, POST fields, PATCH and DELETE fields/{field}, POST views, PATCH and DELETE views/{view}"}

// fromHere reports whether a call came from the same machine.
func fromHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// putFaults replaces the plan, or says what is wrong with the new one and keeps the old.
func (a *admin) putFaults(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var plan fault.Plan
	if err == nil {
		plan, err = fault.Parse(body)
	}
	if err != nil {
		respondJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	a.faults.Set(plan)
	respondJSON(w, http.StatusOK, a.faults.Plan())
}

func respondJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(wire.Encode(value), '\n'))
}
