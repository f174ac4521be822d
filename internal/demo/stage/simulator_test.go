package stage

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// responding is a simulator that gives one response and keeps what it was asked.
func responding(t *testing.T, status int, response string) (s *Simulator, asked *string) {
	t.Helper()
	asked = new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = r.Method + " " + r.URL.Path + " " + string(body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, response)
	}))
	t.Cleanup(server.Close)
	return &Simulator{url: server.URL}, asked
}

func TestCallsAreCountedBySort(t *testing.T) {
	t.Parallel()
	s, asked := responding(t, http.StatusOK, `{"calls":{"GET list_records":7,"PATCH update_records":2,"GET get_base_schema":1,
		"POST create_table":3,"POST create_field":4,"PATCH update_field":5,"POST create_base":6}}`)
	got, err := s.Calls(t.Context())
	if err != nil || got != (Calls{Data: 10, SchemaWrites: 18}) || *asked != "GET /_sim/stats " {
		t.Errorf("asked %q, got %+v, %v", *asked, got, err)
	}
}

func TestALostResponseIsOrdered(t *testing.T) {
	t.Parallel()
	s, asked := responding(t, http.StatusOK, `{}`)
	if err := s.LoseResponse(t.Context(), "PATCH", "/v0/app1/*"); err != nil {
		t.Fatal(err)
	}
	if want := `PUT /_sim/faults {"faults":[{"fault":"drop","method":"PATCH","path":"/v0/app1/*"}]}`; *asked != want {
		t.Errorf("asked %s\nwant %s", *asked, want)
	}
}

func TestARefusalIsShown(t *testing.T) {
	t.Parallel()
	s, _ := responding(t, http.StatusTeapot, "short and stout")
	if err := s.ResetCalls(t.Context()); err == nil || !strings.Contains(err.Error(), "418") || !strings.Contains(err.Error(), "stout") {
		t.Errorf("got %v", err)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	p := pace(10)
	if p.baseCalls() != 49 || p.tokenCalls() != 500 || p.penalty() != 3*time.Second {
		t.Errorf("got %g, %g, %s", p.baseCalls(), p.tokenCalls(), p.penalty())
	}
}
