package v1_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
)

// S45: what is for operators is not on the API's listener.
func TestS45NothingForOperators(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/docs", "/docs/openapi.json", "/"} {
		b.run(t, scenario.Case{Do: "GET " + path, Status: 404})
		b.run(t, scenario.Case{Do: "GET " + path, Token: b.Admin, Status: 404})
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	probes := v1.Probes(func(context.Context) error { return errors.New("a secret reason") })
	api := kit.New(kit.Options{})
	v1.Mount(api, v1.Services{})
	scenario.RunAll(t, api.Handler(), []scenario.Case{
		{Name: "alive", Do: "GET /healthz", Status: 200, Has: []string{`{"status":"ok"}`}},
		{Name: "ready where nobody says otherwise", Do: "GET /readyz", Status: 200, Has: []string{`{"status":"ready"}`}},
	})
	scenario.RunAll(t, probes, []scenario.Case{
		{Name: "alive while not ready", Do: "GET /healthz", Status: 200, Has: []string{`{"status":"ok"}`}},
		{Name: "not ready", Do: "GET /readyz", Status: 503, Has: []string{`"code":"not_ready"`}, HasNot: []string{"secret"}},
		{Name: "nothing else", Do: "GET /api/v1/openapi.json", Status: 401},
	})
}
