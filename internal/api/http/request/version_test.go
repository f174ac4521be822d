package request

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		number int
		latest bool
		code   string
	}{
		``:                     {},
		`"latest"`:             {latest: true},
		`1`:                    {number: 1},
		`42`:                   {number: 42},
		`0`:                    {code: "out_of_range"},
		`-3`:                   {code: "out_of_range"},
		`1.0`:                  {code: "wrong_type"},
		`1e2`:                  {code: "wrong_type"},
		`99999999999999999999`: {code: "wrong_type"},
		`null`:                 {},
		`true`:                 {code: "wrong_type"},
		`[1]`:                  {code: "wrong_type"},
		`{}`:                   {code: "wrong_type"},
		`"1"`:                  {code: "not_one_of"},
		`"Latest"`:             {code: "not_one_of"},
		`""`:                   {code: "not_one_of"},
	} {
		number, latest, err := Version{json.RawMessage(text)}.Read("/version")
		var p *problem.Details
		if errors.As(err, &p) != (want.code != "") || number != want.number || latest != want.latest {
			t.Errorf("%s: %d, %v, %v", text, number, latest, err)
			continue
		}
		if p != nil && (p.Status != 422 || len(p.Errors) != 1 || p.Errors[0].Pointer != "/version" || p.Errors[0].Code != want.code) {
			t.Errorf("%s: %+v", text, p.Errors)
		}
	}
}
