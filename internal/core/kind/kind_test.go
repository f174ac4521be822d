package kind_test

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
)

func TestScratch(t *testing.T) {
	set, err := kind.NewSet(NewGreeting())
	if err != nil {
		t.Fatal(err)
	}
	g := set.Kind("team_greeting")
	s := &stored{kind: g.Name(), configs: []string{string(g.Examples()[0])}}
	set.Bind(s, s)
	lines, err := run(t.Context(), set, g, 1, `{"words":"Hi"}`)
	t.Log(lines, err)
	t.Log(g.Validate([]byte(`{"team":" ", "name":[]}`)))
	t.Logf("%s", g.Schema())
}
