package sim

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
)

// serveAdmin is the simulator's own interface, for tests that want Airtable to misbehave. It answers callers
// on the same machine only.
func (s *Sim) serveAdmin(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		adminAnswer(w, http.StatusForbidden, map[string]string{"error": "only callers on the same machine may use /_sim/"})
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /_sim/faults":
		adminAnswer(w, http.StatusOK, s.faults.current())
	case "PUT /_sim/faults":
		s.putFaults(w, r)
	case "DELETE /_sim/faults":
		s.faults.set(plan{})
		adminAnswer(w, http.StatusOK, s.faults.current())
	case "GET /_sim/stats":
		adminAnswer(w, http.StatusOK, s.stats.report())
	case "DELETE /_sim/stats":
		s.stats.reset()
		adminAnswer(w, http.StatusOK, s.stats.report())
	default:
		adminAnswer(w, http.StatusNotFound, map[string]string{"error": "no such call; there are GET, PUT, DELETE /_sim/faults and GET, DELETE /_sim/stats"})
	}
}

// putFaults replaces the plan, or says what is wrong with the new one and keeps the old.
func (s *Sim) putFaults(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var next plan
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&next)
	}
	if err == nil {
		err = next.check()
	}
	if err != nil {
		adminAnswer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	s.faults.set(next)
	adminAnswer(w, http.StatusOK, s.faults.current())
}

func adminAnswer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(encoded(value), '\n'))
}
